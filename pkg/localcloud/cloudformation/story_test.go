package cloudformation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// An event says how its operation stood when it happened, for ever.
func TestEventsKeepTheStatusOfTheirOperation(t *testing.T) {
	c := open(t)
	c.create("s", two)
	operation := *c.stack("s").LastOperations[0].OperationId
	c.update("s", "second", changed)
	c.rests("s", types.StackStatusUpdateComplete)
	out, err := c.DescribeEvents(c.ctx(), &cfn.DescribeEventsInput{OperationId: &operation})
	var told []string
	for _, e := range must(t, out, err).OperationEvents {
		if e.EventType == types.EventTypeStackEvent {
			told = append(told, fmt.Sprintf("%s %s %t", e.ResourceStatus, e.OperationStatus, e.EndTime != nil))
		}
	}
	if got := strings.Join(told, ", "); got != "CREATE_COMPLETE SUCCEEDED true, CREATE_IN_PROGRESS IN_PROGRESS false" {
		t.Error(got)
	}
}

// A story that grows between two pages is told once.
func TestPagesOfAStoryThatGrows(t *testing.T) {
	var b strings.Builder
	b.WriteString("Resources:\n")
	for i := range 60 {
		fmt.Fprintf(&b, "  R%02d: {Type: AWS::Test::Thing, Properties: {Takes: %d}}\n", i, 5+i)
	}
	c := open(t)
	c.execute(c.propose("s", "first", types.ChangeSetTypeCreate, b.String()))
	c.pass(30 * time.Second)
	tell := map[string]func(token *string) (ids []string, next *string){
		"DescribeStackEvents": func(token *string) (ids []string, next *string) {
			in := &cfn.DescribeStackEventsInput{StackName: aws.String("s"), NextToken: token}
			out, err := c.DescribeStackEvents(c.ctx(), in)
			for _, e := range must(t, out, err).StackEvents {
				ids = append(ids, *e.EventId)
			}
			return ids, out.NextToken
		},
		"DescribeEvents": func(token *string) (ids []string, next *string) {
			out, err := c.DescribeEvents(c.ctx(), &cfn.DescribeEventsInput{StackName: aws.String("s"), NextToken: token})
			for _, e := range must(t, out, err).OperationEvents {
				ids = append(ids, *e.EventId)
			}
			return ids, out.NextToken
		},
	}
	for name, page := range tell {
		t.Run(name, func(t *testing.T) {
			before := len(c.story("s"))
			all, next := page(nil)
			for next != nil {
				c.pass(3 * time.Second)
				var more []string
				more, next = page(next)
				all = append(all, more...)
			}
			seen := map[string]bool{}
			for _, id := range all {
				if seen[id] {
					t.Errorf("%s is told twice", id)
				}
				seen[id] = true
			}
			if len(all) != before || len(c.story("s")) == before {
				t.Errorf("told %d events, there were %d, there are %d", len(all), before, len(c.story("s")))
			}
		})
	}
}
