package cloudformation_test

import (
	"context"
	"net/http"
	"os"
	"testing"
	"time"
	"strings"
	"fmt"

	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/cloudformation"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

type sink struct{ t *testing.T }

func (s sink) Tell(e report.Event) { s.t.Logf("%T %+v", e, e) }

type clk struct{ c *cloud }

func (k clk) Now() time.Time { return k.c.clock.Now() }
func (k clk) Sleep(ctx context.Context, d time.Duration) error {
	k.c.clock.Turn(d)
	return nil
}

func TestZStack(t *testing.T) {
	c := open(t)
	run := func(name string, text string, consents stack.Consents, destroy bool) {
		t.Log("=====", name)
		s := stack.New(c.Client, "plldb", sink{t}, clk{c})
		seen, err := s.Look(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var res stack.Result
		begun := c.clock.Now()
		if destroy {
			res, err = s.Destroy(t.Context(), seen, consents)
		} else {
			c.bucket.texts["b/t.yaml?v"+name] = text
			res, err = s.Deploy(t.Context(), seen, stack.Wanted{Text: []byte(text), Version: "1.0.0", URL: func(context.Context) (string, error) {
				return "https://b.s3.amazonaws.com/t.yaml?versionId=v" + name, nil
			}}, consents)
		}
		t.Logf("--> %s %v took %s", res.Status, err, c.clock.Now().Sub(begun))
		if p, ok := err.(*report.Problem); ok {
			t.Logf("hint %s", p.Hint)
		}
	}
	run("create", two, stack.Consents{}, false)
	run("same", two, stack.Consents{}, false)
	run("comment", "# x\n"+two, stack.Consents{}, false)
	run("update", changed, stack.Consents{}, false)
	run("fail", strings.Replace(changed, "Text: new", "Text: refused", 1), stack.Consents{}, false)
	run("invalid", strings.Replace(changed, "Text: new", "Colour: refused", 1), stack.Consents{}, false)
	run("destroy", "", stack.Consents{}, true)
	run("createfail", bad, stack.Consents{}, false)
	run("stuck", strings.Replace(two, "Text: beside", "Text: stuck", 1), stack.Consents{}, false)
	run("destroy2", "", stack.Consents{}, true)
	run("destroy3", "", stack.Consents{Force: true}, true)
	run("destroy4", "", stack.Consents{}, true)
}

func TestZServe(t *testing.T) {
	if os.Getenv("SERVE") == "" {
		t.Skip()
	}
	th := &things{}
	s := store.Memory()
	cl := clock.Real(50)
	service := cloudformation.New(cloudformation.Config{Store: s, Clock: cl, Types: thingTypes(th), Objects: bucket{s, map[string]string{}}})
	router := &wire.Router{Services: map[string]wire.Service{"cloudformation": service}, Now: cl.Now,
		AccountOf: func(string) string { return account }, Secure: func() bool { return true }, Settle: service.Settle,
		After: func(c *wire.Call, status int, code string) { fmt.Println(c.Operation, status, code) }}
	go http.ListenAndServe("127.0.0.1:4599", router)
	for {
		if _, err := os.Stat("/tmp/stop4599"); err == nil {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
}
