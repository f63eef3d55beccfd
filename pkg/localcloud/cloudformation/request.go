package cloudformation

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/cloudformation/template"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// The limits.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const (
	longestBody   = 51200   // bytes of a template in a request (trap 39)
	longestObject = 1000000 // bytes of a template in a bucket: "1 MB"; that it is no power of two is unverified
	mostTags      = 50
	longestName   = 128
)

var (
	stackName     = regexp.MustCompile(`^[a-zA-Z][-a-zA-Z0-9]*$`)
	changeSetName = stackName
	tokenPattern  = regexp.MustCompile(`^[a-zA-Z0-9][-a-zA-Z0-9]*$`)
)

// constraint is the refusal of a value that is not of the API's form.
func constraint(value, member, rule string) error {
	return invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must %s",
		value, member, rule)
}

func checkName(name, member string, pattern *regexp.Regexp, words string) error {
	switch {
	case name == "":
		return invalid("1 validation error detected: Value null at '%s' failed to satisfy constraint: "+
			"Member must not be null", member)
	case !pattern.MatchString(name):
		return constraint(name, member, "satisfy regular expression pattern: "+words)
	case len(name) > longestName:
		return constraint(name, member, fmt.Sprintf("have length less than or equal to %d", longestName))
	}
	return nil
}

const nameWords = "[a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*"

// checkStackName wants the name of a stack, or an ARN.
func checkStackName(in wire.Form) error {
	if strings.HasPrefix(in.Get("StackName"), "arn:") {
		return nil
	}
	return checkName(in.Get("StackName"), "stackName", stackName, nameWords)
}

// checkToken wants a client request token of the API's form, if there is one.
func checkToken(in wire.Form, param, member string) error {
	token := in.Get(param)
	switch {
	case !in.Has(param):
		return nil
	case !tokenPattern.MatchString(token):
		return constraint(token, member, "satisfy regular expression pattern: [a-zA-Z0-9][-a-zA-Z0-9]*")
	case len(token) > longestName:
		return constraint(token, member, fmt.Sprintf("have length less than or equal to %d", longestName))
	}
	return nil
}

// asked is the stack that a request asks for.
type asked struct {
	version
	text   []byte
	parsed *template.Template
}

// asks reads what CreateStack, UpdateStack and CreateChangeSet have in common. st is the stack as it is, nil without
// one.
func (w *work) asks(c *wire.Call, in wire.Form, st *stack) (*asked, error) {
	text, err := w.templateOf(c, in, st)
	if err != nil {
		return nil, err
	}
	parsed, err := w.parse(text)
	if err != nil {
		return nil, err
	}
	a := &asked{text: text, parsed: parsed}
	a.Description, a.Capabilities, a.Role = parsed.Description, in.List("Capabilities"), in.Get("RoleARN")
	if st != nil && a.Role == "" {
		a.Role = st.Role // it sticks (trap 29)
	}
	if a.Tags, err = tagsOf(in, st); err != nil {
		return nil, err
	}
	return a, errors.Join(capable(parsed, a.Capabilities), unparametered(in), unnotified(in))
}

// templateOf is the template's text, from the request, a bucket or the stack.
func (w *work) templateOf(c *wire.Call, in wire.Form, st *stack) ([]byte, error) {
	previous, err := in.Bool("UsePreviousTemplate")
	body, url := in.Get("TemplateBody"), in.Get("TemplateURL")
	switch {
	case err != nil:
		return nil, err
	case previous && (body != "" || url != ""):
		return nil, invalid("You cannot specify both usePreviousTemplate and Template Body/Template URL.")
	case previous && st != nil && st.Template != "":
		return w.text(st, st.Template), nil
	case body != "" && url != "":
		return nil, invalid("Template Body and Template URL cannot both be specified.")
	case len(body) > longestBody:
		return nil, constraint(body, "templateBody", fmt.Sprintf("have length less than or equal to %d", longestBody))
	case body != "":
		return []byte(body), nil
	case url != "":
		return w.fetch(c, url)
	}
	return nil, invalid("Either Template URL or Template Body must be specified.")
}

func (w *work) parse(text []byte) (*template.Template, error) {
	t, err := template.Parse(text, w.s.config.Types)
	if err != nil {
		return nil, invalid("%s", words(err).Error())
	}
	return t, nil
}

// capable sees that the request has the capabilities that the template needs (trap 13).
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
func capable(t *template.Template, given []string) error {
	for _, g := range given {
		if !slices.Contains([]string{"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"}, g) {
			return constraint("["+strings.Join(given, ", ")+"]", "capabilities",
				"satisfy constraint: [Member must satisfy enum value set: "+
					"[CAPABILITY_AUTO_EXPAND, CAPABILITY_NAMED_IAM, CAPABILITY_IAM]]")
		}
	}
	var lacking []string
	for _, need := range t.Capabilities() {
		named := need == "CAPABILITY_IAM" && slices.Contains(given, "CAPABILITY_NAMED_IAM") // it includes the other
		if !named && !slices.Contains(given, need) {
			lacking = append(lacking, need)
		}
	}
	if lacking == nil {
		return nil
	}
	return wire.Errorf(http.StatusBadRequest, "InsufficientCapabilitiesException", "Requires capabilities : [%s]",
		strings.Join(lacking, ", "))
}

// unparametered refuses parameters: templates with some are not modelled.
func unparametered(in wire.Form) error {
	var names []string
	for _, p := range in.Structs("Parameters") {
		names = append(names, p.Get("ParameterKey"))
	}
	if names == nil {
		return nil
	}
	return invalid("Parameters: [%s] do not exist in the template", strings.Join(names, ", "))
}

func unnotified(in wire.Form) error {
	if len(in.List("NotificationARNs")) > 0 {
		return wire.Unmodelled("ValidationError", "notifications of stacks")
	}
	return nil
}

// tagsOf are the stack's tags: those of the request, or, where an update names none, those that it has.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStack.html
func tagsOf(in wire.Form, st *stack) (map[string]string, error) {
	if !in.Has("Tags") && len(in.Structs("Tags")) == 0 && st != nil {
		return st.Tags, nil
	}
	tags := map[string]string{}
	for _, tag := range in.Structs("Tags") {
		key := tag.Get("Key")
		_, twice := tags[key]
		switch {
		case key == "" || len(key) > longestName:
			return nil, constraint(key, "tags.member.key", "have length between 1 and 128")
		case strings.HasPrefix(key, "aws:"):
			return nil, invalid("aws: prefixed tag key names are not allowed for external use.") // unverified
		case twice:
			return nil, invalid("Duplicate tag keys found: %s", key) // unverified
		}
		tags[key] = tag.Get("Value")
	}
	if len(tags) > mostTags {
		return nil, invalid("1 validation error detected: Value at 'tags' failed to satisfy constraint: "+
			"Member must have length less than or equal to %d", mostTags)
	}
	return tags, nil
}
