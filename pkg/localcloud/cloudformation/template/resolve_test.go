package template_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/cloudformation/template"
	"github.com/plldb/plldb/pkg/localcloud/resource"
)

// TestFunctions fills functions in.
func TestFunctions(t *testing.T) {
	t.Parallel()
	w := made{"Group": "g-1", "Group.Arn": "arn:g"}
	for written, want := range map[string]any{
		`!Ref Group`:        "g-1",
		`!Ref AWS::Region`:  "eu-west-1",
		`!GetAtt Group.Arn`: "arn:g",
		`!Sub "${Group}/${Group.Arn}/${AWS::Region}"`:              "g-1/arn:g/eu-west-1",
		`!Sub "${!Group}-${Group}$"`:                               "${Group}-g-1$",
		`!Sub ["${Group}-${N}", {Group: own, N: 3}]`:               "own-3",
		`!Join ["-", [a, !Ref Group, 3, true, !Ref AWS::NoValue]]`: "a-g-1-3-true",
		`!Join ["", []]`:                               "",
		`!Join ["/", !Split ["-", !Ref Group]]`:        "g/1",
		`!Select ["1", !Split ["-", !Ref Group]]`:      "1",
		`!Select [0, [!Ref AWS::NoValue, !Ref Group]]`: "g-1",
		`!Ref AWS::NoValue`:                            nil,
	} {
		properties, err := parse(t, api(written)).Resolve("Api", w)
		if got, set := properties["Name"]; got != want || err != nil || set != (want != nil) {
			t.Errorf("%s is %v, %v; want %v", written, got, err, want)
		}
	}
}

// TestUnknown holds that a value with an unknown part is unknown.
func TestUnknown(t *testing.T) {
	t.Parallel()
	for _, written := range []string{
		`!Ref Group`, `!GetAtt Group.Arn`, `!Sub "a-${Group}"`, `!Sub ["${A}", {A: !Ref Group}]`,
		`!Join ["-", [a, !Ref Group]]`, `!Select [0, !Split ["-", !Ref Group]]`,
		`!Join ["-", !Split ["-", !GetAtt Group.Arn]]`,
	} {
		properties, err := parse(t, api(written)).Resolve("Api", before{})
		if properties["Name"] != template.Unknown || err != nil {
			t.Errorf("%s is %v, %v", written, properties["Name"], err)
		}
	}
	properties, err := parse(t, api(`!Select [1, [!Ref Group, known]]`)).Resolve("Api", before{})
	if properties["Name"] != "known" || err != nil {
		t.Errorf("%v, %v", properties, err)
	}
}

// TestUnresolvable tells CloudFormation's refusals from a world that does not know what it should.
func TestUnresolvable(t *testing.T) {
	t.Parallel()
	list := made{"Group.Arn": []any{"a", "b"}}
	for _, c := range []struct {
		written string
		w       made
		want    string
		refused bool
	}{
		{`!Ref Group`, made{}, "the resource Group has no physical id", false},
		{`!Sub "${Group}"`, made{}, "the resource Group has no physical id", false},
		{`!GetAtt Group.Arn`, made{}, "Requested attribute Arn does not exist in schema for AWS::Logs::LogGroup", true},
		{`!Sub "${Group.Arn}"`, list, "Template error: every variable in an Fn::sub object must reference a string", true},
		{
			`!Select [2, !GetAtt Group.Arn]`, list,
			"Template error: Fn::Select cannot select nonexistent value at index 2", true,
		},
		{
			`!Select [0, !GetAtt Group.Arn]`,
			made{"Group.Arn": "a"},
			"Template error: Fn::Select requires a list argument with two elements: an integer index and a list", true,
		},
	} {
		_, err := parse(t, api(c.written)).Resolve("Api", c.w)
		_, refused := errors.AsType[*template.Invalid](err)
		if err == nil || err.Error() != c.want || refused != c.refused {
			t.Errorf("%s: %v (%T)", c.written, err, err)
		}
	}
	parsed := parse(t, api("a")+"Outputs:\n  O:\n    Value: !GetAtt Group.Arn\n")
	_, err := parsed.ResolveOutput("O", list)
	want := "Template format error: The Value field of every Outputs member must evaluate to a String."
	if err == nil || err.Error() != want {
		t.Error(err)
	}
	if _, err := parsed.Resolve("Nobody", list); err == nil {
		t.Error("a resource that is not there has properties")
	}
}

// TestKinds makes values what the type wants, and leaves alone what cannot be made so.
func TestKinds(t *testing.T) {
	t.Parallel()
	parsed := parse(t, "Resources:\n  S:\n    Type: AWS::ApiGatewayV2::Stage\n    Properties:\n"+
		"      ApiId: 12\n      StageName: true\n      AutoDeploy: 'true'\n      DefaultRouteSettings:\n"+
		"        ThrottlingRateLimit: '2.5'\n        ThrottlingBurstLimit: ten\n      Other: 1\n")
	got, err := parsed.Resolve("S", made{})
	want := map[string]any{
		"ApiId": "12", "StageName": "true", "AutoDeploy": true, "Other": 1.0,
		"DefaultRouteSettings": map[string]any{"ThrottlingRateLimit": 2.5, "ThrottlingBurstLimit": "ten"},
	}
	if !reflect.DeepEqual(got, want) || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	problems := fmt.Sprint(template.Check(types()["AWS::ApiGatewayV2::Stage"], got))
	if problems != "[#: extraneous key [Other] is not permitted "+
		"#/DefaultRouteSettings/ThrottlingBurstLimit: expected type: Integer, found: String]" {
		t.Error(problems)
	}
}

