package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
)

// child is what this binary does as another process.
func child() bool {
	work, ok := map[string]func(*store.Store) error{
		"count": count, "pairs": pairs, "hold": hold,
	}[os.Getenv("STORE_TEST_CHILD")]
	if !ok {
		return false
	}
	s, err := store.Open(os.Getenv("STORE_TEST_DIR"), store.Patience(time.Minute))
	if err == nil {
		err = work(s)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return true
}

func process(ctx context.Context, dir, work string) *exec.Cmd {
	c := exec.CommandContext(ctx, os.Args[0])
	c.Env = append(os.Environ(), "STORE_TEST_CHILD="+work, "STORE_TEST_DIR="+dir)
	c.Stderr = os.Stderr
	return c
}

func count(s *store.Store) error {
	for range 200 {
		err := s.Update(context.Background(), func(tx *store.Tx) error {
			store.Next(tx, "n")
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func TestTwoProcessesLoseNothing(t *testing.T) {
	dir := t.TempDir()
	var wait sync.WaitGroup
	for range 2 {
		c := process(t.Context(), dir, "count")
		wait.Go(func() {
			if err := c.Run(); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	do(t, open(t, dir), func(tx *store.Tx) {
		if n := store.Next(tx, "n"); n != 401 {
			t.Errorf("they counted to %d", n-1)
		}
	})
}

// pairs writes equal numbers, and tells each once it is committed. Every third round a blob comes and goes.
func pairs(s *store.Store) error {
	ctx := context.Background()
	for {
		d, err := s.Draft(io.LimitReader(rand.NewChaCha8([32]byte{byte(time.Now().UnixNano())}), 3000))
		if err != nil {
			return err
		}
		var n uint64
		err = s.Update(ctx, func(tx *store.Tx) error {
			n = store.Next(tx, "a")
			store.Put(tx, "pairs", "b", n)
			store.Put(tx, "history", strconv.FormatUint(n%300, 10), fmt.Sprint(n, d.Sum))
			if old, ok := store.Get[string](tx, "blob", "sum"); ok {
				store.Release(tx, old)
			}
			store.Keep(tx, d)
			store.Put(tx, "blob", "sum", d.Sum)
			return nil
		})
		if err := errors.Join(err, d.Discard()); err != nil {
			return err
		}
		fmt.Println(n)
	}
}

func TestKill9LosesNothingThatWasCommitted(t *testing.T) {
	dir := t.TempDir()
	rounds := 60
	if testing.Short() {
		rounds = 10
	}
	told := uint64(0)
	for range rounds {
		told = max(told, killed(t, dir))
		do(t, open(t, dir), func(tx *store.Tx) {
			a, _ := store.Get[uint64](tx, "counters", "a")
			b, _ := store.Get[uint64](tx, "pairs", "b")
			if a != b || a < told || a > told+1 {
				t.Fatalf("a is %d, b is %d, %d was told", a, b, told)
			}
			told = a
			if sum, ok := store.Get[string](tx, "blob", "sum"); ok && len(store.Bytes(tx, sum)) != 3000 {
				t.Fatal("a blob is lost")
			}
		})
	}
	if told < uint64(rounds) {
		t.Errorf("in %d rounds there were only %d transactions", rounds, told)
	}
}

// killed lets a process write for a random number of transactions and a random moment longer, and returns the last
// number that it told.
func killed(t *testing.T, dir string) (last uint64) {
	t.Helper()
	c := process(t.Context(), dir, "pairs")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines, after := bufio.NewScanner(out), rand.IntN(12)
	for lines.Scan() {
		if last, err = strconv.ParseUint(lines.Text(), 10, 64); err != nil {
			t.Fatal(err)
		}
		if after--; after == 0 {
			time.AfterFunc(time.Duration(rand.IntN(3_000_000)), func() { _ = c.Process.Kill() })
		}
		if after < 0 && last%7 == 0 {
			_ = c.Process.Kill()
		}
	}
	_ = c.Wait() // it was killed
	return last
}

// hold never ends its transaction.
func hold(s *store.Store) error {
	return s.Update(context.Background(), func(*store.Tx) error {
		fmt.Println("held")
		_, err := io.ReadAll(os.Stdin)
		return err
	})
}

func held(t *testing.T, dir string) (free func()) {
	t.Helper()
	c := process(context.WithoutCancel(t.Context()), dir, "hold")
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "held\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	free = sync.OnceFunc(func() {
		if err := errors.Join(in.Close(), c.Wait()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(free)
	return free
}

func TestAnotherProcessThatDoesNotLetGo(t *testing.T) {
	dir := t.TempDir()
	do(t, open(t, dir), func(tx *store.Tx) { store.Put(tx, "t", "a", 1) })
	free := held(t, dir)
	s := open(t, dir, store.Patience(time.Millisecond))
	if err := try(t, s, func(*store.Tx) { t.Error("it ran") }); !errors.Is(err, store.ErrBusy) {
		t.Errorf("got %v", err)
	}
	free()
	if got := table[int](t, s, "t"); got["a"] != 1 {
		t.Errorf("then t is %v", got)
	}
}

func TestACancelledCtxEndsTheWaitForAnotherProcess(t *testing.T) {
	dir := t.TempDir()
	held(t, dir)
	s := open(t, dir, store.Patience(time.Hour))
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Millisecond, cancel)
	err := s.Update(ctx, func(*store.Tx) error { t.Error("it ran"); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
