package stack_test

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

func TestTrap61DeletedMeanwhile(t *testing.T) {
	inCloud("with the deletion of what is made", t, func(t *testing.T, c *cloud) {
		c.before["ExecuteChangeSet"] = func() { time.AfterFunc(time.Second, c.them.delete) }
		res, err := c.deploy(first, stack.Consents{})
		p := mustProblem(t, err, report.ExitStack)
		if p.Message != "the stack plldb was deleted by somebody else while it was changed" {
			t.Errorf("message %q", p.Message)
		}
		mustStatus(t, res, report.Failed)
	})
}

// The cause of a failure is named, and what to do, for each kind of resource that the services themselves refuse.
func TestCausesInTheCloud(t *testing.T) {
	const missing = "Function (AWS::Lambda::Function) could not be created: Error occurred while GetObject. " +
		"S3 Error Code: "
	function := func(object string) string {
		return simple + role + "  Function: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt Role.Arn, Runtime: " +
			"provided.al2023, Handler: bootstrap, Architectures: [arm64], Code: {S3Bucket: templates, " + object + "}}}\n"
	}
	for name, c := range map[string]struct{ text, message, hint string }{
		"a function without its package": {
			function("S3Key: fn.zip"),
			missing + "NoSuchKey",
			"the package is not in the bucket at that version",
		},
		"a function without that version": {
			function("S3Key: t.yaml, S3ObjectVersion: " + strings.Repeat("v", 32)),
			missing + "NoSuchVersion",
			"the package is not in the bucket at that version",
		},
		"a role that trusts nobody there is": {
			simple + strings.Replace(role, "Service: lambda.amazonaws.com", "AWS: 'arn:aws:iam::000000000000:role/x'", 1),
			"Role (AWS::IAM::Role) could not be created: Invalid principal in policy",
			"a policy names somebody who is not there: correct it in the template",
		},
		"a table with a key that is no attribute": {
			strings.Replace(first, "{AttributeName: id, KeyType", "{AttributeName: other, KeyType", 1),
			"Table (AWS::DynamoDB::Table) could not be created: ",
			"mend that, then try again",
		},
	} {
		inCloud(name, t, func(t *testing.T, cloud *cloud) {
			res, err := cloud.deploy(c.text, stack.Consents{})
			p := mustProblem(t, err, report.ExitStack)
			begin := "the stack plldb could not be created and was rolled back: " + c.message
			if !strings.HasPrefix(p.Message, begin) || strings.Contains(p.Message, "RequestToken") ||
				!strings.HasPrefix(p.Hint, c.hint) {
				t.Errorf("problem %+v, want %s", *p, begin)
			}
			mustStatus(t, res, report.RolledBack)
			cloud.checkStory(time.Time{}, res.Seen.ID)
		})
	}
}

// A bucket that has only just begun to version gives versions that cannot be read for a while: CloudFormation misses
// the template, or Lambda the package. The first create is tried once more (trap 44).
func TestTrap44FirstCreateInAYoungBucket(t *testing.T) {
	for name, old := range map[string]time.Duration{"the template": 0, "the package": time.Minute} {
		bubble(name, t, func(t *testing.T) {
			c := openCloud(t, localcloud.Options{VersioningTakes: time.Minute})
			time.Sleep(old) // how much older the template's bucket is
			c.them.makeBucket("packages")
			time.Sleep(31 * time.Second) // from now on there are versions
			want := c.wanted(simple + role + "  Function: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt Role.Arn, " +
				"Runtime: provided.al2023, Handler: bootstrap, Code: {S3Bucket: packages, S3Key: fn.zip, S3ObjectVersion: " +
				c.them.put("packages", "fn.zip", zipped(t)) + "}}}\n")
			want.JustVersioned = true
			res, err := c.stack.Deploy(t.Context(), c.look(), want, stack.Consents{})
			if err != nil {
				t.Fatal(err)
			}
			mustStatus(t, res, report.Created)
			c.says("notice: the bucket has only just begun to keep versions and did not have one yet")
			if failed := strings.Contains(eventLines(c.told()), "S3 Error Code: NoSuch"); failed != (old > 0) {
				t.Errorf("the function failed: %v\n%s", failed, eventLines(c.told()))
			}
		})
	}
}

// zipped is a package.
func zipped(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	z := zip.NewWriter(&b)
	if _, err := z.Create("bootstrap"); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A run that is interrupted while AWS goes on says how to take it up again, and the watch that does tells all of it.
func TestInterruptAndWatchInTheCloud(t *testing.T) {
	for _, after := range []time.Duration{400 * time.Millisecond, 1600 * time.Millisecond, 2600 * time.Millisecond} {
		inCloud(fmt.Sprint(after), t, func(t *testing.T, c *cloud) {
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(after, func() { cancel(errSignal) })
			res, err := c.stack.Deploy(ctx, c.look(), c.wanted(first), stack.Consents{})
			if after < time.Second { // the change set is not made yet: nothing is left
				if !errors.Is(err, errSignal) || res.Status != report.Stopped {
					t.Fatalf("%s, %v", res.Status, err)
				}
				time.Sleep(10 * time.Second)
				if c.look().Exists {
					t.Error("an empty stack is left")
				}
				return
			}
			if p := mustProblem(t, err, report.ExitRunning); p.Hint != "plldb bootstrap watch" {
				t.Errorf("hint %q", p.Hint)
			}
			c.begin()
			if res, err = c.stack.Watch(t.Context()); err != nil {
				t.Fatal(err)
			}
			mustStatus(t, res, report.Created)
			c.checkStory(time.Time{}, res.Seen.ID)
		})
	}
}
