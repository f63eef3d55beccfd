package bench

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/plldb/plldb/magefiles/chores/drive"
	"github.com/plldb/plldb/magefiles/chores/proxy"
)

// hold is how long the counting proxy keeps an answer: long against what plldb needs to send a burst.
const hold = 100 * time.Millisecond

// counter puts a counting proxy before the server, until ctx ends, and returns the setting that leads there.
func (b *Bench) counter(ctx context.Context, hold time.Duration) (*proxy.Counter, string, error) {
	server, err := url.Parse(b.Server)
	if err != nil {
		return nil, "", err
	}
	counter := proxy.NewCounter(server, hold)
	addr, err := proxy.Serve(ctx, counter, nil)
	if err != nil {
		return nil, "", err
	}
	at, err := proxy.Local("http", addr)
	return counter, "AWS_ENDPOINT_URL=" + at, err
}

// depths counts requests and finds the longest chain of them.
func (b *Bench) depths(ctx context.Context) ([]Figure, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	counter, to, err := b.counter(ctx, hold)
	if err != nil {
		return nil, err
	}
	four, err := b.counted(ctx, counter, b.Four.With(regionOfFour, to))
	if err != nil {
		return nil, err
	}
	hundred, err := b.counted(ctx, counter, b.Hundred.With(regionOfHundred, to))
	if err != nil {
		return nil, err
	}
	most, err := b.counted(ctx, counter, b.TwoHundred.With(regionOfTwoHundred, to))
	if err != nil {
		return nil, err
	}
	if _, err := setup(ctx, b.Changed.With(regionOfFour, to), "updated"); err != nil {
		return nil, err
	}
	changed := counter.Take()
	b.tell("one function changed", changed)

	return []Figure{
		{"nothing to do, requests", 12, "", count(four.idle)},
		{"nothing to do, requests, 100 functions", 12, "", count(hundred.idle)},
		{"nothing to do, requests, 200 functions", 12, "", count(most.idle)},
		{"nothing to do, answers deep", 2, "", count(proxy.Chain(four.idle))},
		{"nothing to do, answers deep, 100 functions", 2, "", count(proxy.Chain(hundred.idle))},
		{"nothing to do, answers deep, 200 functions", 2, "", count(proxy.Chain(most.idle))},
		{"cold, requests", 30, "", count(four.cold)},
		{"one function changed, zips sent", 1, "", []float64{float64(zips(changed))}},
	}, nil
}

// trial is what went over the wire in a cold setup and in one with nothing to do.
type trial struct{ cold, idle []proxy.Exchange }

func (b *Bench) counted(ctx context.Context, counter *proxy.Counter, plldb drive.Plldb) (t trial, err error) {
	if err := purge(ctx, plldb); err != nil {
		return t, err
	}
	counter.Take()
	if _, err := setup(ctx, plldb, "created"); err != nil {
		return t, err
	}
	t.cold = counter.Take()
	if _, err := setup(ctx, plldb, "unchanged"); err != nil {
		return t, err
	}
	t.idle = counter.Take()
	b.tell("cold", t.cold)
	b.tell("nothing to do", t.idle)
	return t, nil
}

// tell shows the longest chain, so that a figure that is too large says where to look. Of a very long one the beginning
// is enough.
func (b *Bench) tell(what string, seen []proxy.Exchange) {
	chain := proxy.Chain(seen)
	var names []string
	for _, e := range chain {
		names = append(names, short(e.Name))
	}
	if len(names) > 20 {
		names = append(names[:20], "…")
	}
	_, _ = fmt.Fprintf(b.Out, "  %s: %d requests, %d answers deep: %s\n",
		what, len(seen), len(chain), strings.Join(names, " → "))
}

// short is an exchange's name with the end of the path alone, and of the query its first part.
func short(name string) string {
	method, target, ok := strings.Cut(name, " ")
	if !ok {
		return name
	}
	target, query, _ := strings.Cut(target, "?")
	query, _, _ = strings.Cut(query, "&")
	query, _, _ = strings.Cut(query, "=")
	end := path.Base(target)
	switch {
	case strings.HasPrefix(end, "plldb-core-") && query != "":
		return method + " " + query
	case strings.HasPrefix(end, "plldb-core-"):
		return method + " bucket"
	}
	return method + " " + end
}

func count(seen []proxy.Exchange) []float64 { return []float64{float64(len(seen))} }

// zips counts the packages among what was sent.
func zips(seen []proxy.Exchange) int {
	n := 0
	for _, e := range seen {
		if strings.HasPrefix(e.Name, "PUT ") && strings.Contains(e.Name, ".zip") {
			n++
		}
	}
	return n
}
