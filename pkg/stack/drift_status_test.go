package stack_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/fakeaws"
	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// In most states CloudFormation looks for no drift: that is said before anything is asked, and is no failure.
func TestDriftIsNotLookedFor(t *testing.T) {
	const when = "; CloudFormation looks for it in CREATE_COMPLETE, UPDATE_COMPLETE, UPDATE_ROLLBACK_COMPLETE and " +
		"UPDATE_ROLLBACK_FAILED"
	for status, words := range map[string]string{
		"UPDATE_IN_PROGRESS":       ": it is being updated (UPDATE_IN_PROGRESS)",
		"ROLLBACK_COMPLETE":        ": it could not be created and was rolled back (ROLLBACK_COMPLETE)",
		"IMPORT_COMPLETE":          ": it took in resources (IMPORT_COMPLETE)",
		"REVIEW_IN_PROGRESS":       ": it is empty: its first change set was never executed (REVIEW_IN_PROGRESS)",
		"CREATE_COMPLETE":          ", whose state is another by now",
		"UPDATE_COMPLETE":          ", whose state is another by now",
		"UPDATE_ROLLBACK_COMPLETE": ", whose state is another by now",
		"UPDATE_ROLLBACK_FAILED":   ", whose state is another by now",
	} {
		bubble(status, t, func(t *testing.T) {
			w := newWorld().having(status)
			w.On("CloudFormation.DetectStackDrift", fakeaws.Fails("ValidationError",
				"Drift detection cannot be performed on stack [x] while it is in [UPDATE_IN_PROGRESS] state"))
			p := w.open()
			drift, err := p.Drift(t.Context(), p.look(t))
			if err != nil || drift.Status != stack.NotChecked || drift.Resources != nil {
				t.Errorf("%v, %v", drift, err)
			}
			warning := "warning: drift was not looked for in the stack plldb" + words + when
			if lines := p.story.lines(); !slices.Equal(lines, []string{warning}) {
				t.Errorf("story %q", lines)
			}
			if asked := w.count("DetectStackDrift") > 0; asked != strings.HasPrefix(words, ",") {
				t.Errorf("asked %v", asked)
			}
		})
	}
	bubble("no stack", t, func(t *testing.T) {
		p := newWorld().open()
		_, err := p.Drift(t.Context(), p.look(t))
		if p := mustProblem(t, err, report.ExitFailed); p.Message != "there is no stack plldb to look for drift in" {
			t.Errorf("message %q", p.Message)
		}
	})
}

// What CloudFormation says of the stack is told, but nothing that it could not look at is said to be as it should be.
func TestDriftStatus(t *testing.T) {
	const complete, failed = types.StackDriftDetectionStatusDetectionComplete, types.StackDriftDetectionStatusDetectionFailed
	gone := types.StackResourceDrift{StackResourceDriftStatus: types.StackResourceDriftStatusDeleted}
	for _, c := range []struct {
		end    types.StackDriftDetectionStatus
		says   types.StackDriftStatus
		differ []types.StackResourceDrift
		want   string
	}{
		{complete, types.StackDriftStatusInSync, nil, stack.InSync},
		{complete, "", nil, stack.InSync},
		{complete, "", []types.StackResourceDrift{gone}, stack.Drifted},
		{complete, types.StackDriftStatusDrifted, nil, stack.Drifted}, // mended before it was read
		{complete, types.StackDriftStatusNotChecked, nil, stack.NotChecked},
		{failed, types.StackDriftStatusInSync, nil, stack.Unknown},
		{failed, types.StackDriftStatusUnknown, nil, stack.Unknown},
		{failed, "", nil, stack.Unknown},
		{failed, types.StackDriftStatusUnknown, []types.StackResourceDrift{gone}, stack.Drifted},
	} {
		bubble(fmt.Sprint(c.end, ", ", c.says, ", ", len(c.differ)), t, func(t *testing.T) {
			w := newWorld().having("CREATE_COMPLETE")
			w.drifting(&cloudformation.DescribeStackDriftDetectionStatusOutput{DetectionStatus: c.end, StackDriftStatus: c.says})
			w.On("CloudFormation.DescribeStackResourceDrifts",
				fakeaws.Always(&cloudformation.DescribeStackResourceDriftsOutput{StackResourceDrifts: c.differ}))
			p := w.open()
			drift, err := p.Drift(t.Context(), p.look(t))
			if err != nil || drift.Status != c.want || len(drift.Resources) != len(c.differ) {
				t.Errorf("%+v, %v, want %s", drift, err, c.want)
			}
		})
	}
}

// The same in the local cloud, where nothing can be read of a table.
func TestDriftOfWhatCannotBeReadInTheCloud(t *testing.T) {
	inCloud("", t, func(t *testing.T, c *cloud) {
		seen := c.deployed(first, report.Created)
		c.fails("READ", "Table", "it cannot be read", 0)
		drift, err := c.stack.Drift(t.Context(), seen)
		if err != nil || drift.Status != stack.Unknown {
			t.Errorf("%+v, %v", drift, err)
		}
		c.says("warning: some of the stack plldb could not be looked at for drift: ")
	})
}

// A detection whose answer was lost goes on: sent again, the call comes upon its own, and takes nobody else for its owner.
func TestDriftAnswerLostInTheCloud(t *testing.T) {
	bubble("", t, func(t *testing.T) {
		c := openCloud(t, localcloud.Options{}) // at AWS's pace: the detection outlasts the retry
		seen := c.deployed(first, report.Created)
		c.begin()
		c.hurts(localcloud.Fault{Operation: "DetectStackDrift", Lose: true, Times: 1})
		drift, err := c.stack.Drift(t.Context(), seen)
		if err != nil || drift.Status != stack.InSync {
			t.Errorf("%+v, %v", drift, err)
		}
		if lines := c.story.lines(); !slices.Equal(lines, []string{
			"notice: a look for drift in the stack plldb goes on already: waiting for its end",
		}) {
			t.Errorf("story %q", lines)
		}
	})
}
