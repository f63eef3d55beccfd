package apigateway

import (
	"sync"
	"time"
)

// An account's limits in a region, which a stage's are below.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
const (
	accountRate  = 10000 // a second
	accountBurst = 5000
)

// limits are what a stage lets through. It has one bucket for all its routes; that they do not have one each is
// unverified.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-protect.html
func (s *stageSettings) limits() (rate, burst float64) {
	rate, burst = accountRate, accountBurst
	if t := s.DefaultRouteSettings; t != nil {
		if t.ThrottlingRateLimit != nil {
			rate = min(rate, *t.ThrottlingRateLimit)
		}
		if t.ThrottlingBurstLimit != nil {
			burst = min(burst, float64(*t.ThrottlingBurstLimit))
		}
	}
	return rate, burst
}

// buckets are the tokens that stages have left.
type buckets struct {
	mu sync.Mutex
	of map[string]bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

// take takes a token from a stage's bucket, if there is one. A bucket that is new is full. Limits may be others than
// the last time: the tokens stay, as far as they fit.
func (b *buckets) take(stage string, rate, burst float64, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.of == nil {
		b.of = map[string]bucket{}
	}
	left, known := b.of[stage]
	if !known {
		left = bucket{burst, now}
	}
	if since := now.Sub(left.at).Seconds(); since > 0 { // of two takers the later one may have been first
		left = bucket{left.tokens + since*rate, now}
	}
	left.tokens = min(burst, left.tokens)
	ok := left.tokens >= 1
	if ok {
		left.tokens--
	}
	b.of[stage] = left
	return ok
}
