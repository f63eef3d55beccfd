package lambda

import (
	"net/http"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// mayRunAs says what Lambda has against a role of a function: it is another account's, is not there, or does not trust
// Lambda. That an update looks at a role which stays as it was is unverified, and so is that Lambda looks at the role
// before it fetches the code. serverless/serverless#4384 and pdomala/LambdaCDDemo#1 show the words for a role that
// cannot be assumed; those for another account's role are from getmoto/moto's tests.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
func (f *function) mayRunAs(tx *store.Tx, roles Roles, arn string) error {
	if parts := strings.Split(arn, ":"); len(parts) < 6 || parts[4] != f.Account {
		return wire.Errorf(http.StatusForbidden, "AccessDeniedException", "Cross-account pass role is not allowed.")
	}
	yes, err := roles.Assumable(tx, arn, "lambda.amazonaws.com")
	if err != nil {
		return err
	}
	if !yes {
		return invalid("The role defined for the function cannot be assumed by Lambda.")
	}
	return nil
}
