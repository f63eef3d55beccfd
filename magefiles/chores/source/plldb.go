package source

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/plldb/plldb/magefiles/chores/child"
	"github.com/plldb/plldb/pkg/archive"
	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/compile"
)

// Archives gives the functions of a tree as zips for Lambda; what it keeps of its work lies in the folder.
type Archives func(ctx context.Context, tree, folder string) ([]artifact.Archive, error)

// Pack compiles and zips a tree's functions.
func Pack(ctx context.Context, tree, folder string) ([]artifact.Archive, error) {
	compiler := compile.Compiler{Root: tree, Out: filepath.Join(folder, "bin"), Platform: compile.Lambda()}
	binaries, err := compiler.Build(ctx)
	if err != nil {
		return nil, err
	}
	return archive.Zipper{Dir: filepath.Join(folder, "zip")}.Zip(ctx, binaries, nil)
}

// Plldb is how plldb is built from a tree.
type Plldb struct {
	Tree     string
	Archives []artifact.Archive // to be embedded; without them it compiles from source
	Env      []string           // settings beside the caller's environment: GOOS=…, GOARCH=…
}

// Build makes the binary at the path.
func (p Plldb) Build(ctx context.Context, path string) error { return p.run(ctx, "build", "-o", path) }

// Install makes the binary, puts it where `go install` does and returns its path.
func (p Plldb) Install(ctx context.Context) (string, error) {
	if err := p.run(ctx, "install"); err != nil {
		return "", err
	}
	cmd := child.Command(ctx, "go", "list", "-f", "{{.Target}}", "./cmd/plldb")
	cmd.Dir = p.Tree
	path, err := child.Output(cmd)

	return strings.TrimSpace(string(path)), err
}

// run runs a go command on plldb's main package. It builds without cgo and asks no version control: the same sources
// are to give the same bytes, whoever builds them.
func (p Plldb) run(ctx context.Context, args ...string) error {
	args = append(args, "-trimpath", "-buildvcs=false", "-ldflags", "-s -w")
	if p.Archives != nil {
		folder, err := os.MkdirTemp("", "plldb-embed-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(folder) }()
		overlay, err := p.embed(ctx, folder)
		if err != nil {
			return err
		}
		// aws-lambda-go has an older protocol beside the Runtime API, with net/rpc, which is 10 MB.
		args = append(args, "-tags", "plldb_embedded,lambda.norpc", "-overlay", overlay)
	}

	cmd := child.Command(ctx, "go", append(args, "./cmd/plldb")...)
	cmd.Dir, cmd.Env = p.Tree, append(append(os.Environ(), "CGO_ENABLED=0"), p.Env...)
	_, err := child.Output(cmd)
	return err
}

// embed writes the archives into the folder, and an overlay (see `go help build`) through which go finds them in the
// source tree, where they would otherwise have to be left lying.
func (p Plldb) embed(ctx context.Context, folder string) (string, error) {
	zips := filepath.Join(folder, "embedded")
	if err := archive.Export(ctx, p.Archives, zips); err != nil {
		return "", err
	}
	files, err := os.ReadDir(zips)
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	for _, file := range files {
		replace[filepath.Join(p.Tree, "pkg", "archive", "embedded", file.Name())] = filepath.Join(zips, file.Name())
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", fmt.Errorf("writing the overlay: %w", err)
	}

	overlay := filepath.Join(folder, "overlay.json")
	return overlay, os.WriteFile(overlay, text, 0o600)
}
