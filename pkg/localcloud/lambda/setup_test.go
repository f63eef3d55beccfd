package lambda_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/plldb/plldb/pkg/localcloud/lambda"
	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/servicetest"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// objects are what lies in buckets: blobs' sums by "bucket/key/version".
type objects map[string]string

// Object finds one.
func (o objects) Object(tx *store.Tx, _, _, bucket, key, version string) (resource.Object, error) {
	sum, ok := o[bucket+"/"+key+"/"+version]
	if !ok {
		return resource.Object{}, wire.Errorf(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	}
	return resource.Object{Sum: sum, Size: int64(len(store.Bytes(tx, sum))), Version: version}, nil
}

// roles are those that Lambda may assume, by their ARNs: an error is what the answer is instead.
type roles map[string]error

// Assumable tells whether Lambda may assume one.
func (r roles) Assumable(_ *store.Tx, arn, service string) (bool, error) {
	err, there := r[arn]
	return there && err == nil && service == "lambda.amazonaws.com", err
}

const serviceRole = "arn:aws:iam::111111111111:role/service"

// cloud is Lambda, with what lies in buckets and the roles that there are.
type cloud struct {
	servicetest.REST
	objects objects
	roles   roles
	service *lambda.Service
	router  *wire.Router
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{
		REST:    servicetest.REST{Cloud: servicetest.New(t), Root: "/2015-03-31/functions/"},
		objects: objects{}, roles: roles{serviceRole: nil},
	}
	c.serve(lambda.Config{})
	c.Tags = map[string]string{"team": "blue", "aws:cloudformation:stack-name": "demo"}
	return c
}

// serve makes the service anew, on the same store.
func (c *cloud) serve(config lambda.Config) {
	c.T.Helper()
	config.Store, config.Clock, config.Objects, config.Roles = c.Store, c.Hand, c.objects, c.roles
	c.service = lambda.New(config)
	service := c.service
	c.T.Cleanup(func() {
		if err := service.Close(context.WithoutCancel(c.T.Context())); err != nil {
			c.T.Error(err)
		}
	})
	c.Serve("lambda", service)
	c.router = &wire.Router{
		Services:  map[string]wire.Service{"lambda": service},
		Now:       c.Hand.Now,
		AccountOf: func(string) string { return "111111111111" },
		Secure:    func() bool { return true },
	}
}

// raw sends a request whose answer need not be an object of JSON.
func (c *cloud) raw(r *http.Request) *http.Response {
	c.T.Helper()
	r.Header.Set("Authorization", "Credential=AKIDA/20260102/eu-west-1/lambda/aws4_request")
	w := httptest.NewRecorder()
	c.router.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// refusal is "Code: message" of an error.
func refusal(t *testing.T, r *http.Response) string {
	t.Helper()
	var e struct{ Message string }
	if err := json.Unmarshal([]byte(body(t, r)), &e); err != nil {
		t.Fatal(err)
	}
	return r.Header.Get("X-Amzn-Errortype") + ": " + e.Message
}

// upload puts bytes where a function's code may come from.
func (c *cloud) upload(key, version string, data []byte) {
	c.T.Helper()
	draft, err := c.Store.Draft(bytes.NewReader(data))
	if err != nil {
		c.T.Fatal(err)
	}
	err = c.Store.Update(c.T.Context(), func(tx *store.Tx) error {
		store.Keep(tx, draft)
		return nil
	})
	if err := errors.Join(err, draft.Discard()); err != nil {
		c.T.Fatal(err)
	}
	c.objects["bucket/"+key+"/"+version] = draft.Sum
}

// forget removes an object, with its reference to its bytes.
func (c *cloud) forget(key, version string) {
	c.T.Helper()
	at := "bucket/" + key + "/" + version
	err := c.Store.Update(c.T.Context(), func(tx *store.Tx) error {
		store.Release(tx, c.objects[at])
		return nil
	})
	if err != nil {
		c.T.Fatal(err)
	}
	delete(c.objects, at)
}

// packed is a zip with one file.
func packed(t *testing.T, name, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// is tells whether an error is a handler's, with a code and the beginning of a message.
func is(err error, code, message string) bool {
	e, ok := errors.AsType[*resource.Error](err)
	return ok && e.Code == code && strings.HasPrefix(e.Message, message)
}

// connect is one of the template's functions, with something else if more is given.
func connect(t *testing.T, version string, more ...string) map[string]any {
	t.Helper()
	p := servicetest.Parse(t, `{"Description":"a client connects","Runtime":"provided.al2023","Architectures":["arm64"],
		"Handler":"bootstrap","MemorySize":128,"Timeout":10,"Role":"arn:aws:iam::111111111111:role/service",
		"Code":{"S3Bucket":"bucket","S3Key":"connect.zip","S3ObjectVersion":"`+version+`"},
		"LoggingConfig":{"LogGroup":"demo-log"},"FunctionName":"connect"}`)
	for _, text := range more {
		for name, value := range servicetest.Parse(t, text) {
			p[name] = value
		}
	}
	return p
}

// ready makes the function "connect", and waits for it.
func ready(t *testing.T) *cloud {
	t.Helper()
	c := newCloud(t)
	c.upload("connect.zip", "v1", packed(t, "bootstrap", "one"))
	c.Hand.Turn(c.Make("Function", connect(t, "v1")).Takes)
	return c
}
