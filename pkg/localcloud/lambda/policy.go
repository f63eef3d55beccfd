package lambda

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// permit is a statement as AddPermission and a template ask for it.
type permit struct {
	StatementID   string `json:"StatementId"`
	Action        string
	Principal     string
	SourceArn     string `json:",omitempty"`
	SourceAccount string `json:",omitempty"`
	RevisionID    string `json:"RevisionId,omitempty"`
}

// statement is one of a function's policy, in the order in which Lambda writes it.
// https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
type statement struct {
	Sid       string
	Effect    string
	Principal principal
	Action    string
	Resource  string
	Condition *condition `json:",omitempty"`
}

type (
	principal struct{ Service string }
	condition struct {
		StringEquals map[string]string `json:",omitempty"`
		ArnLike      map[string]string `json:",omitempty"`
	}
	policy struct {
		Version   string
		ID        string `json:"Id"`
		Statement []statement
	}
)

var (
	statementID = regexp.MustCompile(`^[a-zA-Z0-9-_]{1,100}$`)
	actionForm  = regexp.MustCompile(`^(lambda:[*]|lambda:[a-zA-Z]+|[*])$`)
	serviceForm = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com$`)
	accountForm = regexp.MustCompile(`^\d{12}$`)
	arnForm     = regexp.MustCompile(`^arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:[a-z0-9-]*:(\d{12})?:(.*)$`)
)

// check says what Lambda has against a statement.
// https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
func (p *permit) check() error {
	const form = "Member must satisfy regular expression pattern: %s"
	switch {
	case !statementID.MatchString(p.StatementID):
		return unvalidated(p.StatementID, "statementId", form, "([a-zA-Z0-9-_]+)")
	case !actionForm.MatchString(p.Action):
		return unvalidated(p.Action, "action", form, `(lambda:[*]|lambda:[a-zA-Z]+|[*])`)
	case p.SourceAccount != "" && !accountForm.MatchString(p.SourceAccount):
		return unvalidated(p.SourceAccount, "sourceAccount", form, `\d{12}`)
	case p.SourceArn != "" && !arnForm.MatchString(p.SourceArn):
		return unvalidated(p.SourceArn, "sourceArn", form, `arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:`+
			`((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*)`)
	}
	return p.checkPrincipal()
}

func (p *permit) checkPrincipal() error {
	switch {
	case p.Principal == "*" || accountForm.MatchString(p.Principal) || strings.HasPrefix(p.Principal, "arn:"):
		return wire.Unmodelled("InvalidParameterValueException", "the principal %s: only services may invoke functions",
			p.Principal)
	case !serviceForm.MatchString(p.Principal): // aws-cloudformation/cloudformation-coverage-roadmap#1189
		return invalid("The provided principal was invalid. Please check the principal and try again.")
	}
	return nil
}

// statement is what Lambda makes of it.
func (p *permit) statement(f *function) statement {
	s := statement{
		Sid: p.StatementID, Effect: "Allow", Principal: principal{p.Principal}, Action: p.Action, Resource: f.arn(),
	}
	var c condition
	if p.SourceAccount != "" {
		c.StringEquals = map[string]string{"AWS:SourceAccount": p.SourceAccount}
	}
	if p.SourceArn != "" {
		c.ArnLike = map[string]string{"AWS:SourceArn": p.SourceArn}
	}
	if p.SourceAccount+p.SourceArn != "" {
		s.Condition = &c
	}
	return s
}

// permit adds a statement to the function's policy.
func (f *function) permit(p permit) (statement, error) {
	if err := p.check(); err != nil {
		return statement{}, err
	}
	if err := f.unchanged(p.RevisionID); err != nil {
		return statement{}, err
	}
	if f.statement(p.StatementID) >= 0 {
		return statement{}, conflict("The statement id (%s) provided already exists. "+
			"Please provide a new statement id, or remove the existing statement.", p.StatementID)
	}
	s := p.statement(f)
	f.Policy, f.PolicyRevision = append(f.Policy, s), wire.NewID()
	return s, nil
}

// forbid removes a statement from the function's policy.
func (f *function) forbid(id string) error {
	at := f.statement(id)
	if at < 0 {
		return notFound("Statement %s is not found in resource policy.", id)
	}
	f.Policy, f.PolicyRevision = slices.Delete(f.Policy, at, at+1), wire.NewID()
	return nil
}

// unchanged refuses to change a policy that is not the one the caller has seen.
func (f *function) unchanged(revision string) error {
	if revision == "" || revision == f.PolicyRevision {
		return nil
	}
	return wire.Errorf(http.StatusPreconditionFailed, "PreconditionFailedException",
		"The RevisionId provided does not match the latest RevisionId. "+
			"Call the GetPolicy API to retrieve the latest RevisionId")
}

func (f *function) statement(id string) int {
	return slices.IndexFunc(f.Policy, func(s statement) bool { return s.Sid == id })
}

// policyText is the policy as GetPolicy gives it: JSON within JSON.
func (f *function) policyText() (string, error) {
	text, err := json.Marshal(policy{Version: "2012-10-17", ID: "default", Statement: f.Policy})
	return string(text), err
}
