package wire_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

const held = " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n" +
	"Authorization: AWS4-HMAC-SHA256 Credential=AKIDONE/20261121/eu-west-1/"

// Whoever holds a body back is told so, whether the service reads it, has refused the request, or does not look at it.
func TestABodyThatIsHeldBack(t *testing.T) {
	const rest = "/aws4_request, SignedHeaders=host, Signature=0\r\n\r\nhalf"
	for name, test := range map[string]struct{ request, want, code string }{
		"the router reads":   {"POST /" + held + "sts" + rest, "400", "<Code>RequestTimeout</Code>"},
		"the service reads":  {"PUT /key" + held + "s3" + rest, "400", "<Code>RequestTimeout</Code>"},
		"it is refused":      {"PUT /refused/key" + held + "s3" + rest, "403", "<Code>AccessDenied</Code>"},
		"it is not modelled": {"PUT /unmodelled" + held + "s3" + rest, "400", "<Code>NotImplemented</Code>"},
		"nobody looks at it": {"PUT /unread" + held + "s3" + rest, "200", "unread"},
	} {
		t.Run(name, func(t *testing.T) {
			c := start(t)
			c.router.Services["s3"] = reader{bucket{c}}
			c.router.Patience = 10 * time.Millisecond
			connection := dial(t, c)
			if _, err := io.WriteString(connection, test.request); err != nil {
				t.Fatal(err)
			}
			answer, err := io.ReadAll(connection)
			if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 "+test.want+" ") ||
				!strings.Contains(string(answer), test.code) {
				t.Errorf("got %s, %v", answer, err)
			}
		})
	}
}

// reader is a bucket that reads all before it answers, or nothing.
type reader struct{ bucket }

func (r reader) Serve(ctx context.Context, w http.ResponseWriter, c *wire.Call) error {
	if c.URL.Path == "/unread" {
		_, err := io.WriteString(w, "unread")
		return err
	}
	if strings.HasPrefix(c.URL.Path, "/refused/") {
		return r.bucket.Serve(ctx, w, c)
	}
	_, err := io.ReadAll(c.Request.Body)
	return err
}

// timed is a connection that remembers the time that was given it last.
type timed struct {
	*httptest.ResponseRecorder
	deadline time.Time
}

func (r *timed) SetReadDeadline(t time.Time) error {
	r.deadline = t
	return nil
}

// A service may take longer than a client may: the time is that of one read, and over with the body.
func TestTheTimeOfABodyEndsWithIt(t *testing.T) {
	c := start(t)
	c.router.Services["s3"] = reader{bucket{c}}
	for path, over := range map[string]bool{"/key": true, "/unread": false} {
		r := c.signed(t, "s3", "PUT", path, "body")
		w := &timed{ResponseRecorder: httptest.NewRecorder()}
		c.router.ServeHTTP(w, r)
		if w.Code != 200 || w.deadline.IsZero() != over {
			t.Errorf("%s: %d, until %v", path, w.Code, w.deadline)
		}
	}
}

func TestAPanicIsAnInternalFailure(t *testing.T) {
	c := start(t)
	c.router.Services["sts"].(*wire.Query).Operations["GetCallerIdentity"] = wire.QueryOperation{
		Do: func(context.Context, *wire.Call, wire.Form) (any, error) { panic("a bug") },
	}
	status, body := c.send(t, c.form(t, "sts", "Action=GetCallerIdentity&Version=2011-06-15"))
	if status != 500 || !strings.Contains(body, "<Code>InternalFailure</Code>") || !strings.Contains(body, "a bug") {
		t.Errorf("got %d %s", status, body)
	}
	if got := c.after(); len(got) != 1 || got[0].code != "InternalFailure" {
		t.Errorf("After was told %v", got)
	}
}

func TestWhoIsNotAdmittedReachesNothing(t *testing.T) {
	c := start(t)
	c.router.Admit = func(r *http.Request) *wire.Error {
		return wire.Errorf(http.StatusForbidden, "AccessDenied", "not %s", r.Host)
	}
	c.router.Before = func(*wire.Call) wire.Intercept {
		t.Error("it came further than the door")
		return wire.Intercept{}
	}
	for _, r := range []*http.Request{
		c.form(t, "sts", "Action=GetCallerIdentity&Version=2011-06-15"), c.signed(t, "s3", "PUT", "/key", "body"),
		c.signed(t, "nothing", "POST", "/", "{}"),
	} {
		if status, body := c.send(t, r); status != 403 || !strings.Contains(body, "AccessDenied") {
			t.Errorf("got %d %s", status, body)
		}
	}
	if c.last() != nil {
		t.Error("something was called")
	}
}

func TestRegions(t *testing.T) {
	for name, want := range map[string]bool{
		"us-east-1": true, "eu-central-2": true, "ap-southeast-7": true, "mx-central-1": true, "il-central-1": true,
		"cn-northwest-1": true, "us-gov-west-1": true, "us-iso-east-1": true, "us-isob-east-1": true,
		"eu-isoe-west-1": true, "us-isof-south-1": true, "eusc-de-east-1": true, "ap-northeast-10": true,
		"": false, "us-east": false, "us-east-1a": false, "US-EAST-1": false, "mars-north-1": false, "aws-global": false,
		"us-nowhere-1": false, "us-east-1\n": false, "us-gov-1": false, "local": false, "us-east-100": false,
	} {
		if got := wire.IsRegion(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

func TestARegionThatIsNone(t *testing.T) {
	c := start(t)
	for service, want := range map[string]string{
		"s3": "AuthorizationHeaderMalformed", "sts": "SignatureDoesNotMatch", "dynamodb": "InvalidSignatureException",
	} {
		r := c.form(t, service, "Action=GetCallerIdentity&Version=2011-06-15")
		r.Header.Set("X-Amz-Target", "DynamoDB_20120810.DescribeTable")
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "eu-west-1", "mars-north-1", 1))
		status, body := c.send(t, r)
		if status/100 != 4 || !strings.Contains(body, want) || !strings.Contains(body, "local cloud does not know the region") {
			t.Errorf("%s: got %d %s", service, status, body)
		}
	}
	if c.last() != nil {
		t.Error("something was called")
	}
}
