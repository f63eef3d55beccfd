package template

import (
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// What a plain scalar is, in YAML 1.1, which CloudFormation reads: yes is true and 010 is eight. Dates stay strings.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html, https://yaml.org/type/
var (
	yamlTrue  = regexp.MustCompile(`^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$`)
	yamlFalse = regexp.MustCompile(`^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$`)
	yamlNull  = regexp.MustCompile(`^(?:|~|null|Null|NULL)$`)
	yamlInt   = regexp.MustCompile(`^[-+]?(?:0b[01_]+|0[0-7_]*|[1-9][0-9_]*|0x[0-9a-fA-F_]+)$`)
	yamlFloat = regexp.MustCompile(`^[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[0-9][0-9_]*[eE][-+]?[0-9]+` +
		`|\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?)$`)
	yamlDecimal = regexp.MustCompile(`^[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$`)
	yamlOdd     = regexp.MustCompile(`^(?:[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?` +
		`|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$`)
)

// longestInteger is how many digits a number keeps exactly.
const longestInteger = 15

func plain(n *yaml.Node) (any, error) {
	switch text := n.Value; {
	case yamlNull.MatchString(text):
		return nil, nil
	case yamlTrue.MatchString(text):
		return true, nil
	case yamlFalse.MatchString(text):
		return false, nil
	case yamlInt.MatchString(text):
		return whole(n)
	case yamlFloat.MatchString(text):
		return fraction(n)
	case yamlOdd.MatchString(text):
		return nil, unmodelled("%s, a number to base 60 or an infinite one in YAML 1.1; write it in quotes", text)
	default:
		return text, nil
	}
}

func whole(n *yaml.Node) (any, error) {
	text := strings.ReplaceAll(n.Value, "_", "")
	if len(text) > longestInteger {
		return nil, unmodelled("the number %s, which has too many digits; write it in quotes", n.Value)
	}
	i, err := strconv.ParseInt(text, 0, 64) // base 0 reads 0b, 0x and a leading 0 as YAML 1.1 does
	if err != nil {
		return nil, malformedYAML(n.Line, n.Column)
	}
	return float64(i), nil
}

func fraction(n *yaml.Node) (any, error) {
	f, err := strconv.ParseFloat(strings.ReplaceAll(n.Value, "_", ""), 64)
	if err != nil {
		return nil, malformedYAML(n.Line, n.Column)
	}
	return f, nil
}

// text is a scalar as a string, as CloudFormation turns numbers and booleans into strings. Other values are false.
func text(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	return "", false
}
