package render

import (
	"path"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/report"
)

// Deployed reads a rendered template back: which zip each function runs, by function name. Resources that do not look
// like plldb's functions are passed over, and so is a function of which something is missing. An empty text has none.
// The error, a *report.Problem, means that the text is neither YAML nor JSON.
func Deployed(text []byte) (map[string]Function, error) {
	all, err := resources(text)
	if err != nil {
		return nil, err
	}
	functions := map[string]Function{}
	for _, r := range all {
		if name, f, ok := function(r.node); ok {
			functions[name] = f
		}
	}
	return functions, nil
}

// function reads one resource. Its name is that of the zip: PREFIX/lambda_functions/NAME.zip (R8).
func function(r *yaml.Node) (name string, f Function, ok bool) {
	code := get(r, "Properties", "Code")
	f.Key, f.Version = stringOf(get(code, "S3Key")), stringOf(get(code, "S3ObjectVersion"))
	name, zip := strings.CutSuffix(path.Base(f.Key), ".zip")
	digest, err := artifact.ParseDigest(stringOf(get(r, "Metadata", "plldb", "sha256")))
	f.Digest = digest

	ours := stringOf(get(r, "Type")) == "AWS::Lambda::Function" && artifact.IsOurs(f.Key)
	return name, f, ours && zip && f.Version != "" && err == nil
}

// resource is one entry of a template's Resources.
type resource struct {
	id   string // logical id
	node *yaml.Node
}

// resources lists a template's resources in its order.
func resources(text []byte) ([]resource, error) {
	root, err := parse(text)
	switch {
	case err == errEmpty:
		return nil, nil
	case err != nil:
		return nil, &report.Problem{
			Message: "the stack's template is neither YAML nor JSON: " + err.Error(),
			Hint:    "look at it with: aws cloudformation get-template --stack-name plldb",
			Code:    report.ExitFailed,
			Err:     err,
		}
	}

	var all []resource
	if list := get(root, "Resources"); list.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(list.Content); i += 2 {
			all = append(all, resource{list.Content[i].Value, list.Content[i+1]})
		}
	}
	return all, nil
}
