package template_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/cloudformation/template"
)

var update = flag.Bool("update", false, "write the golden files")

// TestBroken refuses each of testdata/broken in the words beside it. cfn-lint 1.51 finds an error in each of them too.
func TestBroken(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/broken/*.yaml")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d broken templates, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".txt", refusal(t, text)+"\n")
		})
	}
}

// refusal is why a template is refused: by Parse, or for the properties of its resources.
func refusal(t *testing.T, text []byte) string {
	t.Helper()
	parsed, err := template.Parse(text, types())
	if err != nil {
		if _, ok := errors.AsType[*template.Invalid](err); !ok {
			t.Errorf("%v is a %T", err, err)
		}
		return err.Error()
	}
	for _, id := range parsed.Order() {
		properties, err := parsed.Resolve(id, before{})
		if err != nil {
			t.Fatal(err)
		}
		if problems := template.Check(types()[parsed.Resources[id].Type], properties); len(problems) > 0 {
			return template.Failure(id, problems)
		}
	}
	t.Fatal("nothing is wrong with it")
	return ""
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

// before is the world of a stack that has nothing yet.
type before struct{}

func (before) Ref(string) (string, bool)            { return template.Unknown, true }
func (before) Attribute(string, string) (any, bool) { return template.Unknown, true }
func (before) Pseudo(name string) (string, bool) {
	v, ok := pseudo()[name]
	return v, ok
}

func pseudo() map[string]string {
	return map[string]string{
		"AWS::AccountId": "123456789012", "AWS::Partition": "aws", "AWS::Region": "eu-west-1", "AWS::StackName": "plldb",
		"AWS::StackId":   "arn:aws:cloudformation:eu-west-1:123456789012:stack/plldb/1",
		"AWS::URLSuffix": "amazonaws.com",
	}
}
