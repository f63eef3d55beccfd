package localcloud_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/plldb/plldb/functions/linked"
)

// runnable are the programs that functions run in these tests, by what stands in their packages. plldb's own are there
// by their names.
func runnable() map[string]func() {
	all := map[string]func(){
		"good-1":       answering("1"),
		"good-2":       answering("2"),
		"echo":         handling(echo),
		"talks":        handling(talks),
		"notes":        handling(notes),
		"posts":        handling(posts),
		"waits":        handling(waits),
		"fails":        handling(fails),
		"panics":       handling(func(*event) (*answer, error) { panic("for no reason") }),
		"exits-0":      handling(func(*event) (*answer, error) { os.Exit(0); return nil, nil }),
		"exits-3":      handling(func(*event) (*answer, error) { os.Exit(3); return nil, nil }),
		"kills-itself": handling(func(*event) (*answer, error) { return nil, killSelf() }),
		"hangs":        handling(func(*event) (*answer, error) { forever(); return nil, nil }),
		"shouts":       handling(func(*event) (*answer, error) { shout("all work and no play\n"); return nil, nil }),
		"shouts-on":    handling(func(*event) (*answer, error) { shout("all work and no play "); return nil, nil }),
		"leaves-child": handling(func(*event) (*answer, error) { return nil, exitBeside(bear()) }),
		"keeps-child":  handling(func(*event) (*answer, error) { return &answer{StatusCode: 200, Body: "1"}, bear() }),
		"never-asks":   forever,
		"never-begins": func() { os.Exit(5) },
		"garbage":      saying(func() []byte { return []byte(`{"statusCode": 200, "body":`) }),
		"a-list":       saying(func() []byte { return []byte(`["statusCode", 200]`) }),
		"a-text":       saying(func() []byte { return []byte(`"OK"`) }),
		"huge":         saying(huge),
		"unauthorized": authorizing("", errors.New("Unauthorized")),
		"denies":       authorizing("Deny", nil),
		"refuses-403":  handling(func(*event) (*answer, error) { return &answer{StatusCode: http.StatusForbidden}, nil }),
		"refuses-418":  handling(func(*event) (*answer, error) { return &answer{StatusCode: http.StatusTeapot}, nil }),
		"refuses-500":  handling(func(*event) (*answer, error) { return &answer{StatusCode: 500}, nil }),
	}
	for _, name := range linked.Names() {
		all[name] = func() { linked.Run(name) }
	}
	return all
}

// linkedHere starts the test's program as the function whose package has a digest. The mark is in the arguments of each
// process.
func linkedHere(mark string) func(sum string) ([]string, bool) {
	commands := map[string][]string{}
	for name := range maps.Keys(runnable()) {
		data, err := zipOf(name)
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(data)
		commands[hex.EncodeToString(sum[:])] = []string{self(), "function", name, mark}
	}
	return func(sum string) ([]string, bool) {
		command, ok := commands[sum]
		return command, ok
	}
}

// self is the test's program.
func self() string {
	path, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return path
}

type (
	event  = events.APIGatewayWebsocketProxyRequest
	answer = events.APIGatewayProxyResponse
)

func handling(handle func(*event) (*answer, error)) func() {
	return func() { lambda.Start(func(_ context.Context, e *event) (*answer, error) { return handle(e) }) }
}

func answering(text string) func() {
	return handling(func(*event) (*answer, error) { return &answer{StatusCode: 200, Body: text}, nil })
}

// echo answers what came, and over which connection.
func echo(e *event) (*answer, error) {
	return &answer{StatusCode: 200, Body: e.RequestContext.ConnectionID + " " + e.Body}, nil
}

func talks(e *event) (*answer, error) {
	fmt.Println("it was said:", e.Body)
	fmt.Fprintln(os.Stderr, "and heard")
	return &answer{StatusCode: 200, Body: "heard"}, nil
}

// notes prints which connection did what.
func notes(e *event) (*answer, error) {
	c := e.RequestContext
	fmt.Println("noted", c.EventType, c.ConnectionID, c.DisconnectStatusCode)
	return &answer{StatusCode: http.StatusOK, Body: "noted: " + e.Body}, nil
}

