package template_test

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/cloudformation/template"
)

const group = "Resources:\n  Group:\n    Type: AWS::Logs::LogGroup\n"

// api is a template whose Api has the given name.
func api(name string) string {
	return group + "  Api:\n    Type: AWS::ApiGatewayV2::Api\n    Properties:\n      Name: " + name + "\n"
}

func many(n int, each string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, each, i)
	}
	return b.String()
}

// TestRefused holds what no file in testdata/broken can: what is refused because it is not modelled, and limits.
func TestRefused(t *testing.T) {
	t.Parallel()
	texts := brokenTexts()
	maps.Copy(texts, brokenMembers())
	maps.Copy(texts, brokenCalls())
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		_, err := template.Parse([]byte(texts[name]), types())
		if _, ok := errors.AsType[*template.Invalid](err); !ok {
			t.Errorf("%s: %v is a %T", name, err, err)
		}
		fmt.Fprintf(&b, "%s: %v\n", name, err)
	}
	golden(t, "testdata/refused.txt", b.String())
}

func brokenTexts() map[string]string {
	resources := "Resources:\n" + many(501, "  G%d:\n    Type: AWS::Logs::LogGroup\n")
	outputs := group + "Outputs:\n" + many(201, "  O%d:\n    Value: x\n")
	return map[string]string{
		"empty":            "",
		"a list":           "- a\n",
		"two documents":    group + "---\n" + group,
		"no UTF-8":         group + "# \xff",
		"after JSON":       "{} {}",
		"deep YAML":        strings.Repeat("[", 200) + strings.Repeat("]", 200),
		"alias":            group + "    Metadata: &a {b: c}\nMetadata: *a\n",
		"merge key":        group + "    Metadata:\n      <<: {b: c}\n",
		"list as key":      group + "? [a]\n: b\n",
		"resources empty":  "Resources: {}\n",
		"resources a list": "Resources: [a]\n",
		"501 resources":    resources,
		"201 outputs":      outputs,
		"unquoted version": "AWSTemplateFormatVersion: 2010\n" + group,
	}
}

func brokenMembers() map[string]string {
	return map[string]string{
		"parameters":        group + "Parameters:\n  A:\n    Type: String\n",
		"mappings":          group + "Mappings: {}\n",
		"conditions":        group + "Conditions: {}\n",
		"rules":             group + "Rules: {}\n",
		"transform":         group + "Transform: AWS::Serverless-2016-10-31\n",
		"hooks":             group + "Hooks: {}\n",
		"two sections":      group + "B: 1\nA: 2\n",
		"condition":         group + "    Condition: A\n",
		"creation policy":   group + "    CreationPolicy: {}\n",
		"update policy":     group + "    UpdatePolicy: {}\n",
		"metadata function": group + "    Metadata:\n      A: !Ref AWS::Region\n",
		"policy function":   group + "    DeletionPolicy: !Ref A\n",
		"all properties":    group + "    Properties: !Ref A\n",
		"long JSON number":  `{"Resources": {"A": {"Type": "b", "Metadata": {"A": 1234567890123456}}}}`,
		"null in a list":    group + "    Metadata:\n      A: [b, ~]\n",
		"replace snapshot":  group + "    UpdateReplacePolicy: Snapshot\n",
		"depends on number": group + "    DependsOn: [1]\n",
		"metadata a list":   group + "    Metadata: [a]\n",
		"sections a list":   group + "Metadata: [a]\n",
		"outputs a list":    group + "Outputs: [a]\n",
		"long name":         "Resources:\n  " + strings.Repeat("a", 256) + ":\n    Type: AWS::Logs::LogGroup\n",
		"type a function":   group + "  A:\n    Type: !Ref B\n",
		"properties a list": group + "    Properties: [a]\n",
		"export":            group + "Outputs:\n  A:\n    Value: b\n    Export:\n      Name: c\n",
		"output condition":  group + "Outputs:\n  A:\n    Value: b\n    Condition: C\n",
		"output object":     group + "Outputs:\n  A:\n    Value: {B: c}\n",
		"output NoValue":    group + "Outputs:\n  A:\n    Value: !Ref AWS::NoValue\n",
		"several types":     "Resources:\n  B:\n    Type: b\n  A:\n    Type: a\n",
	}
}

func brokenCalls() map[string]string {
	return map[string]string{
		"binary":              api("!!binary Zm9v"),
		"base 60":             api("22:22"),
		"long number":         api("1234567890123456"),
		"sub NoValue":         api("!Sub 'a${AWS::NoValue}'"),
		"call with another":   api("\n        Fn::Sub: a\n        Other: b"),
		"call in a list":      api("\n        - a\n        - !Concat a"),
		"nested in join":      api("!Join ['', [!Ref Group, !GetAtt Gruop.Arn]]"),
		"list in join":        api("!Join ['', [!Split [',', a]]]"),
		"join of a string":    api("!Join ['', !Ref Group]"),
		"split of a list":     api("!Split [',', [a]]"),
		"select of a string":  api("!Select [0, !Ref Group]"),
		"fraction as index":   api("!Select [0.5, [a]]"),
		"lower-case function": api("\n        fn::sub: a"),
		"base64":              api("!Base64 a"),
		"if":                  api("!If [A, b, c]"),
		"for each":            api("\n        Fn::ForEach::A: [B, [c], {}]"),
		"dynamic reference":   api("'{{resolve:ssm:a}}'"),
		"notification ARNs":   api("!Select [0, !Ref AWS::NotificationARNs]"),
		"getatt of function":  api("\n        Fn::GetAtt: [Group, !Ref A]"),
		"select by function":  api("!Select [!Ref AWS::Region, [a]]"),
		"select nonexistent":  api("!Select [2, [a, b]]"),
		"select negative":     api("!Select [-1, [a, b]]"),
		"sub left open":       api("!Sub 'a-${AWS::Region'"),
		"sub key":             api("!Sub ['${a}', {a-b: c}]"),
		"sub value":           api("!Sub ['${a}', {a: [b]}]"),
		"several unresolved":  api("!Sub '${B}${A}'"),
	}
}

