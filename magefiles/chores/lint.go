package chores

import (
	"context"
	"fmt"
	"strings"

	"github.com/plldb/plldb/magefiles/chores/child"
)

// Lint runs go vet, staticcheck and gofumpt, the latter two as lint.mod pins them, and finds nothing or fails.
func Lint(ctx context.Context) error {
	for _, args := range [][]string{
		{"vet", "./..."},
		{"vet", "-tags", "mage", "./..."},
		{"tool", "-modfile=lint.mod", "staticcheck", "./..."},
		{"tool", "-modfile=lint.mod", "staticcheck", "-tags", "mage", "./magefiles"},
	} {
		if err := child.Show(child.Command(ctx, "go", args...)); err != nil {
			return err
		}
	}
	return formatted(ctx)
}

// formatted fails if gofumpt would write a file differently.
func formatted(ctx context.Context) error {
	files, err := child.Output(child.Command(ctx, "go", "tool", "-modfile=lint.mod", "gofumpt", "-l", "."))
	if err != nil {
		return err
	}
	if names := strings.TrimSpace(string(files)); names != "" {
		const hint = "run `go tool -modfile=lint.mod gofumpt -w .`"
		return fmt.Errorf("these files are not as gofumpt writes them; %s:\n%s", hint, names)
	}
	return nil
}
