//go:build unix

package child_test

import (
	"bufio"
	"context"
	"io"
	"testing"

	"github.com/plldb/plldb/magefiles/chores/child"
)

// The shell starts another program, which holds the pipe open: that it can be read to its end shows that both are gone.
func TestTheWholeGroupEndsWithTheContext(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	cmd := child.Command(ctx, "sh", "-c", "sleep 600 & echo started; wait")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(out)
	if line, err := reader.ReadString('\n'); line != "started\n" {
		t.Fatalf("the shell wrote %q, %v", line, err)
	}

	stop()
	if rest, err := io.ReadAll(reader); err != nil || len(rest) != 0 {
		t.Errorf("it wrote %q more, %v", rest, err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the shell ended well")
	}
}
