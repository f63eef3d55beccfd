package source_test

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plldb/plldb/cloudformation"
	"github.com/plldb/plldb/magefiles/chores/source"
	"github.com/plldb/plldb/pkg/compile"
)

const small = `# a comment
Resources:

  AFunction:
    Type: AWS::Lambda::Function
    Properties:
      Code:
        S3Key: "${plldb:functions.a.key}"
        S3ObjectVersion: "${plldb:functions.a.version}"
      Role: x

  # ---- Others ----
  Other:
    Type: AWS::Other

Outputs: {}
`

func TestTemplateCopiesOneResourceForEachName(t *testing.T) {
	got, err := source.Template(small, "a", []string{"b_1"})
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(small, "      Role: x\n", `      Role: x

  b1Function:
    Type: AWS::Lambda::Function
    Properties:
      Code:
        S3Key: "${plldb:functions.b_1.key}"
        S3ObjectVersion: "${plldb:functions.b_1.version}"
      Role: x
`, 1)
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTemplateWithoutTheFunctionIsAnError(t *testing.T) {
	if _, err := source.Template(small, "nobody", []string{"b"}); err == nil {
		t.Error("there is no error")
	}
}

func TestTemplateGrowsTheRealOne(t *testing.T) {
	text := string(cloudformation.Template())
	got, err := source.Template(text, "ws_api_default_handler", []string{"sample_000", "sample_001"})
	if err != nil {
		t.Fatal(err)
	}
	added := strings.Count(got, "Type: AWS::Lambda::Function") - strings.Count(text, "Type: AWS::Lambda::Function")
	if added != 2 || !strings.Contains(got, "\n  sample001Function:\n") {
		t.Errorf("%d functions were added:\n%s", added, got)
	}
	if strings.Count(got, "${plldb:functions.sample_000.") != 3 {
		t.Errorf("sample_000 does not have all its placeholders:\n%s", got)
	}
	if strings.Count(got, "\n  sample000LogGroup:\n    Type: AWS::Logs::LogGroup\n") != 1 ||
		strings.Count(got, "!Ref sample000LogGroup\n") != 1 {
		t.Errorf("sample_000 does not have its own log group:\n%s", got)
	}
}

func TestChangeReplacesTheChangeBefore(t *testing.T) {
	tree := t.TempDir()
	write(t, filepath.Join(tree, "functions", "a", "main.go"), "package main\n")
	var texts []string
	for _, mark := range []string{"one", "two", "one"} {
		if err := source.Change(tree, "a", mark); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, read(t, filepath.Join(tree, "functions", "a", "main.go")))
	}
	if texts[0] == texts[1] || texts[0] != texts[2] {
		t.Errorf("the programs are %q", texts)
	}
}

func TestCopyLeavesOutWhatIsMadeAndWhatIsHidden(t *testing.T) {
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "copy")
	for _, path := range []string{"go.mod", "pkg/a/a.go", "pkg/dist/kept.go", "dist/x.zip", ".git/HEAD"} {
		write(t, filepath.Join(from, filepath.FromSlash(path)), path)
	}
	if err := source.Copy(t.Context(), from, to); err != nil {
		t.Fatal(err)
	}

	for path, there := range map[string]bool{
		"go.mod": true, "pkg/a/a.go": true, "pkg/dist/kept.go": true, "dist": false, ".git": false,
	} {
		_, err := os.Stat(filepath.Join(to, filepath.FromSlash(path)))
		if (err == nil) != there {
			t.Errorf("%s: there is %v, want %v", path, err == nil, there)
		}
	}
	if got := read(t, filepath.Join(to, "pkg", "a", "a.go")); got != "pkg/a/a.go" {
		t.Errorf("the copy holds %q", got)
	}
}

func TestGrowAddsProgramsAndTheirResources(t *testing.T) {
	tree := t.TempDir()
	write(t, filepath.Join(tree, "functions", "a", "main.go"), "package main\n")
	write(t, filepath.Join(tree, "cloudformation", "template.yaml"), small)
	if err := source.Grow(tree, "a", 3); err != nil {
		t.Fatal(err)
	}
	if got := read(t, filepath.Join(tree, "functions", "sample_002", "main.go")); got != "package main\n" {
		t.Errorf("the last program is %q", got)
	}
	if got := read(t, filepath.Join(tree, "cloudformation", "template.yaml")); strings.Count(got, "S3Key") != 4 {
		t.Errorf("the template is\n%s", got)
	}
}

func TestUnthrottleRaisesTheLimitsOfTheRealTemplate(t *testing.T) {
	tree := t.TempDir()
	path := filepath.Join(tree, "cloudformation", "template.yaml")
	write(t, path, string(cloudformation.Template()))
	if err := source.Unthrottle(tree); err != nil {
		t.Fatal(err)
	}
	got := read(t, path)
	if !strings.Contains(got, "RateLimit: 1000000\n") || !strings.Contains(got, "BurstLimit: 1000000\n") {
		t.Errorf("the template's stage is\n%s", got[strings.Index(got, "StageName"):])
	}
	write(t, path, small)
	if err := source.Unthrottle(tree); err == nil {
		t.Error("a template without limits gives no error")
	}
}

func TestProgramIsAZipForLambda(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	path, err := source.Program(t.Context(), root, "./magefiles/chores/play/probe", compile.Lambda(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	files, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = files.Close() }()
	if len(files.File) != 1 || files.File[0].Name != "bootstrap" || files.File[0].Mode() != 0o755 {
		t.Errorf("the zip holds %d files, the first %+v", len(files.File), files.File[0].FileHeader)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
