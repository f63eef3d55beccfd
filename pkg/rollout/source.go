package rollout

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/plldb/plldb/cloudformation"
	"github.com/plldb/plldb/pkg/archive"
	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/compile"
	"github.com/plldb/plldb/pkg/report"
)

// source is where functions and template come from: archives that are packed already, or a source tree.
type source struct {
	packed   []artifact.Archive // nil for a source tree
	root     string             // of the source tree
	cache    string             // folder for what is made of it
	template []byte
}

// findSource prefers what it is given, then what was built in: a release does the same wherever it is called.
func (r *Run) findSource() (source, error) {
	if p := r.settings.Packed; p != nil {
		return source{packed: p.Archives, template: p.Template}, nil
	}
	archives, ok, err := archive.Embedded()
	if err != nil {
		return source{}, fmt.Errorf("reading the functions that came with plldb: %w", err)
	}
	if ok {
		return source{packed: archives, template: cloudformation.Template()}, nil
	}

	root, err := compile.FindRoot(r.settings.Dir)
	if errors.Is(err, compile.ErrNoSource) {
		return source{}, &report.Problem{
			Message: "this plldb has no functions built in, and this folder is not in plldb's source tree",
			Hint:    "run it from a clone of plldb, or build one that has them: `go tool mage install` in a clone",
			Code:    report.ExitUsage,
			Err:     err,
		}
	}
	if err != nil {
		return source{}, err
	}
	return fromTree(root, r.platform())
}

// fromTree takes the template from the tree too, so that it fits the functions there.
func fromTree(root string, platform compile.Platform) (source, error) {
	cache, err := cacheDir(root, platform)
	if err != nil {
		return source{}, err
	}
	text, err := os.ReadFile(filepath.Join(root, "cloudformation", "template.yaml"))
	if err != nil {
		return source{}, &report.Problem{
			Message: fmt.Sprintf("the template cannot be read: %v", err),
			Hint:    "restore cloudformation/template.yaml (git status shows what is missing)",
			Code:    report.ExitFailed,
			Err:     err,
		}
	}
	return source{root: root, cache: cache, template: text}, nil
}

// binariesDir and archivesDir are what is kept between runs.
func (s source) binariesDir() string { return filepath.Join(s.cache, "functions") }

func (s source) archivesDir(dist string) string {
	if dist == "" {
		return filepath.Join(s.cache, "archives")
	}
	return filepath.Join(dist, "lambda_functions")
}