// TestResolveTwice holds that the template is not changed by resolving it.
func TestResolveTwice(t *testing.T) {
	t.Parallel()
	parsed := parse(t, string(rendered(t)))
	again := parse(t, string(rendered(t)))
	for id := range parsed.Resources {
		if _, err := parsed.Resolve(id, before{}); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(parsed, again) {
		t.Error("another template than before")
	}
}

// TestCheck holds the validator's words.
func TestCheck(t *testing.T) {
	t.Parallel()
	fn := func(change string, v any) map[string]any {
		return map[string]any{"Role": "r", "Code": map[string]any{}, change: v}
	}
	for _, c := range []struct {
		properties map[string]any
		want       string
	}{
		{fn("Timeout", 10.0), "[]"},
		{fn("Timeout", template.Unknown), "[]"},
		{fn("Timeout", 901.0), "[#/Timeout: failed validation constraint for keyword [maximum]]"},
		{fn("Timeout", 1.5), "[#/Timeout: expected type: Integer, found: BigDecimal]"},
		{fn("Architectures", map[string]any{}), "[#/Architectures: expected type: JSONArray, found: JSONObject]"},
		{fn("Architectures", []any{"a", true}), "[#/Architectures/1: expected type: String, found: Boolean]"},
		{fn("Handler", []any{}), "[#/Handler: expected type: String, found: JSONArray]"},
		{map[string]any{"Rolle": "r"}, "[#: required key [Code] not found #: required key [Role] not found " +
			"#: extraneous key [Rolle] is not permitted]"},
	} {
		if got := fmt.Sprint(template.Check(functionType(), c.properties)); got != c.want {
			t.Errorf("%v: %s", c.properties, got)
		}
	}
}

// TestCompare says what an update changes.
func TestCompare(t *testing.T) {
	t.Parallel()
	tags := func(values ...any) []any {
		var list []any
		for _, v := range values {
			list = append(list, map[string]any{"Key": "k", "Value": v})
		}
		return list
	}
	keys := func(name string) []any { return []any{map[string]any{"AttributeName": name, "KeyType": "HASH"}} }
	has := map[string]any{
		"TableName": "a", "KeySchema": keys("Id"), "Tags": tags("1", "2"), "TableClass": "STANDARD",
		"AttributeDefinitions": []any{map[string]any{"AttributeName": "Id", "AttributeType": "S"}},
	}
	want := map[string]any{
		"TableName": "a", "KeySchema": keys("Key"), "Tags": tags("one"), "BillingMode": template.Unknown,
		"AttributeDefinitions": []any{map[string]any{"AttributeName": "Key", "AttributeType": "S"}},
	}
	expected := []template.Difference{
		{
			"/Properties/AttributeDefinitions/0/AttributeName", "AttributeDefinitions", "Id", "Key", resource.Conditional,
			"Modify",
		},
		{"/Properties/BillingMode", "BillingMode", "", template.Unknown, resource.InPlace, "Add"},
		{"/Properties/KeySchema/0/AttributeName", "KeySchema", "Id", "Key", resource.Replaces, "Modify"},
		{"/Properties/TableClass", "TableClass", "STANDARD", "", resource.InPlace, "Remove"},
		{"/Properties/Tags/0/Value", "Tags", "1", "one", resource.InPlace, "Modify"},
		{"/Properties/Tags/1", "Tags", `{"Key":"k","Value":"2"}`, "", resource.InPlace, "Remove"},
	}
	if got := template.Compare(tableType(), has, want); !slices.Equal(got, expected) {
		t.Errorf("got  %v\nwant %v", got, expected)
	}
	if got := template.Compare(tableType(), has, has); got != nil {
		t.Errorf("the same differs: %v", got)
	}
}

// TestCompareDocuments looks into values of any shape, and does not escape what it shows.
func TestCompareDocuments(t *testing.T) {
	t.Parallel()
	has := map[string]any{
		"AssumeRolePolicyDocument": map[string]any{"Statement": []any{"a"}}, "MaxSessionDuration": 3600.0,
	}
	want := map[string]any{
		"AssumeRolePolicyDocument": map[string]any{"Statement": []any{map[string]any{"a": "<b>", "c": 1.0}}},
		"MaxSessionDuration":       7200.0,
	}
	expected := []template.Difference{
		{
			"/Properties/AssumeRolePolicyDocument/Statement/0", "AssumeRolePolicyDocument", "a", `{"a":"<b>","c":1}`,
			resource.InPlace, "Modify",
		},
		{"/Properties/MaxSessionDuration", "MaxSessionDuration", "3600", "7200", resource.InPlace, "Modify"},
	}
	if got := template.Compare(roleType(), has, want); !slices.Equal(got, expected) {
		t.Errorf("got  %v\nwant %v", got, expected)
	}
}

// TestCauses finds what a property refers to.
func TestCauses(t *testing.T) {
	t.Parallel()
	sub := `!Sub ["${Group.Arn}${A}${AWS::Region}", {A: !Ref Group}]`
	parsed := parse(t, api(`!Join ["", [!Ref Group, !GetAtt Group.Arn, `+sub+`]]`))
	want := []template.Cause{{"ResourceReference", "Group"}, {"ResourceAttribute", "Group.Arn"}}
	if got := parsed.Causes("Api", "Name"); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	for _, got := range [][]template.Cause{parsed.Causes("Api", "Other"), parsed.Causes("Nobody", "Name")} {
		if got != nil {
			t.Errorf("%v", got)
		}
	}
}
