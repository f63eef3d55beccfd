package stack_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/fakeaws"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// Where the values cannot be read, the changes are shown without them, and that is told: once, and not after a signal.
func TestReviewWithoutValues(t *testing.T) {
	change := types.Change{ResourceChange: &types.ResourceChange{
		Action: types.ChangeActionModify, LogicalResourceId: aws.String("A"), ResourceType: aws.String("AWS::Lambda::Function"),
		Details: []types.ResourceChangeDetail{{Target: &types.ResourceTargetDefinition{Name: aws.String("Role")}}},
	}}
	for name, page := range map[string]string{"the first page": "", "the next page": "2"} {
		for end, signal := range map[string]bool{"": false, ", and a signal": true} {
			bubble(name+end, t, func(t *testing.T) {
				w := newWorld().having("CREATE_COMPLETE").play("ExecuteChangeSet", updates())
				w.changeSet = func(int) *cloudformation.DescribeChangeSetOutput {
					return &cloudformation.DescribeChangeSetOutput{
						Status: types.ChangeSetStatusCreateComplete, Changes: []types.Change{change},
					}
				}
				ctx, cancel := context.WithCancelCause(t.Context())
				w.On("CloudFormation.DescribeChangeSet", func(ctx context.Context, in any) (any, error) {
					out, err := w.usual("DescribeChangeSet")(ctx, in)
					asked := in.(*cloudformation.DescribeChangeSetInput)
					switch {
					case err != nil || !aws.ToBool(asked.IncludePropertyValues):
						return out, err
					case aws.ToString(asked.NextToken) == page:
						if signal {
							cancel(errSignal)
						}
						return nil, fakeaws.Error("AccessDenied", "not you")
					}
					out.(*cloudformation.DescribeChangeSetOutput).NextToken = aws.String("2")
					return out, nil
				})
				w.once("ExecuteChangeSet", fakeaws.Fails("OperationInProgressException", "in progress")) // so there are two reviews
				shown := 0
				want := wanted()
				want.Review = func(_ context.Context, changes []report.ResourceChange) (bool, error) {
					if shown++; !slices.Equal(changeLines(changes)[1:], []string{`  Role "" -> "" `}) {
						t.Errorf("shown %q", changeLines(changes))
					}
					return true, nil
				}
				p := w.open()
				_, err := p.Deploy(ctx, p.look(t), want, stack.Consents{})
				told := strings.Join(p.story.lines(), "\n")
				n := strings.Count(told, "warning: the values of the changes could not be read: ")
				if signal && (!errors.Is(err, errSignal) || n != 0) {
					t.Errorf("%v, story\n%s", err, told)
				}
				if !signal && (err != nil || shown != 2 || n != 1 || strings.Contains(told, "operation error")) {
					t.Errorf("%v, shown %d times, story\n%s", err, shown, told)
				}
			})
		}
	}
}
