package rollout_test

import (
	"debug/buildinfo"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
)

// On AWS functions run on Graviton, in the local cloud on this machine; what is kept of the one is not taken for the other.
func TestLocalRunsCompileForThisMachine(t *testing.T) {
	dir := tree(t)
	paths := map[string]bool{}
	for _, want := range []struct{ local, os, arch string }{
		{"", "linux", "arm64"}, {"/state", runtime.GOOS, runtime.GOARCH},
	} {
		r := rollout.New(rollout.Settings{Dir: dir, Local: want.local}, nil, report.Discard{}, rollout.RealClock{})
		binaries, err := r.Build(t.Context())
		mustDo(t, err)
		for _, b := range binaries {
			info, err := buildinfo.ReadFile(b.Path)
			mustDo(t, err)
			if os, arch := setting(info, "GOOS"), setting(info, "GOARCH"); os != want.os || arch != want.arch {
				t.Errorf("%s is of %s/%s, not of %s/%s", b.Name, os, arch, want.os, want.arch)
			}
			paths[b.Path] = true
		}
	}
	if kept := len(paths); runtime.GOOS+runtime.GOARCH != "linuxarm64" && kept != 2*len(names) {
		t.Errorf("%d binaries are kept", kept)
	}
}

func setting(info *debug.BuildInfo, key string) string {
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}
