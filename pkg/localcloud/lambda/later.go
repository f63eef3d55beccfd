package lambda

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/execution"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// An asynchronous event whose function fails is tried twice more, after one minute and after two. One that was
// throttled, or failed inside, is tried for six hours, after pauses that grow from a second to five minutes.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
const (
	mostFailures  = 3
	afterFailure  = time.Minute // times the failures
	shortestPause = time.Second
	longestPause  = 5 * time.Minute
	oldestEvent   = 6 * time.Hour
	// mostEvents is how many may be on their way. The number is ours: each may be 1 MB of memory for six hours. AWS has a
	// queue on disks, and a limit for nobody to meet.
	mostEvents = 1000
)

// later takes an event that nobody waits for, unless too many are on their way. It is in memory only: what Close finds
// is lost.
func (s *Service) later(ctx context.Context, f *function, e execution.Event) error {
	q := &queued{service: s, at: f.Place, name: f.FunctionName, event: e, pause: shortestPause}
	q.end = s.pace.Due(s.pace.Now(), oldestEvent)
	err := s.events.start(context.WithoutCancel(ctx), q.handle)
	switch {
	case errors.Is(err, execution.ErrTooMany):
		return tooMany()
	case err != nil:
		return broken(f.arn(), err)
	}
	return nil
}

// queued is an asynchronous event on its way.
type queued struct {
	service  *Service
	at       wire.Place
	name     string
	event    execution.Event
	failures int
	pause    time.Duration // before it is tried once more where that is nobody's fault
	end      time.Time
}

// handle tries until the function has had the event, or has failed too often, or is gone.
func (q *queued) handle(ctx context.Context) {
	pace := q.service.pace
	for {
		wait, again := q.try(ctx)
		next := pace.Due(pace.Now(), wait)
		if !again || next.After(q.end) || pace.Wait(ctx, next) != nil {
			return
		}
	}
}

// try calls the function as it is now, and gives the pause before the next attempt if there has to be one.
func (q *queued) try(ctx context.Context) (time.Duration, bool) {
	s := q.service
	f, err := s.current(ctx, q.at, q.name)
	if err == nil {
		var answer execution.Answer
		answer, err = s.run(ctx, s.execution(f), q.event)
		if err == nil && answer.Failed == "" {
			return 0, false
		}
	}
	if err == nil {
		q.failures++
		return time.Duration(q.failures) * afterFailure, q.failures < mostFailures
	}
	refused, ok := errors.AsType[*wire.Error](err)
	if ok && refused.Status < http.StatusInternalServerError && refused.Status != http.StatusTooManyRequests {
		return 0, false
	}
	pause := q.pause
	q.pause = min(2*q.pause, longestPause)
	return pause, true
}

// current is a function as it is now.
func (s *Service) current(ctx context.Context, at wire.Place, name string) (*function, error) {
	var found *function
	err := s.within(ctx, func(tx *store.Tx, _ time.Time) error {
		f, ok := find(tx, at, name)
		if !ok {
			return notFound("Function not found: %s", at.ARN("lambda", "function:"+name))
		}
		found = f
		return nil
	})
	return found, err
}
