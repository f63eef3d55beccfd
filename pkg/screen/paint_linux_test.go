package screen_test

import (
	"os"
	"testing"

	"github.com/plldb/plldb/pkg/screen"
)

// terminal opens the near end of a new pseudo terminal, which Linux counts as one.
func terminal(t *testing.T) *os.File {
	t.Helper()
	f, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("this machine has no pseudo terminals: %v", err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestColorFitsATerminal(t *testing.T) {
	f := terminal(t)
	for _, test := range []struct {
		set  map[string]string
		want bool
	}{
		{map[string]string{}, true},
		{map[string]string{"TERM": "xterm-256color"}, true},
		{map[string]string{"TERM": "xterm", "NO_COLOR": ""}, true}, // no-color.org: when it is not empty
		{map[string]string{"TERM": "xterm", "NO_COLOR": "0"}, false},
		{map[string]string{"TERM": "xterm", "CI": "true"}, false},
		{map[string]string{"TERM": "dumb"}, false},
	} {
		if got := screen.ColorFits(f, environment(test.set)); got != test.want {
			t.Errorf("%v: %t, want %t", test.set, got, test.want)
		}
	}
}