// TestForms reads the same from short tags, long YAML names and JSON.
func TestForms(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{`!Ref Group`, `{Ref: Group}`, `{"Ref": "Group"}`},
		{`!GetAtt Group.Arn`, `{"Fn::GetAtt": Group.Arn}`, `{"Fn::GetAtt": ["Group", "Arn"]}`},
		{`!GetAtt [Group, Arn]`, `{"Fn::GetAtt": [Group, Arn]}`, `{"Fn::GetAtt": "Group.Arn"}`},
		{`!Sub "${Group}-x"`, `{"Fn::Sub": "${Group}-x"}`, `{"Fn::Sub": "${Group}-x"}`},
		{
			`!Sub ["${A}", {A: !Ref Group}]`, `{"Fn::Sub": ["${A}", {A: {Ref: Group}}]}`,
			`{"Fn::Sub": ["${A}", {"A": {"Ref": "Group"}}]}`,
		},
		{
			`!Join ["-", [a, !Ref Group]]`, `{"Fn::Join": ["-", [a, {Ref: Group}]]}`,
			`{"Fn::Join": ["-", ["a", {"Ref": "Group"}]]}`,
		},
		{
			`!Select [1, !Split [",", "a,b"]]`, `{"Fn::Select": [1, {"Fn::Split": [",", "a,b"]}]}`,
			`{"Fn::Select": [1, {"Fn::Split": [",", "a,b"]}]}`,
		},
	} {
		short, long := parse(t, api(c[0])), parse(t, api(c[1]))
		asJSON := parse(t, `{"Resources": {"Group": {"Type": "AWS::Logs::LogGroup"}, "Api": {
			"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": `+c[2]+`}}}}`)
		for _, other := range []*template.Template{long, asJSON} {
			if !reflect.DeepEqual(short.Resources["Api"], other.Resources["Api"]) {
				t.Errorf("%s is %v, not %v", c[0], short.Resources["Api"], other.Resources["Api"])
			}
		}
	}
}

// TestScalars holds what YAML 1.1 makes of plain scalars, and that a String property gets it written out.
func TestScalars(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"2012-10-17": "2012-10-17", "yes": "true", "Off": "false", "y": "y", "010": "8", "08": "08", "0x1F": "31",
		"123456789012": "123456789012", "1_000": "1000", "1.50": "1.5", "1e3": "1000", "'010'": "010", "$default": "$default",
		"!!str 010": "010", "2001-12-14t21:59:43.10-05:00": "2001-12-14t21:59:43.10-05:00", "null1": "null1",
	} {
		parsed := parse(t, api(written))
		properties, err := parsed.Resolve("Api", made{})
		if properties["Name"] != want || err != nil {
			t.Errorf("%s is %q, %v; want %q", written, properties["Name"], err, want)
		}
	}
}

// TestCapabilities asks for the stronger capability where a name is set.
func TestCapabilities(t *testing.T) {
	t.Parallel()
	role := "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: {}\n"
	for text, want := range map[string][]string{
		group: nil, role: {"CAPABILITY_IAM"}, role + "      RoleName: a\n": {"CAPABILITY_NAMED_IAM"},
		role + "      RoleName: !Ref AWS::NoValue\n": {"CAPABILITY_IAM"},
	} {
		if got := parse(t, text).Capabilities(); !slices.Equal(got, want) {
			t.Errorf("%v for\n%s", got, text)
		}
	}
	if got := parse(t, group).CapabilityReason(); got != "" {
		t.Errorf("a reason for nothing: %q", got)
	}
}

// TestOrder keeps to the order of names where no need is against it.
func TestOrder(t *testing.T) {
	t.Parallel()
	parsed := parse(t, "Resources:\n"+
		"  C: {Type: AWS::Logs::LogGroup}\n"+
		"  A: {Type: AWS::Logs::LogGroup, DependsOn: [D, D]}\n"+
		"  D: {Type: AWS::Logs::LogGroup, DependsOn: C}\n"+
		"  B: {Type: AWS::Logs::LogGroup}\n")
	if got := parsed.Order(); !slices.Equal(got, []string{"C", "D", "A", "B"}) {
		t.Errorf("%v", got)
	}
	if got := parsed.Resources["A"]; !slices.Equal(got.Needs, []string{"D"}) || len(got.DependsOn) != 2 {
		t.Errorf("%+v", got)
	}
}

// TestCircle names those in the circle, and not those that only depend on it or are depended on.
func TestCircle(t *testing.T) {
	t.Parallel()
	_, err := template.Parse([]byte("Resources:\n"+
		"  A: {Type: AWS::Logs::LogGroup, DependsOn: B}\n"+
		"  B: {Type: AWS::Logs::LogGroup, DependsOn: C}\n"+
		"  C: {Type: AWS::Logs::LogGroup, DependsOn: [B, D]}\n"+
		"  D: {Type: AWS::Logs::LogGroup}\n"), types())
	if err == nil || err.Error() != "Circular dependency between resources: [B, C]" {
		t.Error(err)
	}
}
