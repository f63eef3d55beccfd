package lambda_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/execution"
	"github.com/plldb/plldb/pkg/localcloud/lambda"
)

// sent is a cloud whose function was sent an event that nobody waits for, with the clock of its pauses. What is given
// decides what becomes of each attempt, the first being 1.
func sent(t *testing.T, attempt func(n int) (execution.Answer, error)) (*cloud, *runner, *clock.Hand) {
	t.Helper()
	c, r := ready(t), &runner{}
	r.do = func(context.Context, execution.Event) (execution.Answer, error) { return attempt(r.calls()) }
	pace := clock.NewHand(c.Hand.Now())
	c.serve(lambda.Config{Run: r, Pace: pace})
	if got := c.invoke(`{"a":1}`, "X-Amz-Invocation-Type", "Event", "X-Amz-Client-Context", "e30="); got.StatusCode != 202 {
		t.Fatalf("got %d", got.StatusCode)
	} else if text := body(t, got); text != "" {
		t.Errorf("answered %q", text)
	}
	synctest.Wait()
	return c, r, pace
}

// turned turns the clock, and expects so many calls after it.
func turned(t *testing.T, pace *clock.Hand, r *runner, by time.Duration, calls int) {
	t.Helper()
	pace.Turn(by)
	synctest.Wait()
	if got := r.calls(); got != calls {
		t.Errorf("%v later: %d calls, not %d", by, got, calls)
	}
}

func TestAnEventThatFailsIsTriedTwiceMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, r, pace := sent(t, func(int) (execution.Answer, error) { return execution.Answer{Failed: "Unhandled"}, nil })
		_, first := r.last()
		turned(t, pace, r, 59*time.Second, 1)
		turned(t, pace, r, time.Second, 2)
		turned(t, pace, r, 119*time.Second, 2)
		turned(t, pace, r, time.Second, 3)
		turned(t, pace, r, 24*time.Hour, 3)
		if _, e := r.last(); e.RequestID != first.RequestID || string(e.Payload) != `{"a":1}` || e.ClientContext != "" {
			t.Errorf("the last event %+v, the first %+v", e, first)
		}
	})
}

func TestAnEventThatSucceedsIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, r, pace := sent(t, func(n int) (execution.Answer, error) {
			return execution.Answer{Failed: map[int]string{1: "Unhandled"}[n]}, nil
		})
		turned(t, pace, r, time.Minute, 2)
		turned(t, pace, r, 24*time.Hour, 2)
	})
}

func TestAThrottledEventIsTriedForSixHours(t *testing.T) {
	for name, failure := range map[string]error{
		"throttled": fmt.Errorf("x: %w", execution.ErrTooMany), "broken": errors.New("the disk is full"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, r, pace := sent(t, func(int) (execution.Answer, error) { return execution.Answer{}, failure })
				calls := 1
				for pause := time.Second; pause < 5*time.Minute; pause *= 2 {
					turned(t, pace, r, pause-1, calls)
					calls++
					turned(t, pace, r, 1, calls)
				}
				for range 24 * 12 {
					pace.Turn(5 * time.Minute)
					synctest.Wait()
				}
				if got := r.calls(); got < calls+60 || got > calls+72 {
					t.Errorf("in a day it was tried %d times", got)
				}
			})
		})
	}
}

func TestAnEventOfAFunctionThatIsGoneIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, r, pace := sent(t, func(int) (execution.Answer, error) { return execution.Answer{Failed: "Unhandled"}, nil })
		c.Do("DELETE", "connect", "")
		turned(t, pace, r, 24*time.Hour, 1)
	})
}

func TestCloseEndsWhatNobodyWaitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, r, _ := sent(t, func(int) (execution.Answer, error) { return execution.Answer{Failed: "Unhandled"}, nil })
		ended := make(chan struct{})
		r.do = func(ctx context.Context, _ execution.Event) (execution.Answer, error) {
			<-ctx.Done()
			time.Sleep(time.Second) // it takes its time
			close(ended)
			return execution.Answer{}, ctx.Err()
		}
		c.invoke("{}", "X-Amz-Invocation-Type", "Event")
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := c.service.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("while one still runs: %v", err)
		}
		if err := c.service.Close(t.Context()); err != nil {
			t.Error(err)
		}
		select {
		case <-ended:
		default:
			t.Error("Close did not wait")
		}
		if got := c.invoke("{}", "X-Amz-Invocation-Type", "Event"); got.StatusCode != 500 || r.calls() != 2 {
			t.Errorf("after Close: %d, %d calls", got.StatusCode, r.calls())
		}
	})
}

func TestWhatIsOverIsClosedByAnyContext(t *testing.T) {
	c := newCloud(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 { // a choice between two that are ready is a matter of luck
		c.serve(lambda.Config{})
		if err := c.service.Close(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEventsOnTheirWayHaveALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, r, pace := sent(t, func(int) (execution.Answer, error) { return execution.Answer{Failed: "Unhandled"}, nil })
		for n := range 999 {
			if got := c.invoke("{}", "X-Amz-Invocation-Type", "Event"); got.StatusCode != 202 {
				t.Fatalf("after %d: %d", n+1, got.StatusCode)
			}
		}
		got := c.invoke("{}", "X-Amz-Invocation-Type", "Event")
		if said := refusal(t, got); got.StatusCode != 429 || said != "TooManyRequestsException: Rate Exceeded." {
			t.Errorf("one more: %d %s", got.StatusCode, said)
		}
		synctest.Wait()
		turned(t, pace, r, time.Minute, 2000)
		turned(t, pace, r, 2*time.Minute, 3000)
		if got := c.invoke("{}", "X-Amz-Invocation-Type", "Event"); got.StatusCode != 202 {
			t.Errorf("when they are over: %d", got.StatusCode)
		}
	})
}
