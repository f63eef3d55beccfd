package template_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/cloudformation/template"
)

var placeholder = regexp.MustCompile(`\$\{plldb:([^}]*)\}`)

// rendered is the template that plldb deploys, with plausible values.
func rendered(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile("../../../../cloudformation/template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return placeholder.ReplaceAllFunc(text, func(found []byte) []byte {
		name := string(placeholder.FindSubmatch(found)[1])
		switch {
		case name == "bucket":
			return []byte("plldb-123456789012-eu-west-1-an")
		case strings.HasSuffix(name, ".sha256"):
			return []byte("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
		case strings.HasSuffix(name, ".version"):
			return []byte("L4kqtJlcpXroDTDmpUMLUo")
		}
		return []byte("v1.2.3/" + name + ".zip")
	})
}

func parse(t testing.TB, text string) *template.Template {
	t.Helper()
	parsed, err := template.Parse([]byte(text), types())
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// needs are the resources of the template that need any, with those.
func needs() map[string][]string {
	return map[string][]string{
		"PLLDBServiceRole": {"AuthorizeLogGroup", "ConnectLogGroup", "DefaultLogGroup", "DisconnectLogGroup"},
		"PLLDBManagerRole": {"PLLDBServiceRole"},
		"ServiceRoleAssumesManagerRole": {
			"PLLDBManagerRole", "PLLDBServiceRole",
		},
		"PLLDBDebuggerRole":     {"PLLDBAPI", "PLLDBDebugger", "PLLDBSessions"},
		"ConnectFunction":       {"ConnectLogGroup", "PLLDBServiceRole"},
		"DisconnectFunction":    {"DisconnectLogGroup", "PLLDBServiceRole"},
		"AuthorizeFunction":     {"AuthorizeLogGroup", "PLLDBServiceRole"},
		"DefaultFunction":       {"DefaultLogGroup", "PLLDBServiceRole"},
		"Authorizer":            {"AuthorizeFunction", "PLLDBAPI"},
		"AuthorizePermission":   {"AuthorizeFunction", "Authorizer", "PLLDBAPI"},
		"ConnectPermission":     {"ConnectFunction", "PLLDBAPI"},
		"DisconnectPermission":  {"DisconnectFunction", "PLLDBAPI"},
		"DefaultPermission":     {"DefaultFunction", "PLLDBAPI"},
		"ConnectIntegration":    {"ConnectFunction", "PLLDBAPI"},
		"DisconnectIntegration": {"DisconnectFunction", "PLLDBAPI"},
		"DefaultIntegration":    {"DefaultFunction", "PLLDBAPI"},
		"ConnectRoute":          {"Authorizer", "ConnectIntegration", "PLLDBAPI"},
		"DisconnectRoute":       {"DisconnectIntegration", "PLLDBAPI"},
		"DefaultRoute":          {"DefaultIntegration", "PLLDBAPI"},
		"DefaultRouteResponse":  {"DefaultRoute", "PLLDBAPI"},
		"Stage":                 {"ConnectRoute", "DefaultRoute", "DefaultRouteResponse", "DisconnectRoute", "PLLDBAPI"},
	}
}

// TestRealTemplate reads what plldb deploys.
func TestRealTemplate(t *testing.T) {
	t.Parallel()
	parsed := parse(t, string(rendered(t)))
	for id, r := range parsed.Resources {
		if want := needs()[id]; !slices.Equal(r.Needs, want) {
			t.Errorf("%s needs %v, want %v", id, r.Needs, want)
		}
		properties, err := parsed.Resolve(id, before{})
		if err != nil {
			t.Fatal(err)
		}
		model := types()[r.Type]
		if problems := template.Check(model, properties); len(model.Properties) > 0 && problems != nil {
			t.Errorf("%s: %v", id, problems)
		}
	}
	inOrder(t, parsed)
	if got := parsed.Capabilities(); !slices.Equal(got, []string{"CAPABILITY_IAM"}) {
		t.Errorf("capabilities %v", got)
	}
	want := "The following resource(s) require capabilities: [AWS::IAM::Role, AWS::IAM::RolePolicy]"
	if got := parsed.CapabilityReason(); got != want {
		t.Errorf("%q", got)
	}
	if len(parsed.Outputs) != 9 || !strings.HasPrefix(parsed.Description, "plldb: tables, roles") {
		t.Errorf("%d outputs, description %q", len(parsed.Outputs), parsed.Description)
	}
	if got := parsed.Resources["PLLDBSessions"]; got.DeletionPolicy != "Delete" || got.UpdateReplacePolicy != "Delete" {
		t.Errorf("policies %q, %q", got.DeletionPolicy, got.UpdateReplacePolicy)
	}
}

// inOrder holds that Order has every resource once, and after those that it needs.
func inOrder(t testing.TB, parsed *template.Template) {
	t.Helper()
	seen := map[string]bool{}
	for _, id := range parsed.Order() {
		for _, other := range parsed.Resources[id].Needs {
			if !seen[other] {
				t.Errorf("%s comes before %s, which it needs", id, other)
			}
		}
		if seen[id] || parsed.Resources[id] == nil {
			t.Errorf("%s is there twice, or is no resource", id)
		}
		seen[id] = true
	}
	if len(seen) != len(parsed.Resources) {
		t.Errorf("%d of %d resources in order", len(seen), len(parsed.Resources))
	}
}

// TestOutputs resolves the real outputs in a world where all is there.
func TestOutputs(t *testing.T) {
	t.Parallel()
	parsed := parse(t, string(rendered(t)))
	w := made{"PLLDBAPI": "abc123", "Stage": "plldb", "PLLDBServiceRole.Arn": "arn:aws:iam::123456789012:role/r"}
	for name, want := range map[string]string{
		"WebSocketUrl":   "wss://abc123.execute-api.eu-west-1.amazonaws.com/plldb",
		"ConnectionsUrl": "https://abc123.execute-api.eu-west-1.amazonaws.com/plldb/@connections",
		"ServiceRoleArn": "arn:aws:iam::123456789012:role/r",
	} {
		if got, err := parsed.ResolveOutput(name, w); got != want || err != nil {
			t.Errorf("%s is %q, %v", name, got, err)
		}
	}
	if got, err := parsed.ResolveOutput("WebSocketUrl", before{}); got != template.Unknown || err != nil {
		t.Errorf("before the stack is there: %q, %v", got, err)
	}
	if _, err := parsed.ResolveOutput("ApiId", made{}); err == nil {
		t.Error("an output of a resource without physical id has a value")
	}
}

// made is a world with the given physical ids and, after a dot, attributes.
type made map[string]any

func (w made) Ref(id string) (string, bool)              { s, ok := w[id].(string); return s, ok }
func (w made) Attribute(id, name string) (any, bool)     { v, ok := w[id+"."+name]; return v, ok }
func (w made) Pseudo(name string) (v string, known bool) { return before{}.Pseudo(name) }
