package chores

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/plldb/plldb/magefiles/chores/source"
	"github.com/plldb/plldb/pkg/artifact"
)

// Install builds plldb with its functions embedded and puts it where go install does.
func Install(ctx context.Context) error { return install(ctx, source.Pack) }

func install(ctx context.Context, archives source.Archives) error {
	plldb, err := embedding(ctx, archives)
	if err != nil {
		return err
	}
	path, err := plldb.Install(ctx)
	if err != nil {
		return err
	}
	fmt.Println("installed", path)
	return nil
}

// Release builds plldb with its functions embedded for Linux, macOS and Windows, with SHA256SUMS, in dist/release.
func Release(ctx context.Context) error { return release(ctx, source.Pack) }

func release(ctx context.Context, archives source.Archives) error {
	plldb, err := embedding(ctx, archives)
	if err != nil {
		return err
	}
	folder := filepath.Join(plldb.Tree, "dist", "release")
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}

	var sums strings.Builder
	for _, platform := range []string{
		"darwin_amd64", "darwin_arm64", "linux_amd64", "linux_arm64", "windows_amd64", "windows_arm64",
	} {
		sum, err := releaseOne(ctx, plldb, folder, platform)
		if err != nil {
			return fmt.Errorf("building for %s: %w", platform, err)
		}
		sums.WriteString(sum)
	}
	if err := os.WriteFile(filepath.Join(folder, "SHA256SUMS"), []byte(sums.String()), 0o644); err != nil {
		return err
	}
	fmt.Println("released", folder)
	return nil
}

// releaseOne builds for one platform and returns its line of SHA256SUMS, as sha256sum writes it.
func releaseOne(ctx context.Context, plldb source.Plldb, folder, platform string) (string, error) {
	system, processor, _ := strings.Cut(platform, "_")
	name := "plldb_" + artifact.Version + "_" + platform
	if system == "windows" {
		name += ".exe"
	}
	plldb.Env = []string{"GOOS=" + system, "GOARCH=" + processor}
	path := filepath.Join(folder, name)
	if err := plldb.Build(ctx, path); err != nil {
		return "", err
	}

	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x  %s\n", sum.Sum(nil), name), nil
}

// embedding is plldb of this source tree with the archives of its functions.
func embedding(ctx context.Context, archives source.Archives) (source.Plldb, error) {
	root, err := source.Root()
	if err != nil {
		return source.Plldb{}, err
	}
	zips, err := archives(ctx, root, filepath.Join(root, "dist", "embedded"))
	if err != nil {
		return source.Plldb{}, err
	}
	return source.Plldb{Tree: root, Archives: zips}, nil
}
