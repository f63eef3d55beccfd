package rollout_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/wire"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
)

// What only an account shows that takes no request twice, refuses some, and lets nobody into what is another's.

// A write whose answer was lost has taken effect. Asked again it is not done twice, and the run does not stumble over what
// it made itself.
func TestALostAnswer(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{
		"CreateBucket", "PutBucketVersioning", "PutBucketPolicy", "PutObject", "CreateChangeSet", "ExecuteChangeSet",
	} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			c := newSlowCloud(t)
			c.hurt(localcloud.Fault{Operation: operation, Times: 1, Lose: true})
			o := setup(t, c, rollout.Settings{Dir: untouched})
			wantStatus(t, o, report.Created)
			c.holds(t, o)
			before := len(c.writes())
			wantStatus(t, setup(t, c, rollout.Settings{Dir: untouched}), report.Unchanged)
			if wrote := c.writes()[before:]; len(wrote) > 0 {
				t.Errorf("the next setup wrote %v", wrote)
			}
		})
	}
	for _, operation := range []string{"DeleteStack", "DeleteObjects", "DeleteBucket"} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			c := newSlowCloud(t)
			wantStatus(t, setup(t, c, rollout.Settings{Dir: untouched}), report.Created)
			c.hurt(localcloud.Fault{Operation: operation, Times: 1, Lose: true})
			wantStatus(t, destroy(t, c, rollout.Settings{Purge: true, Yes: true}), report.Deleted)
			if c.stack(t) != nil || c.versions(t) != nil {
				t.Error("the stack or the bucket is still there")
			}
		})
	}
}

// throttle has every operation of runs refused twice, as a busy AWS does; those that only polls use once, since the delay
// between a poll's retries is real.
func (c *cloud) throttle() {
	seen := map[string]int{}
	refused := func(service string) func(*wire.Call) bool {
		return func(in *wire.Call) bool { // called by one goroutine at a time
			if in.AccessKey != runsKey || (in.Service == "s3") != (service == "s3") {
				return false
			}
			seen[in.Operation]++
			if in.Operation == "DescribeChangeSet" || in.Operation == "DescribeStackEvents" {
				return seen[in.Operation] == 1
			}
			return seen[in.Operation] <= 2
		}
	}
	c.Faults().Call(localcloud.Fault{
		Match:  refused("s3"),
		Refuse: wire.Errorf(http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate."),
	})
	c.Faults().Call(localcloud.Fault{
		Match:  refused("others"),
		Refuse: wire.Errorf(http.StatusBadRequest, "Throttling", "Rate exceeded"),
	})
}

// Trap 23: every operation is throttled twice, and the run is none the worse for it.
func TestTrap23Throttled(t *testing.T) {
	t.Parallel()
	c := newSlowCloud(t)
	c.throttle()
	o := setup(t, c, rollout.Settings{Dir: untouched})
	wantStatus(t, o, report.Created)
	c.holds(t, o)
	o = destroy(t, c, rollout.Settings{Purge: true, Yes: true})
	wantStatus(t, o, report.Deleted)
	if c.stack(t) != nil || c.versions(t) != nil {
		t.Error("the stack or the bucket is still there")
	}
}

// Trap 45: S3 calls a bucket busy whose settings it still changes. The run says so and waits.
func TestTrap45ABusyBucket(t *testing.T) {
	t.Parallel()
	c := newSlowCloud(t)
	c.hurt(localcloud.Fault{
		Operation: "PutBucketPolicy", Times: 3, Refuse: wire.Errorf(http.StatusConflict, "OperationAborted",
			"A conflicting conditional operation is currently in progress against this resource. Try again."),
	})
	o := setup(t, c, rollout.Settings{Dir: untouched})
	wantStatus(t, o, report.Created)
	c.holds(t, o)
	if !c.story.says("S3 is still busy with bucket " + bucket) {
		t.Error("it did not say what it waits for")
	}
}

// Trap 44: AWS may take 15 minutes until a bucket versions. The run says so, and waits.
func TestTrap44VersioningTakesItsTime(t *testing.T) {
	t.Parallel()
	hand := clock.NewHand(noon)
	c := openCloud(t, localcloud.Options{Clock: hand, VersioningTakes: 15 * time.Minute}, turning{hand, 4})
	o := setup(t, c, rollout.Settings{Dir: untouched})
	wantStatus(t, o, report.Created)
	c.holds(t, o)
	if waited := hand.Now().Sub(noon); waited < 15*time.Minute {
		t.Errorf("it was done after %s", waited)
	}
	if !c.story.says("S3 is still turning on versioning for bucket " + bucket) {
		t.Error("it did not say what it waits for")
	}
}

// Traps 17 and 46: a bucket of that name that somebody else has is found out, and nothing is sent there.
func TestTrap46SomebodyElsesBucket(t *testing.T) {
	t.Parallel()
	c := newSlowCloud(t)
	c.takeBucket(t)
	o := setup(t, c, rollout.Settings{Dir: untouched})
	wantProblem(t, o, report.Failed, report.ExitFailed, bucket+" is taken by another account")
	if wrote := c.writes(); !slices.Equal(wrote, []string{"s3.CreateBucket"}) {
		t.Errorf("wrote %v", wrote)
	}
	theirs, err := c.s3(otherKey).ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: aws.String(bucket)})
	if must(t, theirs, err); len(theirs.Versions) > 0 {
		t.Errorf("their bucket holds %v", theirs.Versions)
	}
	wantStatus(t, destroy(t, c, rollout.Settings{}), report.Absent)
}

// The bucket lets nobody in without TLS, the run neither.
func TestWithoutTLS(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	wantStatus(t, setup(t, c, rollout.Settings{Dir: untouched}), report.Created)
	objects := len(c.versions(t))
	c.CountAsSecure(false)
	o := setup(t, c, rollout.Settings{Dir: untouched})
	wantProblem(t, o, report.Failed, report.ExitDenied, "not allowed: s3:", bucket)
	c.CountAsSecure(true)
	if now := len(c.versions(t)); now != objects {
		t.Errorf("%d objects, before %d", now, objects)
	}
	wantStatus(t, setup(t, c, rollout.Settings{Dir: untouched}), report.Unchanged)
}
