package localcloud_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// A web page gets nowhere: neither one that sends to the loopback, nor one whose name was bound to it.
func TestWebPagesAreRefused(t *testing.T) {
	leavesNothing(t)
	var reached atomic.Int32
	server, _ := serve(t, localcloud.Options{})
	server.Cloud().Faults().Call(localcloud.Fault{Operation: "GetCallerIdentity", Match: func(*wire.Call) bool {
		reached.Add(1)
		return false
	}})
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	for _, c := range []struct {
		host, header, value string
		status              int
	}{
		{"", "", "", 200},
		{"localhost", "", "", 200},
		{"LOCALHOST:4566", "", "", 200},
		{"[::1]:4566", "", "", 200},
		{"127.1.2.3", "", "", 200},
		{"sts.localhost:4566", "", "", 200},
		{"sts.us-east-1.amazonaws.com", "", "", 200},
		{"", "Sec-Fetch-Site", "none", 200},
		{"", "Sec-Fetch-Site", "cross-site", 403},
		{"", "Sec-Fetch-Site", "same-site", 403},
		{"", "Sec-Fetch-Site", "same-origin", 403},
		{"", "Origin", "https://example.com", 403},
		{"", "Origin", "null", 403},
		{"", "Origin", "", 403},
		{"example.com", "", "", 403},
		{"example.com:80", "", "", 403},
		{"localhost.example.com", "", "", 403},
		{"127.0.0.1.example.com", "", "", 403},
		{"notlocalhost", "", "", 403},
		{"evilamazonaws.com", "", "", 403},
		{"192.168.1.1", "", "", 403},
		{"0.0.0.0", "", "", 403},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL,
			strings.NewReader("Action=GetCallerIdentity&Version=2011-06-15"))
		mustDo(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20261121/us-east-1/sts/aws4_request, "+
			"SignedHeaders=host, Signature=0")
		if c.host != "" {
			r.Host = c.host
		}
		if c.header != "" {
			r.Header[c.header] = []string{c.value}
		}
		before := reached.Load()
		answer, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		mustDo(t, err)
		mustDo(t, answer.Body.Close())
		if answer.StatusCode != c.status || (c.status == 403) != strings.Contains(string(text), "<Code>AccessDenied<") {
			t.Errorf("%+v: %d %s", c, answer.StatusCode, text)
		}
		if (reached.Load() > before) != (c.status == 200) {
			t.Errorf("%+v: %d calls reached the service", c, reached.Load()-before)
		}
	}
}

// Virtual-host style names of buckets are names of this machine's.
func TestNamesOfBucketsAreAnswered(t *testing.T) {
	cloud, err := localcloud.Open(t.Context(), localcloud.Options{})
	mustDo(t, err)
	for host, status := range map[string]int{
		"some-bucket.localhost:4566": 404, "some.bucket.s3.localhost": 404, "some-bucket.s3.amazonaws.com": 404,
		"some-bucket.s3.cn-north-1.amazonaws.com.cn": 404, "some-bucket.s3.example.com": 403,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/key", nil)
		r.Host = host
		w := httptest.NewRecorder()
		cloud.ServeHTTP(w, r)
		if w.Code != status {
			t.Errorf("%s: %d %s", host, w.Code, w.Body)
		}
	}
	mustDo(t, cloud.Close())
}

// What breaks inside is answered, and printed nowhere.
func TestNothingIsPrinted(t *testing.T) {
	leavesNothing(t)
	var printed strings.Builder
	log.SetOutput(&printed)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	server, cfg := serve(t, localcloud.Options{Told: func(localcloud.Call) { panic("of the one who is told") }})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	mustDo(t, err)
	answer, err := cfg.HTTPClient.Do(r)
	if err == nil {
		mustDo(t, answer.Body.Close())
	}
	mustDo(t, server.Close())
	if printed.Len() > 0 {
		t.Errorf("it prints %s", printed.String())
	}
}

// A server that was told to listen to others is asked by its address, which no page can be bound to, or by the name it was told.
func TestNamesOfAServerThatListensToOthers(t *testing.T) {
	leavesNothing(t)
	for _, c := range []struct {
		addr, host string
		status     int
	}{
		{"0.0.0.0:0", "192.168.1.1:80", 200},
		{"0.0.0.0:0", "[fe80::1]:80", 200},
		{":0", "192.168.1.1", 200},
		{"0.0.0.0:0", "host.docker.internal:80", 200},
		{"0.0.0.0:0", "example.com", 403},
		{"0.0.0.0:0", "example.com:80", 403},
		{"127.0.0.1:0", "host.docker.internal", 403},
		{"localhost:0", "192.168.1.1", 403},
	} {
		server, _ := serve(t, localcloud.Options{Addr: c.addr})
		if !strings.HasPrefix(server.URL, "http://127.0.0.1:") {
			t.Errorf("%s: the URL is %s", c.addr, server.URL)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		mustDo(t, err)
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20261121/us-east-1/lambda/aws4_request, "+
			"SignedHeaders=host, Signature=0")
		r.URL.Path, r.Host = "/2015-03-31/functions/", c.host
		transport := &http.Transport{DisableKeepAlives: true}
		answer, err := transport.RoundTrip(r)
		mustDo(t, err)
		mustDo(t, answer.Body.Close())
		if answer.StatusCode != c.status {
			t.Errorf("%s as %s: %d", c.addr, c.host, answer.StatusCode)
		}
		mustDo(t, server.Close())
	}
}
