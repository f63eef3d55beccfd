package render_test

import (
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/render"
)

const lambda = `
  Fn:
    Type: AWS::Lambda::Function
    Metadata: {plldb: {sha256: "${plldb:functions.one.sha256}"}}
    Properties:
      Code:
        S3Bucket: "${plldb:bucket}"
        S3Key: "${plldb:functions.one.key}"
        S3ObjectVersion: "${plldb:functions.one.version}"
`

func TestDeployedReadsBackWhatRenderWrote(t *testing.T) {
	text := "Resources:" + lambda + strings.NewReplacer("Fn:", "Fn2:", ".one.", ".two_b-c.").Replace(lambda)
	v := values("one", "two_b-c")
	out, err := render.Render([]byte(text), v)
	if err != nil {
		t.Fatal(err)
	}
	got, err := render.Deployed(out)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, v.Functions) {
		t.Errorf("got %v\nwant %v", got, v.Functions)
	}
}

func TestDeployedReadsJSON(t *testing.T) {
	digest := artifact.DigestOf([]byte("one"))
	got, err := render.Deployed([]byte(`{
	"Resources": {"F": {"Type": "AWS::Lambda::Function",
		"Metadata": {"plldb": {"sha256": "` + digest.String() + `"}},
		"Properties": {"Code": {"S3Key": "plldb/versions/9.9.9/lambda_functions/one.zip", "S3ObjectVersion": "123"}}}}
}`))
	want := render.Function{Key: "plldb/versions/9.9.9/lambda_functions/one.zip", Version: "123", Digest: digest}
	if err != nil || len(got) != 1 || got["one"] != want {
		t.Errorf("got %v, error %v", got, err)
	}
}

func TestDeployedPassesOverWhatIsNotOurs(t *testing.T) {
	out, err := render.Render([]byte("Resources:"+lambda), values("one"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, old, new string }{
		{"another type", "AWS::Lambda::Function", "AWS::Serverless::Function"},
		{"another place in the bucket", "plldb/versions/0.1.0/lambda_functions", "other"},
		{"another kind of file", "one.zip", "one.jar"},
		{"the template's key", "lambda_functions/one.zip", "template.yaml"},
		{"no digest", "sha256", "sha512"},
		{"a broken digest", "sha256: \"", "sha256: \"x"},
		{"no version", "S3ObjectVersion", "Other"},
		{"a version that is computed", "S3ObjectVersion: ", "S3ObjectVersion: !Sub "},
		{"a key that is computed", "S3Key: ", "S3Key: !Ref "},
		{"code that is a text", "Code:\n", "Code: x\n      Nothing:\n"},
	} {
		text := strings.Replace(string(out), c.old, c.new, 1)
		if text == string(out) {
			t.Fatalf("%s: %q is not there", c.name, c.old)
		}
		got, err := render.Deployed([]byte(text))
		if err != nil || len(got) != 0 {
			t.Errorf("%s: got %v, error %v", c.name, got, err)
		}
	}
}

func TestDeployedOfOddTexts(t *testing.T) {
	for _, text := range []string{
		"", "# a\n", "a: b", "- a", "Resources:\n", "Resources: []\n", "Resources: {A: b, C: [d], E: }\n",
		"Resources: {A: {Type: AWS::Lambda::Function, Properties: [], Metadata: {plldb: 1}}}\n",
	} {
		got, err := render.Deployed([]byte(text))
		if err != nil || len(got) != 0 {
			t.Errorf("%q: got %v, error %v", text, got, err)
		}
	}
	_, err := render.Deployed([]byte("a: {b"))
	if p := problem(t, err); !strings.Contains(p.Message, "neither YAML nor JSON") || p.Hint == "" {
		t.Errorf("said %q, hint %q", p.Message, p.Hint)
	}
}

func TestLostTables(t *testing.T) {
	const sessions = `
  Sessions:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: Id, AttributeType: S}, {AttributeName: Stack, AttributeType: S}]
      KeySchema: [{AttributeName: Id, KeyType: HASH}]
      TableName: !Sub "${AWS::StackName}-s"
      ResourcePolicy: !GetAtt Other.Policy
`
	const deployed = "Resources:" + sessions + `
  Debugger:
    Type: AWS::DynamoDB::Table
    Properties: {KeySchema: [{AttributeName: Id, KeyType: HASH}]}
  Role:
    Type: AWS::IAM::Role
`
	for _, c := range []struct {
		name, old, new string
		want           []string
	}{
		{name: "nothing"},
		{name: "comment", old: "Resources:", new: "# a\nResources:"},
		{name: "another table", old: "  Role:", new: "  New: {Type: AWS::DynamoDB::Table}\n  Role:"},
		{name: "role removed", old: "  Role:\n    Type: AWS::IAM::Role\n"},
		{name: "quotes", old: "KeyType: HASH", new: `"KeyType": 'HASH'`},
		{name: "order of keys", old: "{AttributeName: Id, KeyType: HASH}", new: "{KeyType: HASH, AttributeName: Id}"},
		{name: "long form", old: `!Sub "${AWS::StackName}-s"`, new: `{"Fn::Sub": "${AWS::StackName}-s"}`},
		{name: "mutable property", old: "PAY_PER_REQUEST", new: "PROVISIONED"},
		{name: "new attribute", old: "[{AttributeName: Id,", new: "[{AttributeName: X}, {AttributeName: Id,"},
		{name: "attribute gone", old: ", {AttributeName: Stack, AttributeType: S}"},

		{name: "removed", old: sessions, new: "\n", want: []string{"Sessions"}},
		{name: "renamed", old: "Debugger:", new: "Debugging:", want: []string{"Debugger"}},
		{
			name: "another type",
			old:  "  Debugger:\n    Type: AWS::DynamoDB::Table", new: "  Debugger:\n    Type: X", want: []string{"Debugger"},
		},
		{name: "key", old: "Id, KeyType: HASH}]\n", new: "Stack, KeyType: HASH}]\n", want: []string{"Sessions"}},
		{
			name: "sort key",
			old:  "HASH}]\n", new: "HASH}, {AttributeName: Stack, KeyType: RANGE}]\n", want: []string{"Sessions"},
		},
		{name: "name", old: "}-s", new: "}-t", want: []string{"Sessions"}},
		{name: "no name", old: "TableName", new: "Tags", want: []string{"Sessions"}},
		{name: "name of another function", old: "!Sub", new: "!Ref", want: []string{"Sessions"}},
		{
			name: "local index",
			old:  "TableName:", new: "LocalSecondaryIndexes: [{IndexName: X}]\n      TableName:", want: []string{"Sessions"},
		},
		{
			name: "import",
			old:  "TableName:", new: "ImportSourceSpecification: {InputFormat: CSV}\n      TableName:",
			want: []string{"Sessions"},
		},
		{
			name: "attribute's type",
			old:  "Stack, AttributeType: S", new: "Stack, AttributeType: N", want: []string{"Sessions"},
		},
		{name: "no resources", old: "Resources", new: "Results", want: []string{"Debugger", "Sessions"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(deployed, c.old) {
				t.Fatalf("%q is not there", c.old)
			}
			next := strings.Replace(deployed, c.old, c.new, 1)
			got, err := render.LostTables([]byte(deployed), []byte(next))
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("got %v, error %v, want %v", got, err, c.want)
			}
		})
	}
}

