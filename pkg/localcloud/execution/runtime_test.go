package execution_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/execution"
)

// raw is a runtime that does odd things with an event.
func raw(does, id string, payload []byte) {
	switch does {
	case "echo", "echo too":
		if gate, ok := strings.CutPrefix(string(payload), "gate "); ok {
			for _, err := os.Stat(gate); err != nil; _, err = os.Stat(gate) {
				time.Sleep(time.Millisecond)
			}
		}
		fmt.Println(does, string(payload))
		post("invocation/"+id+"/response", string(payload), "")
	case "garbage":
		post("invocation/"+id+"/response", "not JSON", "")
	case "typed error":
		post("invocation/"+id+"/error", "", "Function.Odd")
	case "twice":
		post("invocation/"+id+"/response", `1`, "")
		fmt.Println(post("invocation/"+id+"/response", `2`, ""))
		fmt.Println(post("invocation/"+id+"/error", `2`, ""))
		fmt.Println(post("init/error", `2`, ""))
	case "others":
		fmt.Println(post("invocation/other/response", `1`, ""))
		fmt.Println(post("invocation/"+id+"/elsewhere", `1`, ""))
		fmt.Println(post("../elsewhere", `1`, ""))
		again, _ := next()
		fmt.Println("again", again == id)
		post("invocation/"+id+"/response", `"right"`, "")
	case "streams":
		fmt.Println(request("invocation/"+id+"/response", `"a stream"`, "Lambda-Runtime-Function-Response-Mode", "streaming"))
	case "odd mode":
		fmt.Println(request("invocation/"+id+"/response", `1`, "Lambda-Runtime-Function-Response-Mode", "odd"))
	case "as a page":
		asPage()
		post("invocation/"+id+"/response", `"its own"`, "")
	case "headers":
		post("invocation/"+id+"/response", lastHeaders, "")
	default:
		breaks(does, id)
	}
}

// breaks is a runtime that does not come back for more.
func breaks(does, id string) {
	switch does {
	case "after":
		post("invocation/"+id+"/response", `"early"`, "")
		time.Sleep(time.Hour)
	case "exit idle":
		post("invocation/"+id+"/response", `"last"`, "")
		os.Exit(0)
	case "says pid and hangs":
		fmt.Println("pid", os.Getpid())
		time.Sleep(time.Hour)
	case "hangs up":
		post("invocation/"+id+"/response", `"last"`, "")
		hangUp()
	case "floods", "floods lines":
		line := strings.Repeat("x", 1<<16)
		if does == "floods lines" {
			line = strings.Repeat("x", 1<<12) + "\n"
		}
		for {
			os.Stdout.WriteString(line)
		}
	}
}

// ownsPool is a program with functions, which waits to be killed. It says which processes it has.
func ownsPool() {
	p := execution.New(execution.Config{
		Dir:    os.Args[3],
		Linked: func(does string) ([]string, bool) { return []string{os.Args[0], "function", does}, true },
		Log:    func(_ execution.Function, _ string, _ time.Time, text string) { fmt.Println(text) },
	})
	go p.Invoke(context.Background(), does("says pid and hangs"), execution.Event{}) // it does not return
	a, err := p.Invoke(context.Background(), does("lambda"), do("pid", 0))
	fmt.Printf("pid %s %v\n", a.Payload, err)
	time.Sleep(time.Hour)
}

var lastHeaders string

func base() string { return "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/" }

func next() (string, []byte) {
	response, err := http.Get(base() + "invocation/next")
	if err != nil {
		os.Exit(9)
	}
	defer response.Body.Close()
	payload, _ := io.ReadAll(response.Body)
	response.Header.Del("Date")
	text, _ := json.Marshal(response.Header)
	lastHeaders = string(text)
	return response.Header.Get("Lambda-Runtime-Aws-Request-Id"), payload
}

func post(path, body, kind string) string {
	return request(path, body, "Lambda-Runtime-Function-Error-Type", kind)
}

func request(path, body, header, value string) string {
	r, _ := http.NewRequest(http.MethodPost, base()+path, strings.NewReader(body))
	if value != "" {
		r.Header.Set(header, value)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	return fmt.Sprintf("%d %s", response.StatusCode, text)
}

// asPage asks for the event as a browser does for some page, and says what it got.
func asPage() {
	ask := func(host, header string) {
		r, _ := http.NewRequest(http.MethodGet, base()+"invocation/next", nil)
		r.Host = host
		if header != "" {
			r.Header.Set(header, "http://page.example")
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			fmt.Println("asked:", err)
			return
		}
		response.Body.Close()
		fmt.Println("asked:", host, header, response.StatusCode, response.Header.Get("Lambda-Runtime-Aws-Request-Id"))
	}
	own := os.Getenv("AWS_LAMBDA_RUNTIME_API")
	_, port, _ := net.SplitHostPort(own)
	ask("page.example", "")
	ask("page.example:"+port, "")
	ask("localhost:"+port, "")
	ask(own, "Origin")
	ask(own, "Sec-Fetch-Site")
}

// hangUp asks for an event and does not wait for it. Once the API has noticed, it waits for a file, and ends.
func hangUp() {
	gate := os.Getenv("GATE")
	conn, err := net.Dial("tcp", os.Getenv("AWS_LAMBDA_RUNTIME_API"))
	if err != nil {
		os.Exit(9)
	}
	fmt.Fprintf(conn, "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: %s\r\n\r\n", conn.RemoteAddr())
	conn.(*net.TCPConn).CloseWrite()
	io.Copy(io.Discard, conn)
	fmt.Println("hung up")
	for _, err := os.Stat(gate); err != nil; _, err = os.Stat(gate) {
		time.Sleep(time.Millisecond)
	}
	os.Exit(1)
}
