package cloudformation

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// userInitiated is the reason of what a request began.
const userInitiated = "User Initiated"

func (s *Service) stackOperations() operations {
	return operations{
		"CreateStack": {s.createStack, []string{
			"StackName", "TemplateBody", "TemplateURL", "Parameters", "DisableRollback", "NotificationARNs", "Capabilities",
			"RoleARN", "OnFailure", "Tags", "ClientRequestToken", "EnableTerminationProtection", "RetainExceptOnCreate",
		}},
		"UpdateStack": {s.updateStack, []string{
			"StackName", "TemplateBody", "TemplateURL", "UsePreviousTemplate", "Parameters", "Capabilities", "RoleARN",
			"NotificationARNs", "Tags", "DisableRollback", "ClientRequestToken", "RetainExceptOnCreate",
		}},
		"DeleteStack": {s.deleteStack, []string{
			"StackName", "RetainResources", "RoleARN", "ClientRequestToken", "DeletionMode",
		}},
		"UpdateTerminationProtection": {s.protect, []string{"StackName", "EnableTerminationProtection"}},
	}
}

// begunAnswer is what the operations answer that begin one.
type begunAnswer struct {
	StackID     string `xml:"StackId"`
	OperationID string `xml:"OperationId,omitempty"`
}

// repeated tells whether a request was made before: its token says so. A token that was used for something else is
// refused (trap 24).
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
func (st *stack) repeated(token, sum string) (bool, error) {
	i := slices.IndexFunc(st.Asked, func(r request) bool { return r.Token == token })
	switch {
	case token == "" || i < 0:
		return false, nil
	case st.Asked[i].Sum == sum:
		return true, nil
	}
	return false, wire.Errorf(http.StatusBadRequest, "TokenAlreadyExistsException",
		"A client request token already exists for another operation.") // the words are unverified
}

func (st *stack) remember(token, sum string) {
	if token == "" {
		return
	}
	st.Asked = slices.Insert(st.Asked, 0, request{token, sum})
	st.Asked = st.Asked[:min(longestPast, len(st.Asked))]
}

// request is one that came with a token.
type request struct{ Token, Sum string }

// sumOf tells requests apart: what is asked for, of what, and how. A stack may be named by its name or its ARN.
func sumOf(c *wire.Call, of string) string {
	text := string(c.Body)
	if c.Method == http.MethodGet {
		text = c.URL.RawQuery
	}
	form, _ := url.ParseQuery(text) // it was read before
	maps.DeleteFunc(form, func(name string, _ []string) bool {
		return name == "StackName" || name == "ChangeSetName" || strings.HasPrefix(name, "X-Amz-")
	})
	sum := sha256.Sum256([]byte(c.Operation + " " + of + "\n" + form.Encode()))
	return hex.EncodeToString(sum[:])
}

// createStack makes a stack at once, or one of which there is only a change set.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
func (s *Service) createStack(w *work, c *wire.Call, in wire.Form) (any, error) {
	name := checkName(in.Get("StackName"), "stackName", stackName, "[a-zA-Z][-a-zA-Z0-9]*")
	if err := firstOf(name, checkToken(in, "ClientRequestToken", "clientRequestToken")); err != nil {
		return nil, err
	}
	token := in.Get("ClientRequestToken")
	st, found := w.found(c, in.Get("StackName"))
	if found && st.Status != reviewInProgress {
		again, err := st.repeated(token, sumOf(c, ""))
		if again || err != nil {
			return begunAnswer{StackID: st.arn()}, err
		}
		return nil, wire.Errorf(http.StatusBadRequest, "AlreadyExistsException", "Stack [%s] already exists", st.Name)
	}
	op, err := createOperation(in)
	if err != nil {
		return nil, err
	}
	protected, err := in.Bool("EnableTerminationProtection")
	if err != nil {
		return nil, err
	}
	want, err := w.asks(c, in, nil)
	if err != nil {
		return nil, err
	}
	if !found {
		st = w.newStack(c, in.Get("StackName"))
	}
	st.Protected = protected
	w.outdate(st)
	st.ChangeSet = ""
	st.remember(token, sumOf(c, ""))
	op.Token, op.Validates = token, true
	w.deploy(st, want, op, c.Time)
	return begunAnswer{st.arn(), op.ID}, nil
}

