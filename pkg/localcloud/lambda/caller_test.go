package lambda_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/execution"
	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/servicetest"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/traffic"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

func TestPoliciesCount(t *testing.T) {
	const api = "arn:aws:execute-api:eu-west-1:111111111111:api1/"
	source := func(arn string) string { return `,"SourceArn":"` + arn + `"` }
	account := func(number string) string { return `,"SourceAccount":"` + number + `"` }
	for more, lets := range map[string]bool{
		"":                                        true,
		source(api + "*/$connect"):                true,
		source(api + "prod/$connect"):             true,
		source(api + "*"):                         true,
		source(api + "????/$conn*t"):              true,
		source(api + "p*d/$c*n*ect**"):            true,
		source(api + "*/$default"):                false,
		source(api + "*/$CONNECT"):                false,
		source(api + "???/$connect"):              false,
		source(api + "prod/$connect/?"):           false,
		source(api + "prod/$connec"):              false,
		source(api + "*o*o*"):                     true,
		source(api + "*o*o*o*"):                   false,
		account("111111111111"):                   true,
		account("222222222222"):                   false,
		account("222222222222") + source(api+"*"): false,
		account("111111111111") + source(api+"*"): true,
		source("arn:aws:execute-api:eu-west-2:111111111111:api1/*"): false,
		source("arn:aws:execute-api:eu-west-1:222222222222:api1/*"): false,
		source("arn:aws:s3:eu-west-1:111111111111:api1/*"):          false,
		source("arn:aws:execute-api:eu-west-1:111111111111:api1:*"): false,
	} {
		c, r := running(t, echo)
		c.permit(more)
		got, err := c.service.InvokeFor(t.Context(), arn, gateway(), []byte(`{"a":1}`))
		if (err == nil) != lets || (r.calls() == 1) != lets {
			t.Errorf("%s: %v, %d calls", more, err, r.calls())
		}
		if lets && string(got.Payload) != `{"a":1}` {
			t.Errorf("%s: answered %s", more, got.Payload)
		}
	}
}

