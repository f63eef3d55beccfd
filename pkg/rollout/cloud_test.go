package rollout_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/wire"
	"github.com/plldb/plldb/pkg/rollout"
)

const (
	accountID    = "123456789012"
	otherAccount = "210987654321"
	region       = "eu-west-1"
	bucket       = "plldb-core-infrastructure-" + region + "-" + accountID

	runsKey  = "AKIDRUNS"  // of the account: a run's
	testsKey = "AKIDTESTS" // of the account: what the tests do themselves
	otherKey = "AKIDOTHER" // of the other account
)

// cloud is the local cloud behind HTTP. The runs on it wait by a clock of their own, on which no wait takes any time.
type cloud struct {
	*localcloud.Cloud
	clock  rollout.Clock
	url    string
	client *http.Client
	story  story // what runs told

	mu    sync.Mutex
	asked []string // of runs, "s3.PutObject", answered or not
}

// newCloud is an empty account where everything is done at once.
func newCloud(t *testing.T) *cloud {
	t.Helper()
	return openCloud(t, localcloud.Options{Clock: clock.Real(clock.Top)}, still{})
}

// newSlowCloud is an empty account as slow as AWS. Its time goes by while runs, or the tests, wait; each wait is over late,
// so that there are not too many of them.
func newSlowCloud(t *testing.T) *cloud {
	t.Helper()
	hand := clock.NewHand(noon)
	return openCloud(t, localcloud.Options{Clock: hand}, turning{hand, 8})
}

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func openCloud(t *testing.T, o localcloud.Options, waits rollout.Clock) *cloud {
	t.Helper()
	o.Accounts = map[string]string{runsKey: accountID, testsKey: accountID, otherKey: otherAccount}
	local, err := localcloud.Open(t.Context(), o)
	mustDo(t, err)
	server := httptest.NewServer(local)
	t.Cleanup(func() {
		mustDo(t, local.Close()) // what stalls ends now
		server.Close()
	})
	c := &cloud{Cloud: local, clock: waits, url: server.URL, client: server.Client()}
	local.Faults().Call(localcloud.Fault{Match: c.note})
	return c
}

// still is a clock on which every wait is over at once.
type still struct{}

func (still) Now() time.Time { return time.Unix(0, 0) }

func (still) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// turning is a clock that waits by turning the cloud's.
type turning struct {
	*clock.Hand
	times time.Duration // so many times as long as was asked for
}

func (c turning) Sleep(ctx context.Context, d time.Duration) error {
	c.Turn(c.times * d)
	return ctx.Err()
}

// note writes down what a run asks for, and hurts nothing.
func (c *cloud) note(in *wire.Call) bool {
	if in.AccessKey == runsKey {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.asked = append(c.asked, in.Service+"."+in.Operation)
	}
	return false
}

// operations are what runs have asked for so far, in order.
func (c *cloud) operations() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.asked)
}

// writes are those of the operations that change something.
func (c *cloud) writes() []string {
	return slices.DeleteFunc(c.operations(), func(name string) bool {
		_, op, _ := strings.Cut(name, ".")
		return slices.ContainsFunc([]string{"Get", "Describe", "List", "Head"}, func(verb string) bool {
			return strings.HasPrefix(op, verb)
		})
	})
}

// hurt lets something go wrong with calls of runs.
func (c *cloud) hurt(f localcloud.Fault) (lift func()) {
	match := f.Match
	f.Match = func(in *wire.Call) bool { return in.AccessKey == runsKey && (match == nil || match(in)) }
	return c.Faults().Call(f)
}

// open is a run's session with the cloud.
func (c *cloud) open(context.Context) (*account.Session, error) {
	return account.Ready(c.as(runsKey), &c.story), nil
}

// as is how somebody asks, by one of the keys. There is no delay between retries.
func (c *cloud) as(key string) aws.Config {
	return aws.Config{
		Region: region, BaseEndpoint: &c.url, HTTPClient: c.client,
		Credentials: credentials.NewStaticCredentialsProvider(key, "secret", ""),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			})
		},
	}
}

func mustDo(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func must[T any](t *testing.T, out T, err error) T {
	t.Helper()
	mustDo(t, err)
	return out
}
