// Package child runs the programs that the chores start: each in a process group of its own, which ends with the
// context, and none with more of the caller's environment than it needs.
package child

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// grace is how long a program may take to end after it was asked to.
const grace = 3 * time.Second

// Command makes a command whose whole process group is asked to end when ctx does, and killed if it does not. Its
// streams, folder and environment are the caller's to set.
func Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.WaitDelay = grace
	ownGroup(cmd)

	return cmd
}

// Output runs cmd and returns what it wrote to its standard output. The error of a command that failed ends with the
// last lines of its standard error, or of its output if it wrote none there.
func Output(cmd *exec.Cmd) ([]byte, error) {
	var out, story bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &story

	err := cmd.Run()
	if err == nil {
		return out.Bytes(), nil
	}
	if story.Len() == 0 {
		story.Write(out.Bytes())
	}
	return out.Bytes(), fmt.Errorf("%s: %w\n%s", shown(cmd), err, Tail(story.String(), 40))
}

// Show runs cmd with the caller's own output and error streams.
func Show(cmd *exec.Cmd) error {
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", shown(cmd), err)
	}
	return nil
}

// shown is the command as a person would type it, without the path to the program.
func shown(cmd *exec.Cmd) string {
	name := cmd.Args[0]
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	return strings.Join(append([]string{name}, cmd.Args[1:]...), " ")
}

// Tail returns the last n lines of text.
func Tail(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
