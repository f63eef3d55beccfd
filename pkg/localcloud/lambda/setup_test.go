package lambda_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/lambda"
	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

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

// cloud is the service behind a router, on a clock that stands still.
type cloud struct {
	t        *testing.T
	hand     *clock.Hand
	store    *store.Store
	objects  objects
	roles    roles
	function resource.Type
	permit   resource.Type
	router   *wire.Router
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{
		t: t, hand: clock.NewHand(noon), store: store.Memory(), objects: objects{}, roles: roles{serviceRole: nil},
	}
	service := lambda.New(lambda.Config{Store: c.store, Clock: c.hand, Objects: c.objects, Roles: c.roles})
	accounts := map[string]string{"AKIDA": "111111111111", "AKIDB": "222222222222"}
	c.function, c.permit = service.Types()[0], service.Types()[1]
	c.router = &wire.Router{
		Services:  map[string]wire.Service{"lambda": service},
		Now:       c.hand.Now,
		AccountOf: func(key string) string { return accounts[key] },
		Secure:    func() bool { return true },
	}
	return c
}

// upload puts bytes where a function's code may come from.
func (c *cloud) upload(key, version string, data []byte) {
	c.t.Helper()
	draft, err := c.store.Draft(bytes.NewReader(data))
	if err != nil {
		c.t.Fatal(err)
	}
	err = c.store.Update(c.t.Context(), func(tx *store.Tx) error {
		store.Keep(tx, draft)
		return nil
	})
	if err := errors.Join(err, draft.Discard()); err != nil {
		c.t.Fatal(err)
	}
	c.objects["bucket/"+key+"/"+version] = draft.Sum
}

// forget removes an object, with its reference to its bytes.
func (c *cloud) forget(key, version string) {
	c.t.Helper()
	at := "bucket/" + key + "/" + version
	err := c.store.Update(c.t.Context(), func(tx *store.Tx) error {
		store.Release(tx, c.objects[at])
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
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

// answer is what a call was answered with.
type answer struct {
	status int
	kind   string // x-amzn-ErrorType
	raw    []byte
	body   map[string]any
}

// message is what an error says, after its type.
func (a answer) message() string {
	text, ok := a.body["Message"].(string)
	if !ok {
		text, _ = a.body["message"].(string)
	}
	return a.kind + ": " + text
}

// send calls an operation of a region, as the owner of an access key ("" for nobody).
func (c *cloud) send(key, region, method, path, body string) answer {
	c.t.Helper()
	request := httptest.NewRequestWithContext(c.t.Context(), method, path, strings.NewReader(body))
	scope := "Credential=" + key + "/20260102/" + region + "/lambda/aws4_request"
	if key != "" {
		request.Header.Set("Authorization", "AWS4-HMAC-SHA256 "+scope)
	}
	w := httptest.NewRecorder()
	c.router.ServeHTTP(w, request)
	a := answer{status: w.Code, kind: w.Header().Get("x-amzn-ErrorType"), raw: w.Body.Bytes()}
	_ = json.Unmarshal(a.raw, &a.body) // an answer may be empty, or no JSON
	return a
}

const functionsPath = "/2015-03-31/functions/"

// do calls an operation on functions.
func (c *cloud) do(method, path, body string) answer {
	c.t.Helper()
	return c.send("AKIDA", "eu-west-1", method, functionsPath+path, body)
}

// input is what CloudFormation would give a handler.
func (c *cloud) input(physical string, properties map[string]any) resource.Input {
	return resource.Input{
		Account: "111111111111", Region: "eu-west-1", Partition: "aws", StackID: "arn:stack", StackName: "demo",
		LogicalID: "Connect", PhysicalID: physical, Properties: properties, Now: c.hand.Now(),
		Tags: map[string]string{"team": "blue", "aws:cloudformation:stack-name": "demo"},
	}
}

// within runs something of a handler in a transaction, which is undone if it fails.
func within[T any](c *cloud, do func(tx *store.Tx) (T, error)) (T, error) {
	c.t.Helper()
	var value T
	err := c.store.Update(c.t.Context(), func(tx *store.Tx) error {
		var err error
		value, err = do(tx)
		return err
	})
	return value, err
}

func (c *cloud) create(h resource.Type, properties map[string]any) (resource.Made, error) {
	c.t.Helper()
	return within(c, func(tx *store.Tx) (resource.Made, error) { return h.Handler.Create(tx, c.input("", properties)) })
}

func (c *cloud) update(h resource.Type, id string, properties map[string]any) (resource.Made, error) {
	c.t.Helper()
	return within(c, func(tx *store.Tx) (resource.Made, error) { return h.Handler.Update(tx, c.input(id, properties)) })
}

func (c *cloud) remove(h resource.Type, id string) (time.Duration, error) {
	c.t.Helper()
	return within(c, func(tx *store.Tx) (time.Duration, error) { return h.Handler.Delete(tx, c.input(id, nil)) })
}

func (c *cloud) read(h resource.Type, id string) (map[string]any, error) {
	c.t.Helper()
	return within(c, func(tx *store.Tx) (map[string]any, error) { return h.Handler.Read(tx, c.input(id, nil)) })
}

// is tells whether an error is a handler's, with a code and the beginning of a message.
func is(err error, code, message string) bool {
	e, ok := errors.AsType[*resource.Error](err)
	return ok && e.Code == code && strings.HasPrefix(e.Message, message)
}

// parse reads properties written as JSON.
func parse(t *testing.T, text string) map[string]any {
	t.Helper()
	var properties map[string]any
	if err := json.Unmarshal([]byte(text), &properties); err != nil {
		t.Fatal(err)
	}
	return properties
}

// connect is one of the template's functions, with something else if more is given.
func connect(t *testing.T, version string, more ...string) map[string]any {
	t.Helper()
	p := parse(t, `{"Description":"a client connects","Runtime":"provided.al2023","Architectures":["arm64"],
		"Handler":"bootstrap","MemorySize":128,"Timeout":10,"Role":"arn:aws:iam::111111111111:role/service",
		"Code":{"S3Bucket":"bucket","S3Key":"connect.zip","S3ObjectVersion":"`+version+`"},
		"LoggingConfig":{"LogGroup":"demo-log"},"FunctionName":"connect"}`)
	for _, text := range more {
		for name, value := range parse(t, text) {
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
	made, err := c.create(c.function, connect(t, "v1"))
	if err != nil {
		t.Fatal(err)
	}
	c.hand.Turn(made.Takes)
	return c
}
