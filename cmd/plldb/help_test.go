package main

import (
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// "Every command has help with an example."
func TestEveryCommandHasAnExample(t *testing.T) {
	code := 0
	root := newRoot(streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}, &code)
	root.InitDefaultHelpCmd()
	var paths []string
	walk(root, func(cmd *cobra.Command) {
		path := cmd.CommandPath()
		paths = append(paths, path)
		for line := range strings.Lines(cmd.Example) {
			if !strings.HasPrefix(line, "  plldb") {
				t.Errorf("%s: an example is a command line, not %q", path, line)
			}
		}
		if !strings.Contains(cmd.Example, path) && cmd.Name() != "plldb" {
			t.Errorf("%s has no example of itself: %q", path, cmd.Example)
		}
		if cmd.Short == "" || cmd.Example == "" {
			t.Errorf("%s has no short help, or no example", path)
		}
	})
	want := "plldb, plldb bootstrap, plldb bootstrap destroy, plldb bootstrap diff, plldb bootstrap setup, " +
		"plldb bootstrap status, plldb bootstrap watch, plldb completion, plldb help, plldb local, plldb version"
	if got := strings.Join(paths, ", "); got != want {
		t.Errorf("commands %s, want %s", got, want)
	}
}

func walk(cmd *cobra.Command, visit func(*cobra.Command)) {
	visit(cmd)
	for _, sub := range cmd.Commands() {
		walk(sub, visit)
	}
}