// createOperation reads what becomes of a creation that fails.
func createOperation(in wire.Form) (*operation, error) {
	disable, err := in.Bool("DisableRollback")
	retains, err2 := in.Bool("RetainExceptOnCreate")
	op := &operation{Type: creates, First: true, Retains: retains, OnFailure: in.Get("OnFailure")}
	switch {
	case firstOf(err, err2) != nil:
		return nil, firstOf(err, err2)
	case op.OnFailure != "" && in.Has("DisableRollback"):
		return nil, invalid("You can specify either OnFailure or DisableRollback, but not both.")
	case disable:
		op.OnFailure = "DO_NOTHING"
	case op.OnFailure == "":
		op.OnFailure = "ROLLBACK"
	}
	return op, checkOnFailure(op.OnFailure, "onFailure")
}

func checkOnFailure(value, member string) error {
	switch value {
	case "ROLLBACK", "DELETE", "DO_NOTHING":
		return nil
	}
	return constraint(value, member, "satisfy enum value set: [ROLLBACK, DELETE, DO_NOTHING]")
}

// newStack makes a stack of which there is nothing yet.
func (w *work) newStack(c *wire.Call, name string) *stack {
	st := &stack{
		Account: c.Account, Region: c.Region, Partition: c.Partition(),
		Name: name, ID: wire.NewID(), Created: c.Time, Resources: map[string]*res{},
	}
	store.Put(w.tx, namesTable, called(c)+name, st.ID)
	w.save(st)
	return st
}

// deploy begins to bring the stack to what is wanted.
func (w *work) deploy(st *stack, want *asked, op *operation, at time.Time) {
	outputs := st.Outputs
	st.version = want.version
	st.Outputs = outputs
	if want.Template == "" {
		st.Template = w.put(st, want.text)
	}
	st.DisableRollback = op.DisableRollback || op.OnFailure == "DO_NOTHING"
	st.Retains = op.Retains
	op.Phase = deploying
	status := updateInProgress
	if op.First {
		status = createInProgress
	}
	w.start(st, op, at)
	w.become(st, op, at, status, userInitiated)
}

// updatable tells whether an update may begin. One that failed and was not rolled back may be gone on from.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
func (st *stack) updatable() error {
	if st.is(createComplete, updateComplete, updateRollbackComplete, createFailed, updateFailed) {
		return nil
	}
	return invalid("Stack:%s is in %s state and can not be updated.", st.arn(), st.Status)
}

// updateStack changes a stack at once.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStack.html
func (s *Service) updateStack(w *work, c *wire.Call, in wire.Form) (any, error) {
	if err := firstOf(checkStackName(in), checkToken(in, "ClientRequestToken", "clientRequestToken")); err != nil {
		return nil, err
	}
	st, err := w.alive(c, in)
	if err != nil {
		return nil, err
	}
	token := in.Get("ClientRequestToken")
	if again, err := st.repeated(token, sumOf(c, "")); again || err != nil {
		return begunAnswer{StackID: st.arn()}, err
	}
	if st.Status == reviewInProgress {
		return nil, invalid("Stack [%s] does not exist", in.Get("StackName"))
	}
	if err := st.updatable(); err != nil {
		return nil, err
	}
	disable, err := in.Bool("DisableRollback")
	retains, err2 := in.Bool("RetainExceptOnCreate")
	if err := firstOf(err, err2); err != nil {
		return nil, err
	}
	want, err := w.asks(c, in, st)
	if err != nil {
		return nil, err
	}
	if err := w.changed(st, want); err != nil {
		return nil, err
	}
	w.outdate(st)
	op := &operation{Type: updates, Token: token, Validates: true, DisableRollback: disable, Retains: retains}
	st.remember(token, sumOf(c, ""))
	st.Updated = c.Time
	w.deploy(st, want, op, c.Time)
	return begunAnswer{st.arn(), op.ID}, nil
}

// changed refuses an update that would do nothing (trap 20).
func (w *work) changed(st *stack, want *asked) error {
	p := w.preview(st, want.version, want.parsed)
	switch {
	case p.err != nil:
		return invalid("%s", words(p.err).Error())
	case p.idle():
		return invalid("No updates are to be performed.")
	}
	return nil
}

// protect turns termination protection on or off.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateTerminationProtection.html
func (s *Service) protect(w *work, c *wire.Call, in wire.Form) (any, error) {
	st, err := w.alive(c, in)
	if err != nil {
		return nil, err
	}
	if !in.Has("EnableTerminationProtection") {
		return nil, invalid("1 validation error detected: Value null at 'enableTerminationProtection' failed to satisfy " +
			"constraint: Member must not be null")
	}
	if st.Protected, err = in.Bool("EnableTerminationProtection"); err != nil {
		return nil, err
	}
	w.save(st)
	return begunAnswer{StackID: st.arn()}, nil
}

// firstOf is the first error there is.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
