package compile

import (
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// environment is all that go and the compiler get to see (trap 58): what they need to run and to fetch modules is
// passed on by name, what decides the bytes is fixed, and everything else stays outside. GODEBUG, GOROOT, CC and the
// like are therefore unset.
func (c Compiler) environment(toolchain string) []string {
	vars := named(userFile(), fetching())
	maps.Copy(vars, named(os.Environ(), append(running(), fetching()...)))
	maps.Copy(vars, map[string]string{
		"CGO_ENABLED":  "0",
		"GO111MODULE":  "on",
		"GOARCH":       c.Platform.Arch,
		"GOARM64":      "v8.0",
		"GOENV":        "off",
		"GOEXPERIMENT": "",
		"GOFIPS140":    "off",
		"GOFLAGS":      "-mod=readonly",
		"GOOS":         c.Platform.OS,
		"GOTOOLCHAIN":  toolchain,
		"GOWORK":       "off",
	})
	env := make([]string, 0, len(vars))
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		env = append(env, name+"="+vars[name])
	}
	return env
}

// running names what go and git need to run at all, on unix and on Windows.
func running() []string {
	return []string{
		"PATH", "HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
		"SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "TEMP", "TMP",
		"USERPROFILE", "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA",
	}
}

// fetching names what decides where modules and toolchains come from and where they are kept, but not what they are:
// go.sum holds that. Those that go knows may stand in its own settings file as well.
func fetching() []string {
	return []string{
		"GOCACHE", "GOCACHEPROG", "GOMODCACHE", "GOPATH",
		"GOPROXY", "GOSUMDB", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE", "GOVCS", "GOAUTH",
		"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy",
		"SSL_CERT_FILE", "SSL_CERT_DIR", "NETRC",
		"GIT_SSL_CAINFO", "GIT_SSH", "GIT_SSH_COMMAND", "SSH_AUTH_SOCK",
	}
}

// named picks the variables of these names. An empty one counts as unset, as go itself has it.
func named(env, names []string) map[string]string {
	picked := map[string]string{}
	for _, line := range env {
		key, value, _ := strings.Cut(line, "=")
		if value == "" {
			continue
		}
		if i := slices.IndexFunc(names, func(name string) bool { return same(name, key) }); i >= 0 {
			picked[names[i]] = value
		}
	}
	return picked
}

// same compares names as the system does: Windows does not tell Path from PATH.
func same(a, b string) bool {
	if runtime.GOOS == "windows" {
		return strings.EqualFold(a, b)
	}
	return a == b
}

// userFile reads the KEY=VALUE lines that `go env -w` keeps. The child does not read that file, since it may hold
// GOFLAGS; so that a proxy set there still counts, it is read here. A file that cannot be read counts as none, for
// go as well.
func userFile() []string {
	path := os.Getenv("GOENV")
	if path == "" {
		dir, err := os.UserConfigDir()
		if err != nil {
			return nil
		}
		path = filepath.Join(dir, "go", "env")
	}
	text, err := os.ReadFile(path)
	if path == "off" || err != nil {
		return nil
	}
	return strings.Split(string(text), "\n")
}
