package compile

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"

	"github.com/plldb/plldb/pkg/report"
)

// failure says why go failed: stopped by ctx, not there at all, or with lines of its own.
func failure(ctx context.Context, names []string, said string, err error) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("compiling the functions: %w", ctx.Err())
	case errors.Is(err, exec.ErrNotFound):
		return noGo(err)
	}
	lines := useful(said)
	if lines == "" {
		return fmt.Errorf("compiling the functions: go build: %w", err)
	}
	if guilty := blamed(names, lines); len(guilty) > 0 {
		return notCompiling(guilty, lines, err)
	}
	return &report.Problem{
		Message: "the functions cannot be compiled:\n" + lines,
		Hint:    "these are the go command's own lines: mend what they name, then run this again",
		Code:    report.ExitFailed,
		Err:     err,
	}
}

func noGo(err error) error {
	return &report.Problem{
		Message: "Go is needed to compile the functions, and there is no `go` in PATH",
		Hint: "install Go (https://go.dev/dl), or use a plldb that was made by `mage install`:" +
			" it has the functions in it and needs no Go",
		Code: report.ExitFailed,
		Err:  err,
	}
}

func notCompiling(names []string, lines string, err error) error {
	who := "the function " + names[0] + " does"
	if len(names) > 1 {
		who = "the functions " + strings.Join(names, ", ") + " do"
	}
	return &report.Problem{
		Message: who + " not compile:\n" + lines,
		Hint:    "correct these lines and run this again; nothing was packaged or sent",
		Code:    report.ExitFailed,
		Err:     err,
	}
}

// useful leaves out the lines in which go says what it fetches.
func useful(said string) string {
	lines := slices.DeleteFunc(strings.Split(said, "\n"), func(line string) bool {
		return strings.HasPrefix(line, "go: downloading ")
	})
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// functionPath finds a folder under functions/ in what the compiler says, in a path or in a package's name.
var functionPath = regexp.MustCompile(`functions[/\\]([A-Za-z0-9_-]+)`)

// blamed returns those functions that the compiler's lines name. None, when the fault is in a package they share.
func blamed(names []string, lines string) []string {
	named := map[string]bool{}
	for _, match := range functionPath.FindAllStringSubmatch(lines, -1) {
		named[match[1]] = true
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !named[name] })
}
