package localcloud

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// faulty is a server of two services whose calls go through faults.
type faulty struct {
	*httptest.Server
	*Faults
	entered chan struct{} // a value for each call that was looked at
}

func startFaulty(t *testing.T) *faulty {
	t.Helper()
	t.Cleanup(func() { goleak.VerifyNone(t) })
	f := &faulty{Faults: &Faults{closed: make(chan struct{})}, entered: make(chan struct{}, 100)}
	answer := wire.QueryOperation{Do: func(context.Context, *wire.Call, wire.Form) (any, error) { return nil, nil }}
	service := &wire.Query{Operations: map[string]wire.QueryOperation{"Get": answer, "Put": answer}}
	f.Server = httptest.NewServer(&wire.Router{
		Services:  map[string]wire.Service{"one": service, "two": service},
		Now:       time.Now,
		Secure:    func() bool { return true },
		AccountOf: func(string) string { return "111111111111" },
		Before: func(c *wire.Call) wire.Intercept {
			i := f.before(c)
			f.entered <- struct{}{}
			return i
		},
	})
	t.Cleanup(f.Server.Close)
	return f
}

// call gives the status, 0 if there was no answer.
func (f *faulty) call(t *testing.T, ctx context.Context, service, operation string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, f.URL, strings.NewReader("Action="+operation))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20261121/eu-west-1/"+service+"/aws4_request")
	answer, err := f.Client().Do(r)
	if err != nil {
		return 0
	}
	answer.Body.Close()
	return answer.StatusCode
}

// run makes calls ("one.Get") one after another, and gives their statuses.
func (f *faulty) run(t *testing.T, calls ...string) (statuses []int) {
	t.Helper()
	for _, name := range calls {
		service, operation, _ := strings.Cut(name, ".")
		statuses = append(statuses, f.call(t, t.Context(), service, operation))
	}
	return statuses
}

func refuse(status int) *wire.Error { return wire.Errorf(status, "Throttling", "Rate exceeded") }

func TestWhichCallsAFaultHurts(t *testing.T) {
	cases := map[string]struct {
		faults []Fault
		calls  []string
		want   []int
	}{
		"none":  {nil, []string{"one.Get"}, []int{200}},
		"every": {[]Fault{{Refuse: refuse(503)}}, []string{"one.Get", "two.Put"}, []int{503, 503}},
		"service": {
			[]Fault{{Service: "one", Refuse: refuse(503)}}, []string{"one.Get", "two.Get", "one.Put"}, []int{503, 200, 503},
		},
		"operation": {
			[]Fault{{Operation: "Get", Refuse: refuse(503)}}, []string{"one.Get", "two.Get", "one.Put"}, []int{503, 503, 200},
		},
		"after": {
			[]Fault{{Operation: "Get", After: 1, Refuse: refuse(503)}},
			[]string{"one.Get", "one.Put", "one.Get", "one.Get"},
			[]int{200, 200, 503, 503},
		},
		"times": {
			[]Fault{{Times: 2, Refuse: refuse(503)}}, []string{"one.Get", "one.Get", "one.Get"}, []int{503, 503, 200},
		},
		"after, times": {
			[]Fault{{After: 1, Times: 1, Refuse: refuse(503)}},
			[]string{"one.Get", "one.Get", "one.Get"},
			[]int{200, 503, 200},
		},
		"the first fault": {
			[]Fault{{Refuse: refuse(503)}, {Refuse: refuse(500)}}, []string{"one.Get", "one.Get"}, []int{503, 503},
		},
		"one after another": {
			[]Fault{{Times: 1, Refuse: refuse(503)}, {After: 1, Times: 1, Refuse: refuse(500)}},
			[]string{"one.Get", "one.Get", "one.Get"},
			[]int{503, 500, 200},
		},
		"match": {
			[]Fault{{Match: func(c *wire.Call) bool { return c.Service == "two" }, Refuse: refuse(503)}},
			[]string{"one.Get", "two.Get"},
			[]int{200, 503},
		},
		"match is counted": {
			[]Fault{{After: 1, Match: func(c *wire.Call) bool { return c.Operation == "Put" }, Refuse: refuse(503)}},
			[]string{"one.Put", "one.Get", "one.Put"},
			[]int{200, 200, 503},
		},
		"dropped": {[]Fault{{Times: 1, Drop: true}}, []string{"one.Get", "one.Get"}, []int{0, 200}},
		"lost":    {[]Fault{{Times: 1, Lose: true}}, []string{"one.Get", "one.Get"}, []int{0, 200}},
		"late":    {[]Fault{{Wait: 1}}, []string{"one.Get"}, []int{200}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			f := startFaulty(t)
			var lifts []func()
			for _, fault := range test.faults {
				lifts = append(lifts, f.Call(fault))
			}
			if got := f.run(t, test.calls...); !slices.Equal(got, test.want) {
				t.Errorf("got %v", got)
			}
			for _, lift := range lifts {
				lift()
				lift() // twice is once
			}
			if got := f.run(t, "one.Get", "two.Put"); !slices.Equal(got, []int{200, 200}) {
				t.Errorf("lifted: %v", got)
			}
		})
	}
}