func TestLostTablesOfShortAndLongForms(t *testing.T) {
	const text = "Resources: {T: {Type: AWS::DynamoDB::Table, Properties: {TableName: "
	for short, long := range map[string]string{
		"!Ref A":         "{Ref: A}",
		"!Condition A":   "{Condition: A}",
		"!GetAtt A.B.C":  "{Fn::GetAtt: [A, B.C]}",
		"!GetAtt [A, B]": "{Fn::GetAtt: [A, B]}",
		"!Join [x, [y]]": "{Fn::Join: [x, [y]]}",
		"5":              "\"5\"",
	} {
		got, err := render.LostTables([]byte(text+short+"}}}"), []byte(text+long+"}}}"))
		if err != nil || len(got) != 0 {
			t.Errorf("%s and %s: %v, error %v", short, long, got, err)
		}
	}
}

func TestLostTablesOfBrokenTexts(t *testing.T) {
	for _, c := range [][2]string{{"a: {b", "a: b"}, {"a: b", "a: {b"}} {
		_, err := render.LostTables([]byte(c[0]), []byte(c[1]))
		problem(t, err)
	}
	got, err := render.LostTables(nil, []byte("Resources: {T: {Type: AWS::DynamoDB::Table}}"))
	if err != nil || len(got) != 0 {
		t.Errorf("of nothing: %v, error %v", got, err)
	}
}

// big is a template with this many functions, each with a log group and a permission.
func big(t testing.TB, functions int) ([]byte, render.Values) {
	t.Helper()
	one, err := os.ReadFile("testdata/function.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text, v := []byte("Resources:\n"), values()
	for i := range functions {
		name := "function_" + string(rune('a'+i/26%26)) + string(rune('a'+i%26))
		maps.Copy(v.Functions, values(name).Functions)
		text = append(text, strings.ReplaceAll(string(one), "NAME", name)...)
	}
	return text, v
}

func BenchmarkHundredFunctions(b *testing.B) {
	text, v := big(b, 100)
	functions := slices.Collect(maps.Keys(v.Functions))
	out, err := render.Render(text, v)
	if err != nil {
		b.Fatal(err)
	}
	for name, do := range map[string]func() error{
		"Check":      func() error { return render.Check(text, functions) },
		"Render":     func() error { _, err := render.Render(text, v); return err },
		"Deployed":   func() error { _, err := render.Deployed(out); return err },
		"LostTables": func() error { _, err := render.LostTables(out, append(out, '\n')); return err },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(out)))
			for b.Loop() {
				if err := do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
