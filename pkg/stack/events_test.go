package stack_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/stack"
)

// Events: those of this operation, each once, in order, over pages.
func TestEventsOfThisOperationOnly(t *testing.T) {
	scenes := []scene{
		at("UPDATE_IN_PROGRESS", told("A UPDATE_IN_PROGRESS"), told("B UPDATE_IN_PROGRESS")),
		at("UPDATE_IN_PROGRESS", told("A UPDATE_COMPLETE")),
		at("UPDATE_IN_PROGRESS"),
		at("UPDATE_COMPLETE", told("B UPDATE_COMPLETE")),
	}
	want := []string{
		"A UPDATE_IN_PROGRESS", "B UPDATE_IN_PROGRESS", "plldb UPDATE_IN_PROGRESS", "A UPDATE_COMPLETE", "B UPDATE_COMPLETE",
		"plldb UPDATE_COMPLETE",
	}
	for name, size := range map[string]int{"one page": 0, "pages of one": 1, "pages of three": 3} {
		bubble(name, t, func(t *testing.T) {
			w := newWorld().having("CREATE_COMPLETE").play("ExecuteChangeSet", scenes)
			w.pageSize = size
			p := w.open()
			if _, err := p.deploy(t, stack.Consents{}); err != nil {
				t.Fatal(err)
			}
			if lines := p.story.lines(); !slices.Equal(lines, want) {
				t.Errorf("story %q", lines)
			}
		})
	}
	bubble("create", t, func(t *testing.T) {
		p := newWorld().play("ExecuteChangeSet", []scene{at("CREATE_IN_PROGRESS"), at("CREATE_COMPLETE")}).open()
		if _, err := p.deploy(t, stack.Consents{}); err != nil {
			t.Fatal(err)
		}
		if lines := p.story.lines(); !slices.Equal(lines, []string{"plldb CREATE_IN_PROGRESS", "plldb CREATE_COMPLETE"}) {
			t.Errorf("story %q", lines)
		}
	})
	bubble("in one instant", t, func(t *testing.T) {
		w := newWorld()
		w.oneInstant = true
		p := w.having("CREATE_COMPLETE").play("ExecuteChangeSet", scenes).open()
		if _, err := p.deploy(t, stack.Consents{}); err != nil {
			t.Fatal(err)
		}
		if lines := p.story.lines(); !slices.Equal(lines, want) {
			t.Errorf("story %q", lines)
		}
	})
	// An event that shows late stands behind newer ones; the last reading finds it.
	bubble("a late event", t, func(t *testing.T) {
		w := newWorld().having("CREATE_COMPLETE").play("ExecuteChangeSet", scenes)
		hidden := w.usual("DescribeStackEvents")
		w.On("CloudFormation.DescribeStackEvents", func(ctx context.Context, in any) (any, error) {
			out, err := hidden(ctx, in)
			page := out.(*cloudformation.DescribeStackEventsOutput)
			page.StackEvents = slices.DeleteFunc(page.StackEvents, func(e types.StackEvent) bool {
				late := *e.LogicalResourceId == "A" && e.ResourceStatus == types.ResourceStatusUpdateInProgress
				return late && w.stacks[0].StackStatus == types.StackStatusUpdateInProgress
			})
			return out, err
		})
		p := w.open()
		if _, err := p.deploy(t, stack.Consents{}); err != nil {
			t.Fatal(err)
		}
		lines := p.story.lines()
		slices.Sort(lines)
		sorted := slices.Sorted(slices.Values(want))
		if !slices.Equal(lines, sorted) {
			t.Errorf("story %q", lines)
		}
	})
}

// A long story is not read again from its beginning at each poll, and what is new is told at once, in whatever order
// the pages come.
func TestEventsAreReadOnce(t *testing.T) {
	scenes := during(20, "CREATE_IN_PROGRESS")
	for i := range scenes {
		scenes[i].events = []happening{
			told(fmt.Sprintf("A%d CREATE_IN_PROGRESS", i)),
			told(fmt.Sprintf("B%d CREATE_IN_PROGRESS", i)),
		}
	}
	for name, c := range map[string]struct {
		operations, oldestFirst bool
		most                    int // pages: one or two a poll, and all of them at the end
	}{
		"of the stack":                       {false, false, 2*20 + 22},
		"of the operation, the newest first": {true, false, 2*20 + 22},
		"of the operation, the oldest first": {true, true, 1000},
	} {
		bubble(name, t, func(t *testing.T) {
			w := newWorld().play("ExecuteChangeSet", append(slices.Clone(scenes), creates()...))
			w.operations, w.oldestFirst, w.pageSize = c.operations, c.oldestFirst, 2
			p := w.open()
			seen, polls := p.look(t), 0
			w.On("CloudFormation.DescribeStacks", func(ctx context.Context, in any) (any, error) {
				last := fmt.Sprintf("B%d CREATE_IN_PROGRESS", polls-1)
				if polls > 0 && polls <= 20 && !slices.Contains(p.story.lines(), last) {
					t.Errorf("%s is not told before the next poll", last)
				}
				polls++
				return w.usual("DescribeStacks")(ctx, in)
			})
			if _, err := p.Deploy(t.Context(), seen, wanted(), stack.Consents{}); err != nil {
				t.Fatal(err)
			}
			if pages := w.count("DescribeStackEvents") + w.count("DescribeEvents"); pages > c.most {
				t.Errorf("%d pages read, want at most %d", pages, c.most)
			}
		})
	}
}