func TestWhatEndsAStall(t *testing.T) {
	cases := map[string]struct {
		end  func(f *faulty, lift, cancel func())
		want int
	}{
		"lifted":             {func(_ *faulty, lift, _ func()) { lift() }, 200},
		"the client is gone": {func(_ *faulty, _, cancel func()) { cancel() }, 0},
		"the cloud is gone":  {func(f *faulty, _, _ func()) { close(f.closed) }, 200},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			f := startFaulty(t)
			other := f.Call(Fault{Service: "two", Stall: true})
			defer other()
			lift := f.Call(Fault{Service: "one", Stall: true})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var wait sync.WaitGroup
			for range 3 {
				wait.Go(func() {
					if got := f.call(t, ctx, "one", "Get"); got != test.want {
						t.Errorf("got %d", got)
					}
				})
			}
			for range 3 {
				<-f.entered
			}
			test.end(f, lift, cancel)
			wait.Wait()
		})
	}
}

func TestAStallMayEndInARefusal(t *testing.T) {
	f := startFaulty(t)
	lift := f.Call(Fault{Stall: true, Refuse: refuse(503)})
	go func() {
		<-f.entered
		lift()
	}()
	if got := f.run(t, "one.Get"); got[0] != 503 {
		t.Errorf("got %v", got)
	}
}

// Which works on a resource a fault hurts: as with calls.
func TestWhichWorksAFaultHurts(t *testing.T) {
	for name, test := range map[string]struct {
		faults []ResourceFault
		works  []string // actions
		want   []string // reasons
	}{
		"every":        {[]ResourceFault{{Fail: "a"}}, []string{"CREATE", "DELETE"}, []string{"a", "a"}},
		"after":        {[]ResourceFault{{After: 1, Fail: "a"}}, []string{"CREATE", "UPDATE", "DELETE"}, []string{"", "a", "a"}},
		"after, times": {[]ResourceFault{{After: 1, Times: 1, Fail: "a"}}, []string{"UPDATE", "UPDATE", "UPDATE"}, []string{"", "a", ""}},
		"after such": {
			[]ResourceFault{{Action: "UPDATE", After: 1, Fail: "a"}},
			[]string{"CREATE", "UPDATE", "CREATE", "UPDATE"},
			[]string{"", "", "", "a"},
		},
		"one after another": {
			[]ResourceFault{{Times: 1, Fail: "a"}, {After: 1, Times: 1, Fail: "b"}},
			[]string{"UPDATE", "UPDATE", "UPDATE"},
			[]string{"a", "b", ""},
		},
		"a look is none":    {[]ResourceFault{{Fail: "a"}}, []string{"READ", "CREATE"}, []string{"", "a"}},
		"unless it is said": {[]ResourceFault{{Action: "READ", Fail: "a"}}, []string{"READ", "CREATE"}, []string{"a", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			var f Faults
			for _, fault := range test.faults {
				fault.LogicalID = "Table"
				f.Resource(fault)
			}
			var got []string
			for _, action := range test.works {
				f.Begin("Other", action)
				fail, _, _ := f.Begin("Table", action)
				got = append(got, fail)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestFaultsOfResources(t *testing.T) {
	var f Faults
	liftTable := f.Resource(ResourceFault{LogicalID: "Table", Action: "CREATE", Times: 1, Fail: "limit exceeded"})
	f.Resource(ResourceFault{LogicalID: "Table", Slow: time.Minute})
	liftRole := f.Resource(ResourceFault{LogicalID: "Role", Stall: true})
	type outcome struct {
		fail   string
		stalls bool
		slow   time.Duration
	}
	for i, test := range []struct {
		id, action string
		want       outcome
	}{
		{"Table", "DELETE", outcome{slow: time.Minute}},
		{"Table", "CREATE", outcome{fail: "limit exceeded"}},
		{"Table", "CREATE", outcome{slow: time.Minute}},
		{"Role", "UPDATE", outcome{stalls: true}},
		{"Other", "CREATE", outcome{}},
	} {
		var got outcome
		if got.fail, got.stalls, got.slow = f.Begin(test.id, test.action); got != test.want {
			t.Errorf("%d: %s of %s is %+v", i, test.action, test.id, got)
		}
	}
	if !f.Stalls("Role", "UPDATE") || f.Stalls("Table", "CREATE") || f.Stalls("Other", "UPDATE") {
		t.Error("another one stalls")
	}
	liftRole()
	liftRole()
	liftTable()
	if f.Stalls("Role", "UPDATE") {
		t.Error("lifted, it stalls on")
	}
	if fail, _, _ := f.Begin("Table", "CREATE"); fail != "" {
		t.Errorf("lifted, it fails: %s", fail)
	}
}
