package lambda_test

import (
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

const cannotAssume = "The role defined for the function cannot be assumed by Lambda."

func TestARoleThatLambdaMayNotAssume(t *testing.T) {
	for _, c := range []struct{ name, role, code, message string }{
		{
			"is not there", "arn:aws:iam::111111111111:role/none", resource.InvalidRequest,
			cannotAssume + " (Service: Lambda, ",
		},
		{
			"of another account", "arn:aws:iam::222222222222:role/service", resource.AccessDenied,
			"Cross-account pass role is not allowed. (Service: Lambda, Status Code: 403",
		},
		{
			"under a condition", "arn:aws:iam::111111111111:role/condition", resource.InvalidRequest,
			"plldb's local cloud does not model conditions",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			cloud := ready(t)
			cloud.roles["arn:aws:iam::111111111111:role/condition"] = wire.Unmodelled("X", "conditions")
			properties := connect(t, "v1", `{"Role":"`+c.role+`"}`)
			if _, err := cloud.Update("Function", "connect", properties); !is(err, c.code, c.message) {
				t.Errorf("update: %v", err)
			}
			message, _, _ := strings.Cut(c.message, " (Service")
			got := cloud.Do("PUT", "connect/configuration", `{"Role":"`+c.role+`"}`)
			if got.Status/100 != 4 || !strings.Contains(got.Refusal, message) {
				t.Errorf("UpdateFunctionConfiguration: %d %s", got.Status, got.Refusal)
			}
			if role := cloud.Do("GET", "connect/configuration", "").Body["Role"]; role != serviceRole {
				t.Errorf("it runs as %v", role)
			}
			properties["FunctionName"] = "other"
			if _, err := cloud.Create("Function", properties); !is(err, c.code, c.message) {
				t.Errorf("create: %v", err)
			}
		})
	}
}

func TestARoleThatIsGoneStopsEveryUpdate(t *testing.T) {
	c := ready(t)
	c.Hand.Turn(time.Minute)
	delete(c.roles, serviceRole)
	if got := c.Do("PUT", "connect/configuration", `{"Timeout":20}`); got.Refusal !=
		"InvalidParameterValueException: "+cannotAssume {
		t.Errorf("%d %s", got.Status, got.Refusal)
	}
}
