package clock_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/plldb/plldb/pkg/localcloud/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

func TestDue(t *testing.T) {
	cases := map[string]struct {
		clock clock.Clock
		takes time.Duration
		want  time.Duration
	}{
		"as slow as AWS":         {clock.Real(1), time.Minute, time.Minute},
		"ten times":              {clock.Real(10), time.Minute, 6 * time.Second},
		"half":                   {clock.Real(0.5), time.Minute, 2 * time.Minute},
		"top":                    {clock.Real(clock.Top), time.Minute, 60},
		"infinite":               {clock.Real(math.Inf(1)), time.Minute, 0},
		"nothing":                {clock.Real(3), 0, 0},
		"nothing at top":         {clock.Real(clock.Top), 0, 0},
		"never":                  {clock.Real(1), clock.Never, clock.Never},
		"never, fast":            {clock.Real(1000), clock.Never, clock.Never},
		"never, at top":          {clock.Real(clock.Top), clock.Never, clock.Never},
		"nearly never":           {clock.Real(1), clock.Never - 1, clock.Never},
		"a century at top":       {clock.Real(clock.Top), 876000 * time.Hour, 3153600 * time.Microsecond},
		"a century, very slowly": {clock.Real(1e-9), 876000 * time.Hour, clock.Never},
		"by hand":                {clock.NewHand(start()), time.Minute, time.Minute},
		"never by hand":          {clock.NewHand(start()), clock.Never, clock.Never},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			due := test.clock.Due(start(), test.takes)
			if got := due.Sub(start()); got != test.want {
				t.Errorf("got %v", got)
			}
			text, err := json.Marshal(due)
			var back time.Time
			if err != nil || json.Unmarshal(text, &back) != nil || !back.Equal(due) {
				t.Errorf("as JSON it is %s, %v", text, err)
			}
		})
	}
}

func TestRealIsTheMachinesClock(t *testing.T) {
	before := time.Now()
	now := clock.Real(100).Now()
	if now.Before(before) || now.After(time.Now()) || now.Location() != time.UTC {
		t.Errorf("got %v", now)
	}
}

func TestHandStandsStillUntilItIsTurned(t *testing.T) {
	berlin := time.FixedZone("", 3600)
	h := clock.NewHand(start().In(berlin))
	if now := h.Now(); now != start() || now != h.Now() {
		t.Errorf("got %v", now)
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 100 {
				h.Turn(time.Second)
				if h.Now().Before(start()) || h.Due(start(), 1).Before(start()) {
					t.Error("it went back")
				}
			}
		})
	}
	wait.Wait()
	if got := h.Now().Sub(start()); got != 800*time.Second {
		t.Errorf("it was turned by %v", got)
	}
}

func TestWaitEndsWhenTheClockShowsTheMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := clock.NewHand(start())
		woke := make(chan error, 2)
		for range 2 {
			go func() { woke <- h.Wait(t.Context(), start().Add(time.Minute)) }()
		}
		h.Turn(59 * time.Second)
		synctest.Wait()
		if len(woke) != 0 {
			t.Fatal("a second too early")
		}
		h.Turn(time.Second)
		for range 2 {
			if err := <-woke; err != nil {
				t.Error(err)
			}
		}
		if err := h.Wait(t.Context(), start()); err != nil {
			t.Errorf("a moment that is past: %v", err)
		}
	})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	for name, c := range map[string]clock.Alarm{"by hand": clock.NewHand(start()), "real": clock.Real(1)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if err := c.Wait(ctx, c.Now().Add(time.Hour)); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

func TestRealWaitsAsLongAsDueSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, from := clock.Real(60), time.Now()
		if err := c.Wait(t.Context(), c.Due(c.Now(), time.Minute)); err != nil || time.Since(from) != time.Second {
			t.Errorf("%v after %v", err, time.Since(from))
		}
	})
}
