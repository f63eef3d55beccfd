package compile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/plldb/plldb/pkg/report"
)

// module is the module whose functions are compiled.
const module = "github.com/plldb/plldb"

// ErrNoSource says that a folder is not in plldb's source tree.
var ErrNoSource = errors.New("not in the source tree of plldb")

// FindRoot walks up from dir to the folder whose go.mod is plldb's, and returns its absolute path. Modules of other
// names on the way are passed by. Standing elsewhere, the error is ErrNoSource.
func FindRoot(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("looking for plldb's sources: %w", err)
		}
		if modfile.ModulePath(text) == module {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", ErrNoSource
		}
		dir = parent
	}
}

var (
	// validName keeps a function's name fit for a path, a key in the bucket and a placeholder of the template.
	validName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`)

	// mainClause finds the package clause of a program.
	mainClause = regexp.MustCompile(`(?m)^package main\b`)
)

// Functions returns the names of the functions, sorted: the folders directly under functions/ that hold a main.go.
// That there are none, or one that go would not link under its name, is a *report.Problem.
func (c Compiler) Functions() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(c.Root, "functions"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("looking for the functions: %w", err)
	}
	var names []string
	for _, entry := range entries {
		is, err := c.isFunction(entry)
		if err != nil {
			return nil, err
		}
		if is {
			names = append(names, entry.Name())
		}
	}
	if len(names) == 0 {
		return nil, noFunctions(c.Root)
	}
	return names, nil
}

// isFunction says whether a folder holds a program. One whose main.go is of another package would compile, link
// nothing, and so leave an older binary of the same name standing: that is an error here.
func (c Compiler) isFunction(entry fs.DirEntry) (bool, error) {
	name := entry.Name()
	if !entry.IsDir() || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" {
		return false, nil
	}
	text, err := os.ReadFile(filepath.Join(c.Root, "functions", name, "main.go"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("reading the function %s: %w", name, err)
	case !validName.MatchString(name):
		return false, badName(name)
	case !mainClause.Match(text):
		return false, notProgram(name)
	}
	return true, nil
}

func noFunctions(root string) error {
	return &report.Problem{
		Message: fmt.Sprintf("there are no functions to package in %s", filepath.Join(root, "functions")),
		Hint: "each function is a folder functions/NAME with a main.go: restore them (git status shows what is missing)," +
			" or use a plldb that was made by `mage install`, which has the functions in it",
		Code: report.ExitFailed,
	}
}

func badName(name string) error {
	return &report.Problem{
		Message: fmt.Sprintf("functions/%s: a function cannot have this name", name),
		Hint:    "rename the folder: letters, digits, _ and - are allowed, and a letter or digit comes first",
		Code:    report.ExitFailed,
	}
}

func notProgram(name string) error {
	return &report.Problem{
		Message: fmt.Sprintf("functions/%s/main.go is not a program: it has no line `package main`", name),
		Hint:    "make it package main, or give the file another name if this folder is no function",
		Code:    report.ExitFailed,
	}
}
