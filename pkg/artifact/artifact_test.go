package artifact_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/plldb/plldb/pkg/artifact"
)

// abc is the SHA-256 of "abc" (FIPS 180-2, B.1) in the base64 of S3 and Lambda.
const abc = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="

func TestDigest(t *testing.T) {
	if got := artifact.DigestOf([]byte("abc")).String(); got != abc {
		t.Errorf("DigestOf gives %s, want %s", got, abc)
	}
	got, n, err := artifact.DigestFrom(iotest.OneByteReader(strings.NewReader("abc")))
	if got.String() != abc || n != 3 || err != nil {
		t.Errorf("DigestFrom gives %s, %d, %v", got, n, err)
	}
	parsed, err := artifact.ParseDigest(abc)
	if parsed != got || err != nil {
		t.Errorf("ParseDigest gives %s, %v", parsed, err)
	}
}

func TestDigestOfWhatCannotBeRead(t *testing.T) {
	broken := errors.New("broken")
	got, _, err := artifact.DigestFrom(iotest.ErrReader(broken))
	if !errors.Is(err, broken) || !got.IsZero() {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestIsZero(t *testing.T) {
	if !(artifact.Digest{}).IsZero() {
		t.Error("a digest that was never computed is zero")
	}
	if artifact.DigestOf(nil).IsZero() {
		t.Error("the digest of nothing is a digest")
	}
}

func TestWhatIsNoDigest(t *testing.T) {
	for name, s := range map[string]string{
		"nothing":           "",
		"no base64":         "ungWv48Bz",
		"unpadded":          strings.TrimSuffix(abc, "="),
		"a byte short":      "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFQ==",
		"hex":               strings.Repeat("ba", 32),
		"URL-safe":          strings.NewReplacer("+", "-", "/", "_").Replace(abc),
		"a multipart's sum": abc + "-2",
	} {
		if got, err := artifact.ParseDigest(s); err == nil || !got.IsZero() {
			t.Errorf("%s: got %s, %v", name, got, err)
		}
	}
}

func TestDigestInJSON(t *testing.T) {
	type holder struct{ Digest artifact.Digest }
	text, err := json.Marshal(holder{artifact.DigestOf([]byte("abc"))})
	if string(text) != `{"Digest":"`+abc+`"}` || err != nil {
		t.Fatalf("got %s, %v", text, err)
	}
	var back holder
	if err := json.Unmarshal(text, &back); err != nil || back.Digest.String() != abc {
		t.Errorf("got %s, %v", back.Digest, err)
	}
	if err := json.Unmarshal([]byte(`{"Digest":"no"}`), &back); err == nil {
		t.Error("what is no digest was read as one")
	}
}

// R8 and R9 name the keys.
func TestKeys(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{
			artifact.ArchiveKey("0.1.0", "ws_api_connect_handler"),
			"plldb/versions/0.1.0/lambda_functions/ws_api_connect_handler.zip",
		},
		{artifact.TemplateKey("0.1.0"), "plldb/versions/0.1.0/template.yaml"},
		{artifact.Version, "0.1.0"},
	} {
		if test.got != test.want {
			t.Errorf("got %s, want %s", test.got, test.want)
		}
	}
	for _, key := range []string{artifact.ArchiveKey("0.2.0", "f"), artifact.TemplateKey("0.2.0")} {
		if !strings.HasPrefix(key, artifact.Prefix("0.2.0")) || !strings.HasPrefix(key, artifact.Root) {
			t.Errorf("%s lies outside its version's prefix", key)
		}
	}
}

// A purge removes what is ours: nothing that somebody else may have put beside it.
func TestIsOurs(t *testing.T) {
	for key, want := range map[string]bool{
		artifact.TemplateKey(artifact.Version):     true,
		artifact.ArchiveKey(artifact.Version, "f"): true,
		artifact.ArchiveKey("0.0.1-rc.1+5", "f-g"): true,
		"":                                          false,
		"plldb/versions/":                           false,
		"plldb/versions/0.1.0/":                     false,
		"plldb/versions/template.yaml":              false,
		"plldb/versions//template.yaml":             false,
		"plldb/versions/0.1.0/template.yml":         false,
		"plldb/versions/0.1.0/template.yaml.bak":    false,
		"plldb/versions/0.1.0/template.yaml\n":      false,
		"plldb/versions/0.1.0/templateXyaml":        false,
		"plldb/versions/0.1.0/notes.txt":            false,
		"plldb/versions/0.1.0/lambda_functions/":    false,
		"plldb/versions/0.1.0/lambda_functions/f":   false,
		"plldb/versions/0.1.0/f.zip":                false,
		"my/plldb/versions/0.1.0/template.yaml":     false,
		"plldb/versions/0.1.0/x/template.yaml":      false,
		"plldb/versions/1/lambda_functions/.zip":    false,
		"plldb/versions/1/lambda_functions/a/b.zip": false,
	} {
		if got := artifact.IsOurs(key); got != want {
			t.Errorf("%q: %t, want %t", key, got, want)
		}
	}
}
