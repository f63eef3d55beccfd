package child

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Closed returns an environment that holds where programs and Go's caches are, home as the home folder, and the extra
// settings ("NAME=value"). No AWS setting of the caller's is in it, and no AWS file of the caller's is found through
// it.
func Closed(ctx context.Context, home string, extra ...string) ([]string, error) {
	goEnv, err := goSettings(ctx)
	if err != nil {
		return nil, err
	}
	env := []string{
		"HOME=" + home,
		"USERPROFILE=" + home,
		"LOCALAPPDATA=" + filepath.Join(home, "cache"),
		"AWS_CONFIG_FILE=" + filepath.Join(home, "no-aws-config"),
		"AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(home, "no-aws-credentials"),
		"AWS_EC2_METADATA_DISABLED=true",
		"NO_COLOR=1",
	}
	for _, name := range []string{"PATH", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "PATHEXT", "COMSPEC"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}

	return slices.Concat(env, goEnv, extra), nil
}

// goSettings gives the caches and the proxy of the caller's go, whose places otherwise follow from the home folder.
func goSettings(ctx context.Context) ([]string, error) {
	names := []string{
		"GOCACHE", "GOMODCACHE", "GOPATH", "GOPROXY", "GONOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE", "GOTOOLCHAIN",
	}
	text, err := Output(Command(ctx, "go", append([]string{"env", "-json"}, names...)...))
	if err != nil {
		return nil, err
	}
	var values map[string]string
	if err := json.Unmarshal(text, &values); err != nil {
		return nil, fmt.Errorf("reading the answer of go env: %w", err)
	}

	var env []string
	for _, name := range names {
		if values[name] != "" {
			env = append(env, name+"="+values[name])
		}
	}
	return env, nil
}

// Without returns the caller's environment less the variables whose names begin with one of the prefixes, and with the
// extra settings.
func Without(prefixes []string, extra ...string) []string {
	env := slices.DeleteFunc(os.Environ(), func(setting string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(setting, p) })
	})
	return append(env, extra...)
}
