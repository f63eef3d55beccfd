package rollout_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
)

// A command of AWS's that a hint names asks where the run has asked: elsewhere it would take another stack's protection
// away.
func TestHintsLeadToTheSameStack(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	wantStatus(t, setup(t, c, rollout.Settings{Dir: untouched}), report.Created)
	_, err := c.formation().UpdateTerminationProtection(t.Context(), &cfn.UpdateTerminationProtectionInput{
		StackName: stackName, EnableTerminationProtection: aws.Bool(true),
	})
	mustDo(t, err)
	wantProblem(t, destroy(t, c, rollout.Settings{Profile: "dev"}), report.Failed, report.ExitFailed,
		" --stack-name plldb --region "+region+" --endpoint-url "+c.url+" --profile dev")
}
