// Package template is the part of the local cloud's CloudFormation that needs no state: it reads a template strictly,
// says what depends on what, fills in intrinsic functions, checks properties against their types and tells versions
// apart.
//
// Error texts are CloudFormation's own. Most of them are in no document, only in what people report; where no report of
// one was found, "unverified" is said beside it.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-guide.html
package template

import (
	"fmt"

	"github.com/plldb/plldb/pkg/localcloud/resource"
)

// Unknown is what DescribeChangeSet shows instead of a value that is known only after the change set was executed. A
// World may give it; whatever is made of it is Unknown too.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html
const Unknown = "{{changeSet:KNOWN_AFTER_APPLY}}"

// Invalid is why a template is refused: the message of CloudFormation's ValidationError.
type Invalid struct{ Message string }

// Error is the message.
func (e *Invalid) Error() string { return e.Message }

func invalidf(format string, args ...any) *Invalid {
	return &Invalid{Message: fmt.Sprintf(format, args...)}
}

// unmodelled refuses what CloudFormation knows and the local cloud does not.
func unmodelled(format string, args ...any) *Invalid {
	return invalidf("plldb's local cloud does not model "+format, args...)
}

// Template is a template that was found to be good. It is not changed after Parse.
type Template struct {
	Text        []byte
	Description string
	Resources   map[string]*Resource // by logical id
	Outputs     map[string]*Output   // by name; empty if there are none

	order []string // of Order
}

// Resource is one member of Resources.
type Resource struct {
	LogicalID string
	Type      string
	// Properties is the tree as it is written: string, float64, bool, []any, map[string]any. Functions are maps of one
	// member, always in their long form: {"Ref": "X"}, {"Fn::GetAtt": ["X", "Arn"]}. nil if there are none.
	Properties any
	DependsOn  []string // as it is written
	Needs      []string // all resources that this one depends on, sorted, each once: DependsOn and those it refers to
	// DeletionPolicy is "Delete", "Retain" or "RetainExceptOnCreate", UpdateReplacePolicy "Delete" or "Retain". "" is the
	// default, Delete.
	DeletionPolicy, UpdateReplacePolicy string
	Metadata                            any // nil if there is none

	model resource.Type
}

// Output is one member of Outputs.
type Output struct {
	Name        string
	Description string
	Value       any // as Resource.Properties
}

// World answers what only a stack knows. What it does not know is false.
type World interface {
	// Ref is the physical id of a resource.
	Ref(logicalID string) (string, bool)
	// Attribute is an attribute of a resource: a string or a list.
	Attribute(logicalID, name string) (any, bool)
	// Pseudo is a pseudo parameter, by its full name: "AWS::Region".
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html
	Pseudo(name string) (string, bool)
}

// Parse reads a template, YAML or JSON, and checks everything that CloudFormation checks before it makes anything.
// types are the resource types that there are, by name. What is refused is an *Invalid.
func Parse(text []byte, types map[string]resource.Type) (*Template, error) {
	tree, err := read(text)
	if err != nil {
		return nil, err
	}
	t := &Template{Text: text, Resources: map[string]*Resource{}, Outputs: map[string]*Output{}}
	p := &parser{types: types, template: t}
	if err := p.parse(tree); err != nil {
		return nil, err
	}
	return t, nil
}
