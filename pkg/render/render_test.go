package render_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/render"
	"github.com/plldb/plldb/pkg/report"
)

var update = flag.Bool("update", false, "write the golden files")

func values(names ...string) render.Values {
	v := render.Values{
		Version:   "0.1.0",
		Bucket:    "plldb-core-infrastructure-eu-west-1-123456789012",
		Functions: map[string]render.Function{},
	}
	for _, n := range names {
		v.Functions[n] = render.Function{
			Key:     artifact.ArchiveKey("0.1.0", n),
			Version: "3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY_" + n,
			Digest:  artifact.DigestOf([]byte(n)),
		}
	}
	return v
}

// uses is the shortest template that uses a function, and then some lines.
func uses(name string, lines ...string) string {
	return "F: {k: \"${plldb:functions." + name + ".key}\", v: \"${plldb:functions." + name +
		".version}\", s: \"${plldb:functions." + name + ".sha256}\"}\n" + strings.Join(lines, "\n")
}

func problem(t *testing.T, err error) *report.Problem {
	t.Helper()
	p, ok := errors.AsType[*report.Problem](err)
	if !ok {
		t.Fatalf("got %T %v, want a *report.Problem", err, err)
	}
	if p.Code != report.ExitFailed {
		t.Errorf("exit code %d", p.Code)
	}
	return p
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
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
		t.Errorf("%s differs (-update writes it):\n%s", path, got)
	}
}

func TestR10AllElseStays(t *testing.T) {
	text, err := os.ReadFile("testdata/odd.yaml")
	if err != nil {
		t.Fatal(err)
	}
	out, err := render.Render(text, values("one"))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "odd.golden.yaml", out)

	crlf := bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))
	got, err := render.Render(crlf, values("one"))
	if err != nil {
		t.Fatal(err)
	}
	if want := bytes.ReplaceAll(out, []byte("\n"), []byte("\r\n")); !bytes.Equal(got, want) {
		t.Errorf("with CR LF:\n%s", got)
	}
}

func TestR10TextWithoutPlaceholdersStays(t *testing.T) {
	for _, text := range []string{
		"a: b", "a: b\n", "{\n\t\"a\": [1, \"${AWS::Region}\"]\n}\n", "%YAML 1.1\n---\na: !Ref b\n...\n", "a: b\rc: d\r",
	} {
		out, err := render.Render([]byte(text), render.Values{})
		if err != nil || string(out) != text {
			t.Errorf("%q became %q, error %v", text, out, err)
		}
	}
}

func TestTrap59ValuesStayStrings(t *testing.T) {
	for _, value := range []string{
		"null", "123", "1e3", "0x1F", "0o17", "true", "2026-11-21", "12.5", ".inf", "-", "---", "=", "1_000", "+1", "yes",
	} {
		v := values("one")
		f := v.Functions["one"]
		f.Version = value
		v.Functions["one"] = f
		out, err := render.Render([]byte(uses("one")), v)
		if err != nil {
			t.Errorf("%s: %v", value, err)
			continue
		}
		var read struct {
			F map[string]any `yaml:"F"`
		}
		if err := yaml.Unmarshal(out, &read); err != nil {
			t.Fatal(err)
		}
		if read.F["v"] != value {
			t.Errorf("%s reads as %#v", value, read.F["v"])
		}
	}
}

func TestRenderRefusesValues(t *testing.T) {
	text := []byte("B: \"${plldb:bucket}\"\nV: \"${plldb:version}\"\n" + uses("one"))
	for _, c := range []struct {
		change func(*render.Values, *render.Function)
		want   string
	}{
		{func(v *render.Values, _ *render.Function) { v.Bucket = "" }, "template.yaml:1:5: ${plldb:bucket} has no value"},
		{
			func(v *render.Values, _ *render.Function) { v.Version = `1" #` },
			`template.yaml:2:5: ${plldb:version} cannot be filled with "1\" #"`,
		},
		{
			func(_ *render.Values, f *render.Function) { f.Key = "a b" },
			`template.yaml:3:9: ${plldb:functions.one.key} cannot be filled with "a b"`,
		},
		{
			func(_ *render.Values, f *render.Function) { f.Version = "${plldb:version}" },
			`cannot be filled with "${plldb:version}"`,
		},
		{func(_ *render.Values, f *render.Function) { f.Version = "a\n" }, `cannot be filled with "a\n"`},
		{
			func(_ *render.Values, f *render.Function) { f.Digest = artifact.Digest{} },
			"${plldb:functions.one.sha256} has no value",
		},
	} {
		v := values("one")
		f := v.Functions["one"]
		c.change(&v, &f)
		v.Functions["one"] = f
		out, err := render.Render(text, v)
		if p := problem(t, err); !strings.Contains(p.Message, c.want) || strings.Contains(p.Message, "\n") || p.Hint == "" {
			t.Errorf("said %q, hint %q; want %q", p.Message, p.Hint, c.want)
		}
		if out != nil {
			t.Errorf("gave a text all the same: %s", out)
		}
	}
}

// A value at the very beginning of a line of a long string can end the document. The filled text is parsed again.
func TestRenderParsesTheFilledTextAgain(t *testing.T) {
	text := []byte("A: \"x\n${plldb:version}\ny\"\n")
	if err := render.Check(text, nil); err != nil {
		t.Fatal(err)
	}
	_, err := render.Render(text, render.Values{Version: "---"})
	if p := problem(t, err); p.Message != "template.yaml:2:1: this is no YAML: found unexpected document indicator" {
		t.Errorf("said %q", p.Message)
	}
}

func TestRenderNeedsExactlyItsFunctions(t *testing.T) {
	_, err := render.Render([]byte(uses("one")), values("one", "two"))
	if p := problem(t, err); p.Message != "template.yaml: the template does not use the function two" {
		t.Errorf("said %q", p.Message)
	}
	_, err = render.Render([]byte(uses("one")), values())
	if p := problem(t, err); strings.Count(p.Message, "needs a function one, which is not there") != 3 {
		t.Errorf("said %q", p.Message)
	}
}
