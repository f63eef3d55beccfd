package compile

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/mod/modfile"
)

// grace is how long a stopped go may hold its output open before it is let go of.
const grace = time.Second

// Command makes the one `go build` for the functions of these names; nothing runs yet. A cancelled ctx ends the
// compilers that go started too.
func (c Compiler) Command(ctx context.Context, names []string) (*exec.Cmd, error) {
	toolchain, err := c.toolchain()
	if err != nil {
		return nil, err
	}
	args, err := c.arguments(names)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = c.Root
	cmd.Env = c.environment(toolchain)
	cmd.WaitDelay = grace
	endTogether(cmd)
	return cmd, nil
}

// arguments are those of go. -buildid= is not among them: without a build ID go links again at every run, and the
// bytes are the same anyway (trap 64). The slash after the folder makes it a folder for one function too.
func (c Compiler) arguments(names []string) ([]string, error) {
	out, err := filepath.Abs(c.Out)
	if err != nil {
		return nil, err
	}
	args := []string{
		"build", "-tags", "lambda.norpc", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w",
		"-o", out + string(filepath.Separator),
	}
	for _, name := range names {
		args = append(args, "./functions/"+name)
	}
	return args, nil
}

// toolchain is the release of Go that go.mod names. As a line of go.mod it is only a floor; as GOTOOLCHAIN it is
// exact (trap 58). `go mod tidy` drops the line when the go line says the same.
func (c Compiler) toolchain() (string, error) {
	path := filepath.Join(c.Root, "go.mod")
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("reading which Go compiles the functions: %w", err)
	}
	file, err := modfile.Parse(path, text, nil)
	switch {
	case err != nil:
		return "", fmt.Errorf("reading which Go compiles the functions: %w", err)
	case file.Toolchain != nil:
		return file.Toolchain.Name, nil
	case file.Go != nil:
		return "go" + file.Go.Version, nil
	}
	return "", fmt.Errorf("%s does not say which Go compiles the functions", path)
}
