package targets

import (
	"context"
	"time"

	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
)

// parentPoll is how often it is looked whether mage is still there.
const parentPoll = 200 * time.Millisecond

// withParent returns a context that is cancelled, as by SIGTERM, when the parent process is gone. mage compiles the targets
// into a program of their own and dies of a SIGTERM without passing it on (mage 1.17.2): CI would have let go of a run that
// still changes the account. A mage that died before the first target began is not noticed. On Windows a process keeps its parent's number, so nothing is noticed there.
func withParent(ctx context.Context, parent func() int, every time.Duration) (_ context.Context, forget func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	born := parent()
	ticker := time.NewTicker(every)
	go func() {
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				if parent() != born {
					cancel(rollout.Stopped{Signal: "SIGTERM", Code: report.ExitTerminate})
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return ctx, func() { cancel(nil) }
}
