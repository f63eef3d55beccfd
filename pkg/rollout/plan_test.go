package rollout_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/plldb/plldb/cloudformation"
	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/render"
	"github.com/plldb/plldb/pkg/rollout"
	"github.com/plldb/plldb/pkg/stack"
	"github.com/plldb/plldb/pkg/store"
)

var update = flag.Bool("update", false, "write the golden files anew")

func packed() []artifact.Archive {
	list := make([]artifact.Archive, len(names))
	for i, name := range names {
		list[i] = artifact.Archive{Name: name, Digest: artifact.DigestOf([]byte(name)), Size: 1000}
	}
	return list
}

// fresh is an account in which nothing of plldb is.
func fresh() rollout.Seen {
	who := account.Identity{Account: accountID, Region: "eu-west-1", Partition: "aws"}
	return rollout.Seen{
		Who:    who,
		Bucket: store.Bucket{Name: store.BucketName(who.Region, who.Account), Account: accountID, Region: who.Region, Partition: "aws"},
		Store:  store.Seen{Newest: map[string]store.Version{}},
		Stack:  stack.Seen{Name: "plldb"},
	}
}

// settled is the account after a setup of packed(): the state that a plan for it leaves alone.
func settled(t *testing.T) rollout.Seen {
	t.Helper()
	seen := fresh()
	seen.Store.State = store.Ours
	seen.Store.Settings = bucketAsItShouldBe(t, seen.Bucket)
	seen.Deployed = map[string]render.Function{}
	v := render.Values{Version: artifact.Version, Bucket: seen.Bucket.Name, Functions: seen.Deployed}
	for i, a := range packed() {
		key := artifact.ArchiveKey(artifact.Version, a.Name)
		seen.Store.Newest[key] = store.Version{ID: fmt.Sprintf("v%d", i), Size: a.Size}
		seen.Deployed[a.Name] = render.Function{Key: key, Version: fmt.Sprintf("v%d", i), Digest: a.Digest}
	}
	text, err := render.Render(cloudformation.Template(), v)
	mustDo(t, err)
	seen.Store.Newest[artifact.TemplateKey(artifact.Version)] = store.Version{ID: "t", Size: int64(len(text))}
	seen.Stack = stack.Seen{
		Name: "plldb", Exists: true, ID: "arn:…/plldb/1", Status: "CREATE_COMPLETE", Template: string(text),
		Tags: map[string]string{stack.TagKey: stack.TagValue}, Outputs: map[string]string{stack.VersionOutput: artifact.Version},
	}
	return seen
}

// bucketAsItShouldBe is what S3 gives back once the store's own plan for a missing bucket is carried out.
func bucketAsItShouldBe(t *testing.T, b store.Bucket) store.Settings {
	t.Helper()
	var seen store.Seen
	c := newCloud(t)
	s := store.New(c.s3(testsKey), b)
	_, err := s.Apply(t.Context(), store.Plan(store.Seen{}, b))
	mustDo(t, err)
	seen, err = s.Look(t.Context(), artifact.Root)
	mustDo(t, err)
	return seen.Settings
}

func all(archives []artifact.Archive) rollout.Held {
	held := rollout.Held{}
	for i, a := range archives {
		held[a.Name] = fmt.Sprintf("v%d", i)
	}
	return held
}

