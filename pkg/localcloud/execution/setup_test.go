package execution_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"go.uber.org/goleak"

	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/execution"
)

// The functions of these tests are this very program, called with the name of what it shall do.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "function" {
		function(os.Args[2])
		return
	}
	goleak.VerifyTestMain(m)
}

func function(does string) {
	switch does {
	case "lambda":
		lambda.Start(handle)
	case "exit in init":
		fmt.Println("before the end")
		os.Exit(3)
	case "init error":
		post("init/error", `{"errorType":"Function.NoLuck","errorMessage":"no luck"}`, "Function.NoLuck")
		time.Sleep(time.Hour)
	case "starts the second time":
		if os.Mkdir("tried", 0o700) == nil {
			os.Exit(1)
		}
		id, payload := next()
		raw("echo", id, payload)
		next()
	case "never asks":
		time.Sleep(time.Hour)
	case "ignores SIGTERM":
		signal.Ignore(syscall.SIGTERM)
		next()
		time.Sleep(time.Hour)
	case "pool":
		ownsPool()
	default:
		for {
			id, payload := next()
			raw(does, id, payload)
		}
	}
}

// command is an event for the function "lambda".
type command struct {
	Do    string
	Times int
}

// handle is a handler like those of users, over AWS's client.
func handle(ctx context.Context, c command) (any, error) {
	switch c.Do {
	case "fail":
		return nil, fmt.Errorf("it failed")
	case "panic":
		panic("oh")
	case "exit":
		os.Exit(c.Times)
	case "kill":
		self, _ := os.FindProcess(os.Getpid())
		self.Kill()
	case "hang":
		time.Sleep(time.Hour)
	case "environment":
		return os.Environ(), nil
	case "folder":
		folder, err := os.Getwd()
		return folder, err
	case "print":
		for n := range c.Times {
			fmt.Printf("line %d\n", n)
		}
		fmt.Print("no end")
	case "long line":
		fmt.Println(strings.Repeat("ä", c.Times))
	case "large":
		return strings.Repeat("x", c.Times), nil
	case "grandchild":
		return grandchild()
	case "deadline":
		deadline, _ := ctx.Deadline()
		return deadline.UnixMilli(), nil
	case "pid":
		return os.Getpid(), nil
	}
	return "done", nil
}

// grandchild leaves a process behind that holds what this one prints to.
func grandchild() (any, error) {
	child := exec.Command(os.Args[0], "function", "never asks")
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	return func() (int, error) { err := child.Start(); return child.Process.Pid, err }()
}

// book keeps what is logged.
type book struct {
	mu    sync.Mutex
	lines []string
	by    map[string][]string // stream to lines
	bytes int
}

func (b *book) log(_ execution.Function, stream string, _ time.Time, text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.by == nil {
		b.by = map[string][]string{}
	}
	b.bytes += len(text)
	if len(b.lines) > 5000 {
		return
	}
	b.lines = append(b.lines, text)
	b.by[stream] = append(b.by[stream], text)
}

func (b *book) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.lines, "\n")
}

func (b *book) all() map[string][]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.by)
}

func (b *book) streams() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.by)
}

// linked is a pool whose functions are those of this program: a function's Code says what it does.
func linked(t testing.TB, c execution.Config) (*execution.Pool, *book) {
	b := &book{}
	if c.Log == nil {
		c.Log = b.log
	}
	c.Dir = t.TempDir()
	c.Linked = func(does string) ([]string, bool) { return []string{os.Args[0], "function", does}, true }
	p := execution.New(c)
	t.Cleanup(func() {
		if err := p.Close(); err != nil || p.Processes() != 0 {
			t.Errorf("closing: %v, %d processes", err, p.Processes())
		}
	})
	return p, b
}

func does(what string) execution.Function {
	return execution.Function{
		ARN: "arn:aws:lambda:eu-west-1:123456789012:function:" + what, Name: what, Version: "$LATEST", Revision: "1",
		Code: what, Handler: "bootstrap", Memory: 128, Timeout: time.Minute,
		Environment: map[string]string{"GOCOVERDIR": os.TempDir()},
	}
}

func do(what string, times int) execution.Event {
	payload, _ := json.Marshal(command{what, times})
	return execution.Event{RequestID: "id-" + what, Payload: payload, Tail: true}
}

func invoke(t testing.TB, p *execution.Pool, f execution.Function, e execution.Event) execution.Answer {
	t.Helper()
	a, err := p.Invoke(t.Context(), f, e)
	if err != nil {
		t.Fatalf("invoking %s: %v", f.Name, err)
	}
	return a
}

func hand() *clock.Hand { return clock.NewHand(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)) }

// code gives the archives of digests.
func code(codes map[string][]byte) func(context.Context, string) ([]byte, error) {
	return func(_ context.Context, sum string) ([]byte, error) {
		if text, ok := codes[sum]; ok {
			return text, nil
		}
		return nil, errors.New("there is none")
	}
}

// zipped is an archive.
func zipped(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var text bytes.Buffer
	archive := zip.NewWriter(&text)
	for name, content := range files {
		h := &zip.FileHeader{Name: name, Method: zip.Deflate}
		h.SetMode(0o644)
		if name == "bootstrap" {
			h.SetMode(0o755)
		}
		w, err := archive.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, content)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return text.Bytes()
}
