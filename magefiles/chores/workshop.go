package chores

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/plldb/plldb/magefiles/chores/child"
	"github.com/plldb/plldb/magefiles/chores/drive"
	"github.com/plldb/plldb/magefiles/chores/node"
	"github.com/plldb/plldb/magefiles/chores/python"
	"github.com/plldb/plldb/magefiles/chores/source"
)

// workshop is a temporary folder with the tools in it. Nothing of it is left when it is closed.
type workshop struct {
	folder   string
	root     string // the source tree
	archives source.Archives
	python   *python.Python
	node     *node.Node
}

// openWorkshop makes the folder and finds Python and Node in it. The caller closes it, whatever comes.
func openWorkshop(ctx context.Context, archives source.Archives) (*workshop, error) {
	root, err := source.Root()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "plldb-")
	if err != nil {
		return nil, err
	}
	w := &workshop{folder: folder, root: root, archives: archives}
	for _, name := range []string{"home", "elsewhere", "python", "node"} {
		if err := os.Mkdir(w.path(name), 0o755); err != nil {
			return nil, w.abandon(err)
		}
	}
	if w.python, err = python.Find(ctx, w.path("python")); err != nil {
		return nil, w.abandon(err)
	}
	if w.node, err = node.Find(ctx, w.path("node")); err != nil {
		return nil, w.abandon(err)
	}
	return w, nil
}

func (w *workshop) path(name string) string { return filepath.Join(w.folder, name) }

func (w *workshop) abandon(err error) error {
	w.close()
	return err
}

func (w *workshop) close() { _ = os.RemoveAll(w.folder) }

// embedded builds plldb of a tree with the tree's own functions in it, to be run outside any source tree.
func (w *workshop) embedded(ctx context.Context, tree, name string) (drive.Plldb, error) {
	archives, err := w.archives(ctx, tree, w.path(name+"-work"))
	if err != nil {
		return drive.Plldb{}, err
	}
	path := w.path(name + ".exe") // the ending that Windows needs, and nobody else minds
	err = source.Plldb{Tree: tree, Archives: archives}.Build(ctx, path)
	return drive.Plldb{Path: path, Dir: w.path("elsewhere")}, err
}

// compiling builds plldb without functions, to be run in a copy of the source tree, which it makes.
func (w *workshop) compiling(ctx context.Context, name string) (drive.Plldb, error) {
	tree, path := w.path(name+"-source"), w.path(name+"-compiling.exe")
	if err := source.Copy(ctx, w.root, tree); err != nil {
		return drive.Plldb{}, fmt.Errorf("copying the source tree: %w", err)
	}
	err := source.Plldb{Tree: tree}.Build(ctx, path)
	return drive.Plldb{Path: path, Dir: tree}, err
}

// pretend is the environment for an AWS that is not AWS: credentials that open nothing, and none of the caller's.
func (w *workshop) pretend(ctx context.Context, region string, extra ...string) ([]string, error) {
	return child.Closed(ctx, w.path("home"), append(pretended(region), extra...)...)
}

// pretended are the AWS settings of pretend.
func pretended(region string, extra ...string) []string {
	return append([]string{
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=" + region, "AWS_DEFAULT_REGION=" + region,
	}, extra...)
}