func TestWhoMayNotCall(t *testing.T) {
	c, r := running(t, echo)
	denied := func(by traffic.Caller, want string) {
		t.Helper()
		_, err := c.service.InvokeFor(t.Context(), arn, by, []byte("{}"))
		if e, ok := errors.AsType[*wire.Error](err); !ok || e.Status != 403 || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	const want = "AccessDeniedException: User: apigateway.amazonaws.com is not authorized to perform: " +
		"lambda:InvokeFunction on resource: " + arn + " because no resource-based policy allows the lambda:InvokeFunction " +
		"action (for arn:aws:execute-api:eu-west-1:111111111111:api1/prod/$connect of the account 111111111111)"
	denied(gateway(), want)
	c.permit(`,"SourceArn":"arn:aws:execute-api:eu-west-1:111111111111:other/*"`)
	denied(gateway(), want)
	other := gateway()
	other.Service = "events.amazonaws.com"
	c.Do("POST", "connect/policy", `{"StatementId":"two","Action":"lambda:*","Principal":"apigateway.amazonaws.com"}`)
	denied(other, strings.Replace(want, "apigateway", "events", 1))
	if _, err := c.service.InvokeFor(t.Context(), arn, gateway(), []byte("{}")); err != nil || r.calls() != 1 {
		t.Errorf("with a second statement: %v, %d calls", err, r.calls())
	}
	c.Do("DELETE", "connect/policy/two", "")
	denied(gateway(), want)
	c.Do("POST", "connect/policy", `{"StatementId":"get","Action":"lambda:GetFunction","Principal":"apigateway.amazonaws.com"}`)
	denied(gateway(), want)
	if got := c.invoke("{}"); got.StatusCode != 200 {
		t.Errorf("by API no policy is needed: %d", got.StatusCode)
	}
}

func TestAPermissionOfATemplateLets(t *testing.T) {
	c, _ := running(t, echo)
	made := c.Make("Permission", servicetest.Parse(t, `{"FunctionName":"connect","Action":"lambda:InvokeFunction",
		"Principal":"apigateway.amazonaws.com","SourceArn":"arn:aws:execute-api:eu-west-1:111111111111:api1/*/$connect"}`))
	if _, err := c.service.InvokeFor(t.Context(), arn, gateway(), []byte("{}")); err != nil {
		t.Error(err)
	}
	if _, err := servicetest.Handle(c.Cloud, "Permission", resource.Input{PhysicalID: made.PhysicalID}, resource.Handler.Delete); err != nil {
		t.Fatal(err)
	}
	if _, err := c.service.InvokeFor(t.Context(), arn, gateway(), []byte("{}")); err == nil {
		t.Error("it lets when it is gone")
	}
}

func TestServicesAreToldWhatIsWrong(t *testing.T) {
	c, _ := running(t, echo)
	c.permit("")
	takes := c.Make("Function", connect(t, "v1", `{"FunctionName":"slow"}`)).Takes
	c.Do("POST", "slow/policy", `{"StatementId":"one","Action":"*","Principal":"apigateway.amazonaws.com"}`)
	for of, want := range map[string]string{
		strings.Replace(arn, "connect", "none", 1):        "ResourceNotFoundException: Function not found: ",
		strings.Replace(arn, "connect", "slow", 1):        "ResourceConflictException: The operation cannot be performed",
		strings.Replace(arn, "111111111111", "2", 1):      "ValidationException: ",
		strings.Replace(arn, "eu-west-1", "eu-west-2", 1): "ResourceNotFoundException: Function not found: ",
		arn + ":live": "InvalidParameterValueException: plldb's local cloud does not model versions",
		"connect":     "ResourceNotFoundException: Function not found: connect",
		"":            "ResourceNotFoundException: Function not found: ",
	} {
		_, err := c.service.InvokeFor(t.Context(), of, gateway(), []byte("{}"))
		if _, ok := errors.AsType[*wire.Error](err); !ok || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", of, err)
		}
	}
	c.Hand.Turn(takes)
	if _, err := c.service.InvokeFor(t.Context(), strings.Replace(arn, "connect", "slow", 1), gateway(), nil); err != nil {
		t.Errorf("once it is made: %v", err)
	}
}

func TestAStateThatCannotBeReadIsAServicesError(t *testing.T) {
	c, _ := running(t, echo)
	if err := c.Store.Update(t.Context(), func(tx *store.Tx) error {
		store.Put(tx, "lambda.functions", "111111111111/eu-west-1/connect", 7)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	_, err := c.service.InvokeFor(t.Context(), arn, gateway(), nil)
	if e, ok := errors.AsType[*wire.Error](err); !ok || e.Status != 500 {
		t.Errorf("got %v", err)
	}
}

// Who calls for a service tries again only what the function has not had.
func TestErrorsTellWhetherTheFunctionWasCalled(t *testing.T) {
	var failure error
	c, _ := running(t, func(context.Context, execution.Event) (execution.Answer, error) {
		return execution.Answer{}, failure
	})
	call := func(of string, status int, uncalled bool) {
		t.Helper()
		_, err := c.service.InvokeFor(t.Context(), of, gateway(), nil)
		e, ok := errors.AsType[*wire.Error](err)
		if !ok || e.Status != status || errors.Is(err, traffic.ErrUncalled) != uncalled {
			t.Errorf("%v: got %v", failure, err)
		}
	}
	call(arn, 403, false)
	c.permit("")
	call(strings.Replace(arn, "connect", "none", 1), 404, false)
	for _, why := range []error{execution.ErrClosed, context.Canceled, errors.New("the disk is full")} {
		failure = why
		call(arn, 500, false)
		failure = fmt.Errorf("%w: %w", execution.ErrNotRun, why)
		call(arn, 500, true)
	}
	failure = fmt.Errorf("%w: %w", execution.ErrNotRun, execution.ErrTooMany)
	call(arn, 429, true)
	if got := c.invoke("{}"); got.StatusCode != 429 {
		t.Errorf("by API: %d", got.StatusCode)
	}
}
