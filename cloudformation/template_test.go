package cloudformation_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/plldb/plldb/cloudformation"
	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/render"
)

var update = flag.Bool("update", false, "write the golden files")

// folders are the functions that there are: the folders with a main.go.
func folders(t *testing.T) (names []string) {
	t.Helper()
	mains, err := filepath.Glob("../functions/*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mains {
		names = append(names, filepath.Base(filepath.Dir(m)))
	}
	return names
}

// rendered is the template filled with made-up values.
func rendered(t *testing.T) []byte {
	t.Helper()
	v := render.Values{
		Version:   "0.1.0",
		Bucket:    "plldb-core-infrastructure-eu-west-1-123456789012",
		Functions: map[string]render.Function{},
	}
	for _, name := range folders(t) {
		v.Functions[name] = render.Function{
			Key:     artifact.ArchiveKey(v.Version, name),
			Version: "3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY",
			Digest:  artifact.DigestOf([]byte(name)),
		}
	}
	out, err := render.Render(cloudformation.Template(), v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// object is a mapping of the template: functions in their long form, scalars as strings.
type object = map[string]any

// parsed is the whole rendered template.
type parsed object

func template(t *testing.T) parsed {
	t.Helper()
	var document yaml.Node
	if err := yaml.Unmarshal(rendered(t), &document); err != nil {
		t.Fatal(err)
	}
	return long(document.Content[0]).(object)
}

func long(n *yaml.Node) (v any) {
	switch n.Kind {
	case yaml.SequenceNode:
		list := []any{}
		for _, c := range n.Content {
			list = append(list, long(c))
		}
		v = list
	case yaml.MappingNode:
		o := object{}
		for i := 0; i < len(n.Content); i += 2 {
			o[n.Content[i].Value] = long(n.Content[i+1])
		}
		v = o
	default:
		v = n.Value
	}
	switch {
	case !strings.HasPrefix(n.Tag, "!") || strings.HasPrefix(n.Tag, "!!"):
		return v
	case n.Tag == "!Ref":
		return object{"Ref": v}
	}
	return object{"Fn::" + n.Tag[1:]: v}
}

// at follows keys down into an object; what is not there is nil.
func at(v any, keys ...string) any {
	for _, k := range keys {
		o, _ := v.(object)
		v = o[k]
	}
	return v
}

// properties returns the properties of one resource, after a look at its type.
func (p parsed) properties(t *testing.T, id, kind string) object {
	t.Helper()
	r := at(p["Resources"], id)
	if at(r, "Type") != kind {
		t.Fatalf("%s is %v, want %s", id, at(r, "Type"), kind)
	}
	o, _ := at(r, "Properties").(object)
	return o
}

// ofType returns the resources of one type, by logical id.
func (p parsed) ofType(kind string) map[string]object {
	found := map[string]object{}
	for id, r := range p["Resources"].(object) {
		if at(r, "Type") == kind {
			found[id] = r.(object)
		}
	}
	return found
}

// same compares what the template says with JSON.
func same(t *testing.T, what string, got any, want string) {
	t.Helper()
	var w any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if !reflect.DeepEqual(got, w) {
		b, _ := json.MarshalIndent(got, "", "  ")
		t.Errorf("%s is\n%s\nwant %s", what, b, want)
	}
}

func TestTemplateAndFunctionsFit(t *testing.T) {
	names := folders(t)
	want := []string{
		"ws_api_authorize_handler", "ws_api_connect_handler", "ws_api_default_handler", "ws_api_disconnect_handler",
	}
	if !slices.Equal(names, want) { // R18
		t.Errorf("the functions are %v", names)
	}
	if err := render.Check(cloudformation.Template(), names); err != nil {
		t.Error(err)
	}
}

func TestRendered(t *testing.T) {
	const path = "testdata/rendered.golden.yaml"
	got := rendered(t)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; go test ./cloudformation -update writes it", path)
	}
	read, err := render.Deployed(got)
	if err != nil || len(read) != len(folders(t)) {
		t.Errorf("read back: %v, error %v", read, err)
	}
}

func TestTemplateGivesItsOwnBytes(t *testing.T) {
	cloudformation.Template()[0] = 'X'
	if cloudformation.Template()[0] == 'X' {
		t.Error("one caller can change what the next one gets")
	}
}

func TestR12VanillaWithoutParameters(t *testing.T) {
	tpl := template(t)
	keys := slices.Sorted(maps.Keys(tpl))
	if want := []string{"AWSTemplateFormatVersion", "Description", "Outputs", "Resources"}; !slices.Equal(keys, want) {
		t.Errorf("sections %v, want %v", keys, want)
	}
	for id, r := range tpl["Resources"].(object) {
		kind, _ := at(r, "Type").(string)
		if !strings.HasPrefix(kind, "AWS::") || strings.HasPrefix(kind, "AWS::Serverless::") {
			t.Errorf("%s is %s", id, kind)
		}
	}
}

func TestOutputs(t *testing.T) {
	tpl := template(t)
	outputs := object{}
	for name, o := range tpl["Outputs"].(object) {
		outputs[name] = at(o, "Value")
		if at(o, "Export") != nil {
			t.Errorf("%s is exported", name)
		}
		if at(o, "Description") == nil {
			t.Errorf("%s has no description", name)
		}
	}
	same(t, "Outputs", outputs, `{
		"WebSocketUrl": {"Fn::Sub": "wss://${PLLDBAPI}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${Stage}"},
		"ConnectionsUrl": {"Fn::Sub":
			"https://${PLLDBAPI}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${Stage}/@connections"},
		"ApiId": {"Ref": "PLLDBAPI"},
		"SessionsTableName": {"Ref": "PLLDBSessions"},
		"DebuggerTableName": {"Ref": "PLLDBDebugger"},
		"ServiceRoleArn": {"Fn::GetAtt": "PLLDBServiceRole.Arn"},
		"DebuggerRoleArn": {"Fn::GetAtt": "PLLDBDebuggerRole.Arn"},
		"ManagerRoleArn": {"Fn::GetAtt": "PLLDBManagerRole.Arn"},
		"Version": "0.1.0"
	}`)
}

func TestTrap10NoPhysicalNames(t *testing.T) {
	tpl := template(t)
	for kind, name := range map[string]string{
		"AWS::DynamoDB::Table":  "TableName",
		"AWS::IAM::Role":        "RoleName",
		"AWS::Lambda::Function": "FunctionName",
		"AWS::Logs::LogGroup":   "LogGroupName",
	} {
		all := tpl.ofType(kind)
		if len(all) < 2 {
			t.Errorf("%d of %s", len(all), kind)
		}
		for id, r := range all {
			if v := at(r, "Properties", name); v != nil {
				t.Errorf("%s has the %s %v", id, name, v)
			}
		}
	}
}

// No account, region or partition is written into the template; a service principal is the same in all of them.
func TestTrap15And48Partitions(t *testing.T) {
	for i, line := range strings.Split(string(cloudformation.Template()), "\n") {
		code, _, _ := strings.Cut(line, "# ")
		if strings.Contains(code, "arn:aws") {
			t.Errorf("line %d names a partition: %s", i+1, line)
		}
		if host := strings.Contains(code, "amazonaws.com"); host && !strings.Contains(code, "Service: ") &&
			!strings.Contains(code, "Principal: ") {
			t.Errorf("line %d names a host: %s", i+1, line)
		}
	}
}
