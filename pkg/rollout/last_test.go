package rollout_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/fakeaws"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
)

// counting counts the events that it is told.
type counting struct{ n atomic.Int64 }

func (c *counting) Tell(report.Event) { c.n.Add(1) }

// A look that fails leaves nothing behind: no request is told after it has ended, so the outcome is the last event.
// The answers are faked: the time is virtual, and a request that is slow to stop is nothing that a server can play.
func TestNothingIsToldAfterALookThatFailed(t *testing.T) {
	for name, step := range map[string]func(*rollout.Run, context.Context) error{
		"setup":   func(r *rollout.Run, ctx context.Context) error { _, err := r.Look(ctx); return err },
		"destroy": func(r *rollout.Run, ctx context.Context) error { _, err := r.Destroy(ctx); return err },
	} {
		synctest.Test(t, func(t *testing.T) {
			slow := func(ctx context.Context, _ any) (any, error) {
				<-ctx.Done()
				time.Sleep(time.Second) // longer to stop than the identity to fail
				return nil, ctx.Err()
			}
			expired := func(context.Context, any) (any, error) {
				time.Sleep(time.Second) // the stack is being asked for by then
				return nil, fakeaws.Error("ExpiredToken", "expired")
			}
			told, c := &counting{}, fakeaws.New(map[string]fakeaws.Answer{
				"STS.GetCallerIdentity": expired, "CloudFormation.DescribeStacks": slow, "CloudFormation.GetTemplate": slow,
			})
			open := func(context.Context) (*account.Session, error) { return account.Ready(c.Config(), told), nil }
			r := rollout.New(rollout.Settings{}, open, told, still{})
			if err := step(r, t.Context()); err == nil {
				t.Fatalf("%s: no error", name)
			}
			ended := told.n.Load()
			time.Sleep(time.Minute)
			if late := told.n.Load() - ended; late != 0 {
				t.Errorf("%s: %d events were told afterwards", name, late)
			}
		})
	}
}
