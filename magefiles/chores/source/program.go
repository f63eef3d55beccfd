package source

import (
	"archive/zip"
	"context"
	"os"
	"path/filepath"

	"github.com/plldb/plldb/magefiles/chores/child"
	"github.com/plldb/plldb/pkg/compile"
)

// Program compiles a package of the tree for a platform and puts it into a zip for Lambda, in the folder.
func Program(ctx context.Context, tree, pkg string, on compile.Platform, folder string) (string, error) {
	binary, file := filepath.Join(folder, "bootstrap"), filepath.Join(folder, "program.zip")
	cmd := child.Command(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", binary, pkg)
	cmd.Dir, cmd.Env = tree, append(os.Environ(), "CGO_ENABLED=0", "GOOS="+on.OS, "GOARCH="+on.Arch)
	if _, err := child.Output(cmd); err != nil {
		return "", err
	}
	text, err := os.ReadFile(binary)
	if err != nil {
		return "", err
	}
	return file, zipped(file, text)
}

// zipped writes a zip with one program in it, under the name that Lambda starts.
func zipped(path string, program []byte) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // closed below, unless something failed before
	archive := zip.NewWriter(file)
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate}
	header.SetMode(0o755)
	entry, err := archive.CreateHeader(header)
	if err != nil {
		return err
	}
	if _, err := entry.Write(program); err != nil {
		return err
	}
	if err := archive.Close(); err != nil {
		return err
	}
	return file.Close()
}
