package apigateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// policy is an authorizer's: where it says nothing, it says no.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
type policy struct {
	Version   string
	ID        string `json:"Id"`
	Statement statements
}

// statement is one of a policy. API Gateway asks it about execute-api:Invoke alone.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html
type statement struct {
	Sid                   string
	Effect                string
	Action, NotAction     words
	Resource, NotResource words
	Condition             json.RawMessage
}

// statements are one or several.
type statements []statement

// UnmarshalJSON takes one without a list too.
func (s *statements) UnmarshalJSON(text []byte) error {
	if strings.HasPrefix(string(text), "{") {
		*s = make(statements, 1)
		return strict(text, &(*s)[0])
	}
	var list []statement
	err := strict(text, &list)
	*s = list
	return err
}

// words are one or several.
type words []string

// UnmarshalJSON takes one without a list too.
func (t *words) UnmarshalJSON(text []byte) error {
	if strings.HasPrefix(string(text), `"`) {
		*t = make(words, 1)
		return json.Unmarshal(text, &(*t)[0])
	}
	var list []string
	err := json.Unmarshal(text, &list)
	*t = list
	return err
}

// strict reads JSON without members that the value has not.
func strict(text []byte, value any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(value)
}

// allows evaluates the policy for the invocation of a route. A deny wins. An error is one of the policy.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
func (p *policy) allows(resource string) (bool, error) {
	if len(p.Statement) == 0 {
		return false, fmt.Errorf("its policyDocument has no Statement")
	}
	allowed, denied := false, false
	for i := range p.Statement {
		s := &p.Statement[i]
		if err := s.check(); err != nil {
			return false, err
		}
		if s.Action.match("execute-api:invoke", s.NotAction, true) && s.Resource.match(resource, s.NotResource, false) {
			allowed, denied = allowed || s.Effect == "Allow", denied || s.Effect == "Deny"
		}
	}
	return allowed && !denied, nil
}

func (s *statement) check() error {
	switch {
	case s.Effect != "Allow" && s.Effect != "Deny":
		return fmt.Errorf("a statement of its policyDocument has the Effect %q", s.Effect)
	case (s.Action == nil) == (s.NotAction == nil):
		return fmt.Errorf("a statement of its policyDocument needs an Action or a NotAction")
	case (s.Resource == nil) == (s.NotResource == nil):
		return fmt.Errorf("a statement of its policyDocument needs a Resource or a NotResource")
	case len(s.Condition) > 0 && string(s.Condition) != "null" && string(s.Condition) != "{}":
		return fmt.Errorf("plldb's local cloud does not model a Condition in its policyDocument")
	}
	return nil
}

// match tells whether one of the patterns fits, or, where there are none, none of those that exclude.
func (t words) match(value string, exclude words, anyCase bool) bool {
	if t == nil {
		return !exclude.match(value, words{}, anyCase)
	}
	for _, pattern := range t {
		if anyCase {
			pattern = strings.ToLower(pattern)
		}
		if wire.Like(pattern, value) {
			return true
		}
	}
	return false
}
