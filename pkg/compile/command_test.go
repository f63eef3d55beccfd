package compile_test

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/compile"
)

func TestCommandArguments(t *testing.T) {
	c := compiler(t, nil)
	cmd, err := c.Command(t.Context(), []string{"a", "b"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"go", "build", "-tags", "lambda.norpc", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w",
		"-o", c.Out + string(filepath.Separator), "./functions/a", "./functions/b",
	}
	if !slices.Equal(cmd.Args, want) {
		t.Errorf("args %q, want %q", cmd.Args, want)
	}
	if cmd.Dir != c.Root {
		t.Errorf("runs in %q, want %q", cmd.Dir, c.Root)
	}
}

func TestCommandOutIsAbsolute(t *testing.T) {
	c := compiler(t, nil)
	c.Out = "dist"
	cmd, err := c.Command(t.Context(), []string{"a"})
	if err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(here, "dist") + string(filepath.Separator); !slices.Contains(cmd.Args, want) {
		t.Errorf("args %q lack %q", cmd.Args, want)
	}
}

// bare empties the environment of the test; an empty variable counts as unset.
func bare(t *testing.T) {
	t.Helper()
	for _, line := range os.Environ() {
		if name, _, _ := strings.Cut(line, "="); name != "" {
			t.Setenv(name, "")
		}
	}
}

func environment(t *testing.T, c compile.Compiler) []string {
	t.Helper()
	cmd, err := c.Command(t.Context(), []string{"a"})
	if err != nil {
		t.Fatal(err)
	}
	return cmd.Env
}

func TestTrap58OnlyNamedVariablesReachTheCompiler(t *testing.T) {
	c := compiler(t, nil)
	bare(t)
	for name, value := range map[string]string{
		"PATH": "/bin", "HOME": "/home/u", "GOCACHE": "/c", "GOPROXY": "direct", "HTTPS_PROXY": "http://p",
		"SSL_CERT_FILE": "/cert", "NETRC": "/netrc", "GOENV": "off",
		"GOFLAGS": "-tags=evil", "GOEXPERIMENT": "arenas", "GOARM64": "v9.0", "GOAMD64": "v3", "GOWORK": "/w/go.work",
		"CGO_ENABLED": "1", "GODEBUG": "a=1", "GOROOT": "/evil", "GOTOOLCHAIN": "local", "GOFIPS140": "latest",
		"GO111MODULE": "off", "GOOS": "plan9", "GOARCH": "386", "CC": "evil", "GO_EXTLINK_ENABLED": "1",
		"AWS_SECRET_ACCESS_KEY": "secret", "LD_PRELOAD": "/evil.so", "GOTMPDIR": "/evil",
	} {
		t.Setenv(name, value)
	}
	want := []string{
		"CGO_ENABLED=0", "GO111MODULE=on", "GOARCH=arm64", "GOARM64=v8.0", "GOCACHE=/c", "GOENV=off", "GOEXPERIMENT=",
		"GOFIPS140=off", "GOFLAGS=-mod=readonly", "GOOS=linux", "GOPROXY=direct",
		"GOTOOLCHAIN=" + strings.Fields(runtime.Version())[0], "GOWORK=off", "HOME=/home/u", "HTTPS_PROXY=http://p",
		"NETRC=/netrc", "PATH=/bin", "SSL_CERT_FILE=/cert",
	}
	if got := environment(t, c); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestTrap58TheUsersGoSettings(t *testing.T) {
	for name, test := range map[string]struct {
		place func(t *testing.T) // puts the file where go looks for it
		want  string             // GOPROXY
	}{
		"named by GOENV": {func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "env")
			write(t, path, settings)
			t.Setenv("GOENV", path)
		}, "off"},
		"where the user's settings are": {func(t *testing.T) {
			dir, err := os.UserConfigDir()
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "go", "env"), settings)
		}, "off"},
		"off": {func(t *testing.T) {
			t.Chdir(t.TempDir())
			write(t, "off", settings)
			t.Setenv("GOENV", "off")
		}, ""},
		"none": {func(*testing.T) {}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			bare(t)
			home := t.TempDir()
			t.Setenv("HOME", home)
			t.Setenv("APPDATA", home)
			t.Setenv("GOCACHE", "/environment")
			test.place(t)
			passes(t, environment(t, compiler(t, nil)), test.want)
		})
	}
}

const settings = `# a comment
GOPROXY=off
GOFLAGS=-tags=evil
GOARM64=v9.0
PATH=/evil
GOCACHE=/file
GOVCS
`

// passes checks what of those settings reached the child: GOPROXY with this value, and none that a variable of the
// environment says otherwise or that decides the bytes.
func passes(t *testing.T, env []string, proxy string) {
	t.Helper()
	got := ""
	for _, line := range env {
		if value, ok := strings.CutPrefix(line, "GOPROXY="); ok {
			got = value
		}
	}
	if got != proxy {
		t.Errorf("GOPROXY=%s, want %q", got, proxy)
	}
	for _, line := range []string{"GOCACHE=/environment", "GOFLAGS=-mod=readonly", "GOARM64=v8.0"} {
		if !slices.Contains(env, line) {
			t.Errorf("environment %q lacks %s", env, line)
		}
	}
	if slices.Contains(env, "PATH=/evil") {
		t.Errorf("environment %q holds PATH from the file", env)
	}
}

func TestToolchain(t *testing.T) {
	const head = "module github.com/plldb/plldb\n\n"
	for name, test := range map[string]struct{ mod, want string }{
		"toolchain line": {head + "go 1.26.0\n\ntoolchain go1.26.5\n", "go1.26.5"},
		"go line alone":  {head + "go 1.26.7\n", "go1.26.7"},
		"neither":        {head, ""},
		"damaged":        {head + "go 1.26.7 or so\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := compiler(t, nil)
			write(t, filepath.Join(c.Root, "go.mod"), test.mod)
			cmd, err := c.Command(t.Context(), []string{"a"})
			switch {
			case test.want == "" && (err == nil || !strings.Contains(err.Error(), "go.mod")):
				t.Errorf("error %v, want one that names go.mod", err)
			case test.want != "" && (err != nil || !slices.Contains(cmd.Env, "GOTOOLCHAIN="+test.want)):
				t.Errorf("error %v, want GOTOOLCHAIN=%s", err, test.want)
			}
		})
	}
}