// waits answers what came as soon as it may go on: there is an object for it then. Only "next" need not wait.
func waits(e *event) (*answer, error) {
	for e.Body != "next" && asked(http.MethodGet, "s3", "/"+packages+"/go-on", "") != http.StatusOK {
		time.Sleep(10 * time.Millisecond)
	}
	return notes(e)
}

// asked is the status with which the local cloud answers a function, that signs as a client of AWS does; 0 is none.
func asked(method, service, path, body string) int {
	at := os.Getenv("AWS_ENDPOINT_URL") + path
	r, err := http.NewRequest(method, at, strings.NewReader(body)) //nolint:noctx // the function's time is its limit
	if err != nil {
		return 0
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+os.Getenv("AWS_ACCESS_KEY_ID")+"/20260102/"+
		os.Getenv("AWS_REGION")+"/"+service+"/aws4_request")
	r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
	out, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	_ = out.Body.Close() // what it says does not matter
	return out.StatusCode
}

// posts sends what came to its connection, and answers with the status of that.
func posts(e *event) (*answer, error) {
	c := e.RequestContext
	at := "/_aws/execute-api/" + c.APIID + "/" + c.Stage + "/@connections/" + c.ConnectionID
	status := asked(http.MethodPost, "execute-api", at, "posted: "+e.Body)
	return &answer{StatusCode: http.StatusOK, Body: fmt.Sprint(status)}, nil
}

func fails(*event) (*answer, error) { return nil, errors.New("it went wrong") }

func killSelf() error {
	me, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = me.Kill()
	}
	if err == nil {
		forever()
	}
	return err
}

func forever() {
	for {
		time.Sleep(time.Hour)
	}
}

// shout prints until the process is ended.
func shout(text string) {
	lines := bytes.Repeat([]byte(text), 1000)
	for {
		if _, err := os.Stdout.Write(lines); err != nil {
			forever() // what counts is who ends it
		}
	}
}

// bear starts a process that holds this one's output, and does not end by itself.
func bear() error {
	arguments := append([]string{"function", "never-asks"}, os.Args[3:]...)
	child := exec.Command(self(), arguments...) //nolint:noctx // it outlives
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	return child.Start()
}

// exitBeside ends the process, but not who else holds its output.
func exitBeside(err error) error {
	if err == nil {
		os.Exit(4)
	}
	return err
}

func authorizing(effect string, err error) func() {
	type (
		request  = events.APIGatewayCustomAuthorizerRequestTypeRequest
		response = events.APIGatewayCustomAuthorizerResponse
	)
	return func() {
		lambda.Start(func(_ context.Context, in request) (response, error) {
			return response{PrincipalID: "somebody", PolicyDocument: events.APIGatewayCustomAuthorizerPolicy{
				Version: "2012-10-17", Statement: []events.IAMPolicyStatement{{
					Effect: effect, Action: []string{"execute-api:Invoke"}, Resource: []string{in.MethodArn},
				}},
			}}, err
		})
	}
}

// huge is more than Lambda takes.
func huge() []byte {
	return []byte(`{"statusCode": 200, "body": "` + strings.Repeat("x", 7<<20) + `"}`)
}

// saying answers each event with what need not be JSON, which aws-lambda-go would not let through.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
func saying(what func() []byte) func() {
	return func() {
		root := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
		for {
			if err := sayOnce(root, what()); err != nil {
				fmt.Println("the Runtime API:", err)
				os.Exit(1)
			}
		}
	}
}

func sayOnce(root string, what []byte) error {
	next, err := http.Get(root + "next") //nolint:noctx // it waits as long as there is no event
	if err != nil {
		return err
	}
	var in json.RawMessage
	err = errors.Join(json.NewDecoder(next.Body).Decode(&in), next.Body.Close())
	if err != nil {
		return err
	}
	at := root + next.Header.Get("Lambda-Runtime-Aws-Request-Id") + "/response"
	out, err := http.Post(at, "application/json", bytes.NewReader(what)) //nolint:noctx // as above
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, out.Body)
	return errors.Join(err, out.Body.Close())
}
