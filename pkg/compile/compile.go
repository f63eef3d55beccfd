// Package compile turns the sources of the Lambda functions into binaries, with one `go build` for all of them. Equal
// sources give equal bytes on any machine, in any folder: nothing of the user's environment reaches the compiler.
package compile

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/plldb/plldb/pkg/artifact"
)

// Platform is what the binaries run on, in Go's words (GOOS and GOARCH).
type Platform struct{ OS, Arch string }

// Lambda is the platform of the functions on AWS: provided.al2023 on Graviton.
func Lambda() Platform { return Platform{OS: "linux", Arch: "arm64"} }

// Host is the platform of this machine, where the local cloud runs the functions.
func Host() Platform { return Platform{OS: runtime.GOOS, Arch: runtime.GOARCH} }

// Compiler builds the functions of one source tree.
type Compiler struct {
	Root     string   // the module's root, as FindRoot gives it
	Out      string   // the folder of the binaries; kept between runs, so that go need not link again what it holds
	Platform Platform // what the binaries run on; Lambda() for AWS

	// Run runs the command to its end and returns what (*exec.Cmd).Run returns; nil does just that.
	Run func(*exec.Cmd) error
}

// Build compiles every function and returns their binaries, sorted by name. What the compiler has to say against a
// function comes as a *report.Problem; after a cancelled ctx the error is ctx's own, and no child is left.
func (c Compiler) Build(ctx context.Context) ([]artifact.Binary, error) {
	names, err := c.Functions()
	if err != nil {
		return nil, err
	}
	if err := c.compile(ctx, names); err != nil {
		return nil, err
	}
	return c.binaries(names)
}

// compile runs go in a temporary folder of its own inside Out. On the same file system go puts a finished binary in
// its place by a rename; by a copy, a killed go would leave half a file whose build ID is that of the whole.
func (c Compiler) compile(ctx context.Context, names []string) error {
	cmd, err := c.Command(ctx, names)
	if err != nil {
		return err
	}
	out, err := filepath.Abs(c.Out)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return fmt.Errorf("making the folder of the binaries: %w", err)
	}
	tmp, err := os.MkdirTemp(out, ".go-build-")
	if err != nil {
		return fmt.Errorf("making a folder to compile in: %w", err)
	}
	defer os.RemoveAll(tmp)
	cmd.Env = append(cmd.Env, "GOTMPDIR="+tmp)

	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := c.run(cmd); err != nil {
		c.forget(ctx, names)
		return failure(ctx, names, said.String(), err)
	}
	return nil
}

func (c Compiler) run(cmd *exec.Cmd) error {
	if c.Run != nil {
		return c.Run(cmd)
	}
	return cmd.Run()
}

// forget removes the binaries after a build that was stopped, where go copies them into their place and would trust half
// a file at the next run: on Windows, and in a folder with the setgid bit. Elsewhere a binary is put there whole, and may be
// another run's.
func (c Compiler) forget(ctx context.Context, names []string) {
	if ctx.Err() == nil || !c.copied() {
		return
	}
	for _, name := range names {
		_ = os.Remove(c.binary(name))
	}
}

func (c Compiler) copied() bool {
	info, err := os.Stat(c.Out)
	return runtime.GOOS == "windows" || err == nil && info.Mode()&os.ModeSetgid != 0
}

// binaries reads what go left in Out. Files of functions that are gone stay there, and are not looked at.
func (c Compiler) binaries(names []string) ([]artifact.Binary, error) {
	binaries := make([]artifact.Binary, 0, len(names))
	for _, name := range names {
		path := c.binary(name)
		id, size, err := identify(path)
		if err != nil {
			return nil, fmt.Errorf("reading the binary of %s: %w", name, err)
		}
		binaries = append(binaries, artifact.Binary{Name: name, Path: path, ID: id, Size: size})
	}
	return binaries, nil
}

// binary is the path that go gives a function's binary.
func (c Compiler) binary(name string) string {
	if c.Platform.OS == "windows" {
		name += ".exe"
	}
	return filepath.Join(c.Out, name)
}
