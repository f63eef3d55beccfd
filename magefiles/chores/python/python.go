// Package python holds the chores' tools that are written in Python, because what they stand on is: moto's server,
// boto3 as the client that is not plldb's own, and cfn-lint.
package python

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/plldb/plldb/magefiles/chores/child"
)

// Needs is what has to be installed, as pip is given it.
const Needs = "'moto[server]==5.2.1' boto3 cfn-lint awscli"

//go:embed moto_server.py
var motoServer []byte

//go:embed reader.py
var reader []byte

//go:embed measure.py
var measure []byte

// Python is an interpreter that has the packages, with a folder for the programs.
type Python struct {
	interpreter string
	folder      string
}

// Find looks for the interpreter and the packages, and lays the programs into the folder. What is missing is an error
// that says how to install it.
func Find(ctx context.Context, folder string) (*Python, error) {
	p := &Python{folder: folder}
	for _, name := range []string{"python3", "python"} {
		if path, err := exec.LookPath(name); err == nil {
			p.interpreter = path
			break
		}
	}
	if p.interpreter == "" {
		return nil, errors.New("there is no python3 on the PATH; install Python 3.10 or newer, then: pip install " + Needs)
	}
	if _, err := child.Output(child.Command(ctx, p.interpreter, "-c", "import moto.server, boto3, cfnlint")); err != nil {
		return nil, fmt.Errorf("python lacks what conformance needs; install it with: pip install %s\n%w", Needs, err)
	}

	return p, p.lay()
}

func (p *Python) lay() error {
	programs := map[string][]byte{"moto_server.py": motoServer, "reader.py": reader, "measure.py": measure}
	for name, text := range programs {
		if err := os.WriteFile(filepath.Join(p.folder, name), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// program makes the command that runs one of the programs. Of the caller's AWS settings it has none but those in aws.
func (p *Python) program(ctx context.Context, name string, aws ...string) *exec.Cmd {
	cmd := child.Command(ctx, p.interpreter, filepath.Join(p.folder, name))
	cmd.Env = child.Without([]string{"AWS_"}, aws...)
	return cmd
}

// Lint runs cfn-lint, information included, on the template in the file. Findings are an error that holds them.
func (p *Python) Lint(ctx context.Context, template string) error {
	const entry = "import sys, cfnlint.runner; sys.exit(cfnlint.runner.main())" // what the program cfn-lint does
	cmd := child.Command(ctx, p.interpreter, "-c", entry, "--include-checks", "I", "--", template)
	_, err := child.Output(cmd)
	return err
}

// MaxMemory runs the command in the folder and returns the most memory that it held, in bytes.
func (p *Python) MaxMemory(ctx context.Context, dir string, env []string, argv ...string) (int64, error) {
	args := append([]string{"-I", "-S", filepath.Join(p.folder, "measure.py")}, argv...)
	cmd := child.Command(ctx, p.interpreter, args...)
	cmd.Dir, cmd.Env = dir, env
	text, err := child.Output(cmd)
	if err != nil {
		return 0, err
	}

	var bytes int64
	_, err = fmt.Sscan(string(text), &bytes)
	return bytes, err
}
