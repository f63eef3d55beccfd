package render_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/render"
)

// Whatever the text: no panic, and when Render takes it, nothing but the placeholders has changed.
func FuzzRender(f *testing.F) {
	odd, err := os.ReadFile("testdata/odd.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(odd), "0.1.0", "bucket", "v")
	f.Add(uses("one", `A: "x\"${plldb:version}" # "`, "? |\n  b\n: &c !Sub \"${plldb:bucket}\\", "  y\""),
		"---", "...", "null")
	f.Add("%YAML 1.1\n---\n\"${plldb:version}\": [\"${plldb:bucket}\", {a: 'b'}]\r\n...\n", "1", "", "\"")
	f.Add("A: ${plldb:version}\nA: *b\nC: \"\\x24{plldb:version}\"\n- ${ plldb:x}", "a", "b", "c")
	f.Add("A: \"${plldb:${plldb:version}\"", "a", "b", "c")
	f.Add("---", "a", "b", "c")

	placeholder := regexp.MustCompile(`\$\{plldb:([^}\n]*)\}`)
	f.Fuzz(func(t *testing.T, text, version, bucket, object string) {
		v := render.Values{Version: version, Bucket: bucket}
		if regexp.MustCompile(`functions\.one\.`).MatchString(text) {
			v.Functions = map[string]render.Function{
				"one": {Key: "plldb/one.zip", Version: object, Digest: artifact.DigestOf([]byte(object))},
			}
		}
		out, err := render.Render([]byte(text), v)
		if err != nil {
			problem(t, err)
			return
		}
		want := placeholder.ReplaceAllStringFunc(text, func(s string) string {
			return map[string]string{
				"version":               version,
				"bucket":                bucket,
				"functions.one.key":     "plldb/one.zip",
				"functions.one.version": object,
				"functions.one.sha256":  artifact.DigestOf([]byte(object)).String(),
			}[placeholder.FindStringSubmatch(s)[1]]
		})
		if string(out) != want {
			t.Errorf("%q became\n%q, want\n%q", text, out, want)
		}
		if _, err := render.Deployed(out); err != nil {
			t.Errorf("cannot be read back: %v", err)
		}
	})
}
