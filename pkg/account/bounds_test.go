package account_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/report"
)

// facing runs ask on a session whose connections all lead to the same peer, in virtual time, and returns how long that
// took.
func facing(
	t *testing.T, sink report.Sink, peer func(net.Conn), ask func(context.Context, *account.Session) error,
) (time.Duration, error) {
	t.Helper()
	var took time.Duration
	var err error
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var ends []net.Conn
		s := load(t, account.Options{
			Region: "eu-west-1", EndpointURL: "http://aws.test", Sink: sink,
			Dial: func(context.Context, string, string) (net.Conn, error) {
				here, there := net.Pipe()
				mu.Lock()
				defer mu.Unlock()
				ends = append(ends, there)
				go peer(there)
				return here, nil
			},
		})
		start := time.Now()
		err = ask(t.Context(), s)
		took = time.Since(start)
		mu.Lock()
		defer mu.Unlock()
		for _, there := range ends {
			_ = there.Close()
		}
	})
	return took, err
}

// upload sends a megabyte, a little at a time for the peer to read.
func upload(ctx context.Context, s *account.Session) error {
	name, key := bucket, "key"
	_, err := s.S3().PutObject(ctx, &s3.PutObjectInput{Bucket: &name, Key: &key, Body: bytes.NewReader(make([]byte, 1<<20))})
	return err
}

func whoAmINow(ctx context.Context, s *account.Session) error {
	_, err := s.WhoAmI(ctx)
	return err
}

// deaf never reads, mute never answers, and half answers only half.
func deaf(net.Conn) {}

func mute(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

func half(c net.Conn) {
	if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
		return
	}
	_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<half")
}

// slow reads an upload in more than two minutes, and then answers.
func slow(c net.Conn) {
	r, err := http.ReadRequest(bufio.NewReaderSize(c, 4096))
	if err != nil {
		return
	}
	for {
		time.Sleep(10 * time.Second)
		if n, err := io.CopyN(io.Discard, r.Body, 64<<10); n == 0 || err != nil {
			break
		}
	}
	_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
}

// Trap 67: the SDK itself waits for ever. Each kind of silence has its bound, and none is a bound on the whole.
func TestTrap67Silence(t *testing.T) {
	for name, test := range map[string]struct {
		peer func(net.Conn)
		ask  func(context.Context, *account.Session) error
		ends time.Duration
	}{
		"the first question, never read":     {deaf, whoAmINow, 10 * time.Second},
		"the first question, never answered": {mute, whoAmINow, 10 * time.Second},
		"an upload that is not read":         {deaf, upload, 30 * time.Second},
		"an upload that is not answered":     {mute, upload, 30 * time.Second},
		"an answer that stops":               {half, listed, 60 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			signed(t)
			t.Setenv("AWS_MAX_ATTEMPTS", "1")
			took, err := facing(t, nil, test.peer, test.ask)
			problem(t, err, report.ExitFailed, "does not answer")
			if took != test.ends {
				t.Errorf("it took %s, want %s", took, test.ends)
			}
		})
	}
}

func listed(ctx context.Context, s *account.Session) error {
	name := bucket
	_, err := s.S3().ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: &name})
	return err
}

// An upload may take longer than any silence, if it goes on.
func TestSlowUpload(t *testing.T) {
	signed(t)
	took, err := facing(t, nil, slow, upload)
	if err != nil {
		t.Fatal(err)
	}
	if took < 2*time.Minute {
		t.Errorf("it took %s, which shows nothing", took)
	}
}

// Where the wait was ended from outside nothing is left of the address: the service is named.
func TestSilenceNamesTheService(t *testing.T) {
	signed(t)
	_, err := facing(t, nil, mute, whoAmINow)
	p := report.AsProblem(account.Explain(err))
	if !strings.HasPrefix(p.Message, "AWS's STS does not answer") {
		t.Error(p.Message)
	}
}

// giving answers one question after another, on whichever connection it comes, with these statuses.
func giving(statuses ...int) func(net.Conn) {
	queue := make(chan int, len(statuses))
	for _, status := range statuses {
		queue <- status
	}
	return func(c net.Conn) {
		for in := bufio.NewReader(c); ; {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = fmt.Fprintf(c, "HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s", <-queue, len(whoAmI), whoAmI)
		}
	}
}

// Each attempt is told, and the next one comes soon: the first question stands before everything else.
func TestRequestsAreTold(t *testing.T) {
	signed(t)
	told := &recorder{}
	took, err := facing(t, told, giving(http.StatusInternalServerError, http.StatusOK), whoAmINow)
	if err != nil || took > 500*time.Millisecond {
		t.Errorf("it took %s of virtual time: %v", took, err)
	}
	var got []report.Request
	for _, e := range told.events {
		r := e.(report.Request)
		r.Took = 0
		got = append(got, r)
	}
	want := []report.Request{
		{Service: "STS", Operation: "GetCallerIdentity", Attempt: 1, Status: 500, Code: "UnknownError"},
		{Service: "STS", Operation: "GetCallerIdentity", Attempt: 2, Status: 200},
	}
	if !slices.Equal(got, want) {
		t.Errorf("told %+v, want %+v", got, want)
	}
}

// An attempt that got no answer is told with the status 0.
func TestRequestWithoutAnAnswerIsTold(t *testing.T) {
	signed(t)
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	told := &recorder{}
	if _, err := facing(t, told, deaf, whoAmINow); err == nil {
		t.Fatal("nobody answered")
	}
	if len(told.events) != 1 {
		t.Fatalf("told %+v", told.events)
	}
	if r := told.events[0].(report.Request); r.Status != 0 || r.Code != "" || r.Attempt != 1 || r.Took != 10*time.Second {
		t.Errorf("told %+v", r)
	}
}
