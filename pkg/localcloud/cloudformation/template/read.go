package template

import (
	"errors"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// deepest is how far values may be nested. CloudFormation's own limit is in no document (unverified); resource types
// need a tenth of this.
const deepest = 100

// read makes a tree of a template: string, float64, bool, []any, map[string]any, with functions in their long form.
// What begins with a brace is JSON, all else YAML.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
func read(text []byte) (map[string]any, error) {
	var tree any
	var err error
	if strings.HasPrefix(strings.TrimSpace(string(text)), "{") {
		tree, err = readJSON(text)
	} else {
		tree, err = readYAML(text)
	}
	if err != nil {
		return nil, err
	}
	object, ok := tree.(map[string]any)
	if !ok {
		// What a template is called that is only a string, such as a file's name (aws-cli's users meet it often).
		return nil, invalidf("Template format error: unsupported structure.")
	}
	if path := findNull(object, ""); path != "" {
		return nil, invalidf("[%s] 'null' values are not allowed in templates", path)
	}
	return object, nil
}

// findNull is the path of the first null, "" if there is none.
// https://github.com/localstack/localstack, tests/aws/services/cloudformation/api/test_validations.snapshot.json: what
// AWS answered.
func findNull(v any, path string) string {
	switch v := v.(type) {
	case nil:
		return path
	case []any:
		for i, item := range v {
			if found := findNull(item, path+"/"+strconv.Itoa(i)); found != "" {
				return found
			}
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if found := findNull(v[key], path+"/"+key); found != "" {
				return found
			}
		}
	}
	return ""
}

// malformedYAML is the refusal of a text that is no YAML. AWS's parser counts columns of its own (unverified).
func malformedYAML(line, column int) *Invalid {
	switch {
	case line == 0:
		return invalidf("Template format error: YAML not well-formed.")
	case column == 0:
		return invalidf("Template format error: YAML not well-formed. (line %d)", line)
	}
	return invalidf("Template format error: YAML not well-formed. (line %d, column %d)", line, column)
}

var yamlLine = regexp.MustCompile(`line (\d+)`)

func readYAML(text []byte) (any, error) {
	if !utf8.Valid(text) {
		return nil, malformedYAML(0, 0)
	}
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	var document, second yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return nil, nil // an empty document
	} else if err != nil {
		return nil, parseError(err)
	}
	if err := decoder.Decode(&second); err == nil {
		return nil, malformedYAML(second.Line, second.Column)
	} else if !errors.Is(err, io.EOF) {
		return nil, parseError(err)
	}
	return fromNode(&document, 0)
}

func parseError(err error) *Invalid {
	found := yamlLine.FindStringSubmatch(err.Error())
	if found == nil {
		return malformedYAML(0, 0)
	}
	line, _ := strconv.Atoi(found[1])
	return malformedYAML(line, 0)
}

// longForm is the name of the function that a tag is short for.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
func longForm(tag string) (string, bool) {
	name := strings.TrimPrefix(tag, "!")
	switch name {
	case "Ref", "Condition":
		return name, true
	case "And", "Base64", "Cidr", "Equals", "FindInMap", "GetAtt", "GetAZs", "If", "ImportValue", "Join", "Length", "Not",
		"Or", "Select", "Split", "Sub", "ToJsonString", "Transform":
		return "Fn::" + name, true
	}
	return "", false
}

func fromNode(n *yaml.Node, depth int) (any, error) {
	if depth > deepest {
		return nil, malformedYAML(n.Line, n.Column)
	}
	if n.Kind == yaml.AliasNode {
		return nil, invalidf("Template error: YAML aliases are not allowed in CloudFormation templates")
	}
	if n.Kind == yaml.DocumentNode {
		return fromNode(n.Content[0], depth)
	}
	if n.Style&yaml.TaggedStyle == 0 {
		return untagged(n, depth)
	}
	if tag := n.ShortTag(); strings.HasPrefix(tag, "!!") {
		return standard(n, tag, depth)
	}
	name, ok := longForm(n.Tag)
	if !ok {
		return nil, malformedYAML(n.Line, n.Column)
	}
	if n.Kind == yaml.ScalarNode {
		return call(name, n.Value), nil
	}
	argument, err := untagged(n, depth)
	return call(name, argument), err
}

// standard is a value with one of YAML's own tags.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html: which are not supported.
func standard(n *yaml.Node, tag string, depth int) (any, error) {
	switch tag {
	case "!!map", "!!seq":
		return untagged(n, depth)
	case "!!str":
		return n.Value, nil
	case "!!int", "!!float", "!!bool", "!!null":
		return plain(n)
	}
	return nil, unmodelled("the YAML tag %s", tag)
}

func untagged(n *yaml.Node, depth int) (any, error) {
	switch n.Kind {
	case yaml.MappingNode:
		return fromMapping(n, depth)
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, item := range n.Content {
			v, err := fromNode(item, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	}
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return n.Value, nil
	}
	return plain(n)
}

func fromMapping(n *yaml.Node, depth int) (any, error) {
	object := map[string]any{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode {
			return nil, malformedYAML(key.Line, key.Column)
		}
		if key.Value == "<<" && key.Style == 0 {
			return nil, unmodelled("YAML's merge key <<")
		}
		if _, twice := object[key.Value]; twice {
			return nil, malformedYAML(key.Line, key.Column)
		}
		v, err := fromNode(n.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		object[key.Value] = v
	}
	return dotted(object), nil
}

// call is a function in its long form.
func call(name string, argument any) any { return dotted(map[string]any{name: argument}) }

// dotted takes the one-string form of Fn::GetAtt apart: the first dot ends the logical id.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-getatt.html
func dotted(object map[string]any) map[string]any {
	if text, ok := object["Fn::GetAtt"].(string); ok && len(object) == 1 {
		id, attribute, _ := strings.Cut(text, ".")
		return map[string]any{"Fn::GetAtt": []any{id, attribute}}
	}
	return object
}
