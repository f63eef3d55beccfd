//go:build unix

package compile_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestCancelEndsGoAndItsChildren puts a script in go's place. It and its child hold the writing end of a pipe (number
// 3); the reading end comes to its end only when both are gone.
func TestCancelEndsGoAndItsChildren(t *testing.T) {
	dir := t.TempDir()
	script := "#!/bin/sh\nsleep 600 &\necho ready >&3\nwait\n"
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	reading, writing, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reading.Close()
	if err := reading.SetReadDeadline(time.Now().Add(time.Minute)); err != nil { // for a test that fails
		t.Fatal(err)
	}

	c := compiler(t, map[string]string{"functions/a/main.go": empty})
	c.Run = func(cmd *exec.Cmd) error {
		cmd.ExtraFiles = []*os.File{writing}
		err := cmd.Start()
		_ = writing.Close()
		if err != nil {
			return err
		}
		return cmd.Wait()
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := c.Build(ctx)
		ended <- err
	}()

	alive := bufio.NewReader(reading)
	if line, err := alive.ReadString('\n'); line != "ready\n" {
		t.Fatalf("the script said %q, %v", line, err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	if _, err := io.ReadAll(alive); err != nil {
		t.Errorf("somebody still lives: %v", err)
	}
	if got := entries(t, c.Out); len(got) != 0 {
		t.Errorf("the folder holds %q", got)
	}
}
