package proxy_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plldb/plldb/magefiles/chores/proxy"
)

// The server answers /together only when two such requests are there, so they can only have been side by side.
func TestCounterTellsWhatWaitedFromWhatDidNot(t *testing.T) {
	both := make(chan struct{})
	var two sync.WaitGroup
	two.Add(2)
	go func() { two.Wait(); close(both) }()
	at, counter := counted(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/together" {
			two.Done()
			<-both
		}
		_, _ = io.WriteString(w, "answer")
	})

	get(t, http.DefaultClient, at+"/first")
	var burst sync.WaitGroup
	for range 2 {
		burst.Go(func() { get(t, http.DefaultClient, at+"/together") })
	}
	burst.Wait()

	seen := counter.Take()
	if len(seen) != 3 || len(proxy.Chain(seen)) != 2 {
		t.Errorf("saw %d requests %d deep, want 3 requests 2 deep: %v", len(seen), len(proxy.Chain(seen)), seen)
	}
	if left := counter.Take(); len(left) != 0 {
		t.Errorf("Take gave %d requests a second time", len(left))
	}
}

func TestCounterNamesRequestsAndPassesThemOnWhole(t *testing.T) {
	var got []string
	at, counter := counted(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, string(body))
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "short and stout")
	})

	answer, err := http.Post(at, "application/x-www-form-urlencoded", strings.NewReader("Action=DescribeStacks&Version=1"))
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(answer.Body)
	if answer.StatusCode != http.StatusTeapot || string(text) != "short and stout" {
		t.Errorf("the answer came as %d %q", answer.StatusCode, text)
	}
	if _, err := http.Post(at+"/bucket/key?versions", "application/zip", strings.NewReader("zip")); err != nil {
		t.Fatal(err)
	}

	if want := []string{"Action=DescribeStacks&Version=1", "zip"}; !slices.Equal(got, want) {
		t.Errorf("the server got %q, want %q", got, want)
	}
	seen := counter.Take()
	if len(seen) != 2 || seen[0].Name != "DescribeStacks" || seen[1].Name != "POST /bucket/key?versions" {
		t.Errorf("saw %v", seen)
	}
}

func TestServeSpeaksTLSThatTheBundleVouchesFor(t *testing.T) {
	certificate, bundle, err := proxy.Certificate(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	addr, err := proxy.Serve(t.Context(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto)
	}), certificate)
	if err != nil {
		t.Fatal(err)
	}
	at, err := proxy.Local("https", addr)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(bundle)
	client := &http.Client{Transport: &http.Transport{
		ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: roots},
	}}

	if got := get(t, client, at); got != "HTTP/1.1" {
		t.Errorf("it speaks %q, want HTTP/1.1 although the client offered more", got)
	}
}

// counted serves h behind a counter and returns where.
func counted(t *testing.T, h http.HandlerFunc) (string, *proxy.Counter) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	to, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	counter := proxy.NewCounter(to, 0)
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	addr, err := proxy.Serve(ctx, counter, nil)
	if err != nil {
		t.Fatal(err)
	}
	return "http://" + addr, counter
}

func get(t *testing.T, client *http.Client, url string) string {
	t.Helper()
	answer, err := client.Get(url)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}
