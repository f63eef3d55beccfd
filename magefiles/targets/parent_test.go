package targets

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plldb/plldb/pkg/rollout"
)

// A run whose mage is gone is stopped as by SIGTERM; while it is there nothing happens.
func TestWithParent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var parent atomic.Int64
		parent.Store(42)
		ctx, forget := withParent(t.Context(), func() int { return int(parent.Load()) }, parentPoll)
		defer forget()
		time.Sleep(time.Minute)
		synctest.Wait()
		if ctx.Err() != nil {
			t.Fatalf("stopped though mage is there: %v", context.Cause(ctx))
		}
		parent.Store(1)
		time.Sleep(2 * parentPoll)
		synctest.Wait()
		if s, ok := errors.AsType[rollout.Stopped](context.Cause(ctx)); !ok || s.Code != 143 {
			t.Errorf("cause %v", context.Cause(ctx))
		}
	})
}