// TestPlans holds what a setup would write, and why, in the states that an account is found in.
func TestPlans(t *testing.T) {
	changed := packed()
	changed[1].Digest = artifact.DigestOf([]byte("new code"))
	notAll := all(packed())
	delete(notAll, changed[1].Name)

	var got strings.Builder
	show := func(title string, seen rollout.Seen, archives []artifact.Archive, held rollout.Held, c stack.Consents) {
		t.Helper()
		fmt.Fprintf(&got, "== %s\n", title)
		plan, err := rollout.MakePlan(seen, archives, held, cloudformation.Template(), rollout.Settings{Consents: c})
		mustDo(t, err)
		for _, w := range plan.Writes() {
			fmt.Fprintf(&got, "%s\n    %s\n", w.What, w.Reason)
		}
		got.WriteString("\n")
	}
	with := func(change func(*rollout.Seen)) rollout.Seen {
		seen := settled(t)
		change(&seen)
		return seen
	}

	show("a fresh account", fresh(), packed(), nil, stack.Consents{})
	show("nothing to do", settled(t), packed(), all(packed()), stack.Consents{})
	show("one function's code is other", settled(t), changed, notAll, stack.Consents{})
	show("the stack was destroyed, the packages stayed", with(func(s *rollout.Seen) {
		s.Stack, s.Deployed = stack.Seen{Name: "plldb"}, nil
	}), packed(), all(packed()), stack.Consents{})
	show("somebody removed the template from the bucket", with(func(s *rollout.Seen) {
		delete(s.Store.Newest, artifact.TemplateKey(artifact.Version))
	}), packed(), all(packed()), stack.Consents{})
	show("somebody switched versioning off", with(func(s *rollout.Seen) {
		s.Store.Settings.Versioning = s3types.BucketVersioningStatusSuspended
	}), packed(), all(packed()), stack.Consents{})
	show("a run was killed after the bucket was made", with(func(s *rollout.Seen) {
		s.Store = store.Seen{State: store.Ours, Newest: map[string]store.Version{}}
		s.Stack = stack.Seen{Name: "plldb"}
	}), packed(), nil, stack.Consents{})
	show("the first create failed", with(func(s *rollout.Seen) { s.Stack.Status = "ROLLBACK_COMPLETE" }),
		packed(), all(packed()), stack.Consents{})
	show("an update was rolled back to this very template", with(func(s *rollout.Seen) {
		s.Stack.Status = "UPDATE_ROLLBACK_COMPLETE"
	}), packed(), all(packed()), stack.Consents{})
	show("somebody put another template into the bucket", with(func(s *rollout.Seen) {
		key := artifact.TemplateKey(artifact.Version)
		newest := s.Store.Newest[key]
		newest.MD5 = "0123456789abcdef0123456789abcdef"
		s.Store.Newest[key] = newest
	}), packed(), all(packed()), stack.Consents{})
	show("another run is at work", with(func(s *rollout.Seen) { s.Stack.Status = "UPDATE_IN_PROGRESS" }),
		packed(), all(packed()), stack.Consents{})
	foreign := with(func(s *rollout.Seen) { s.Stack.Tags, s.Stack.Template = nil, "Resources: {}" })
	show("a stack that plldb did not make", foreign, packed(), all(packed()), stack.Consents{})
	show("the same, with --adopt", foreign, packed(), all(packed()), stack.Consents{Adopt: true})
	newer := with(func(s *rollout.Seen) { s.Stack.Outputs = map[string]string{stack.VersionOutput: "0.10.0"} })
	show("a newer plldb's stack", newer, packed(), all(packed()), stack.Consents{})
	show("the same, with --allow-downgrade", newer, changed, notAll, stack.Consents{AllowDowngrade: true})
	table := with(func(s *rollout.Seen) {
		s.Stack.Template = "Resources:\n  Precious:\n    Type: AWS::DynamoDB::Table\n"
	})
	show("a table that the template no longer has", table, packed(), all(packed()), stack.Consents{})
	show("the same, with --allow-data-loss", table, packed(), all(packed()), stack.Consents{AllowDataLoss: true})

	golden := filepath.Join("testdata", "plans.golden")
	if *update {
		mustDo(t, os.MkdirAll("testdata", 0o755))
		mustDo(t, os.WriteFile(golden, []byte(got.String()), 0o600))
	}
	want, err := os.ReadFile(golden)
	mustDo(t, err)
	if got.String() != string(want) {
		t.Errorf("the plans differ from %s (go test -update):\n%s", golden, got.String())
	}
}
