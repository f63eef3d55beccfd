package screen_test

import (
	"bytes"
	"io"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/screen"
)

// lineOn is how an event of traffic is shown on a terminal of a width.
func lineOn(wide int, e report.Traffic) string {
	return show(scenario{events: []report.Event{e}}, screen.Options{Width: func() int { return wide }}).out
}

// No line is wider than the terminal, whatever somebody says and however wide it is, and each is one line of characters
// that can be shown.
func TestTrafficFitsTheTerminal(t *testing.T) {
	for name, text := range map[string]string{
		"letters":           strings.Repeat("letters ", 100),
		"East Asia":         strings.Repeat("漢字", 100),
		"pictures":          strings.Repeat("🙂", 100),
		"marks upon marks":  "a" + strings.Repeat("\u0301", 10_000),
		"escapes":           strings.Repeat("\x1b[2J", 100),
		"another direction": strings.Repeat("\u202e", 100),
		"no text":           strings.Repeat("\xff\xfe", 100),
		"lines":             strings.Repeat("\r\n", 100),
		"C1":                strings.Repeat("\u009b", 100),
		"joiners":           strings.Repeat("\u200d", 10_000),
		"separators":        strings.Repeat("\u2028\u2029\u00a0\u200b", 100),
	} {
		for _, wide := range []int{0, 40, 80, 120, 500} {
			e := happened()[6]
			e.Text = text
			line, ended := strings.CutSuffix(lineOn(wide, e), "\n")
			if !ended || strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) && r != '\u200d' }) || !utf8.ValidString(line) {
				t.Errorf("%s: a terminal obeys %q", name, line)
			}
			shown := utf8.RuneCountInString(strings.NewReplacer("\u0301", "", "\u200d", "").Replace(line))
			if wide >= 80 && shown > wide {
				t.Errorf("%s: %d characters on %d columns: %s", name, shown, wide, line)
			}
			if len(line) > 4_000 {
				t.Errorf("%s: %d bytes on %d columns", name, len(line), wide)
			}
		}
	}
}

// What names a thing is as little to be trusted as what is said.
func TestNoFieldOfTrafficWritesToTheTerminal(t *testing.T) {
	const evil = "\x1b[2Jx\n"
	e := report.Traffic{Connection: evil, Route: evil, Function: evil, Text: evil, Kind: evil, Status: 1}
	for _, kind := range []report.Kind{evil, report.KindLogged, report.KindWarned, report.KindConnected, report.KindRefused} {
		e.Kind = kind
		got := show(scenario{events: []report.Event{e}}, screen.Options{})
		if both := got.out + got.err; strings.Contains(both, "\x1b") || strings.Count(both, "\n") != 1 {
			t.Errorf("%s shows %q", kind, both)
		}
	}
}

func TestColorOfTraffic(t *testing.T) {
	for kind, want := range map[report.Kind]string{
		report.KindConnected: "\x1b[32mopen", report.KindRefused: "\x1b[31;1mrefused", report.KindReceived: "\x1b[36min",
	} {
		s := scenario{events: []report.Event{report.Traffic{Kind: kind}}}
		if got := show(s, screen.Options{OutColor: true}).out; !strings.Contains(got, want) {
			t.Errorf("%s is shown as %q", kind, got)
		}
	}
}

// On a narrow terminal there is less of everything else, to leave room for what was said.
func TestTrafficOnANarrowTerminal(t *testing.T) {
	want := "00:30:05  in       Zv9eYfQ2oAMCKsA=  hello  ($default, 1.0ms)\n"
	if got := lineOn(80, happened()[6]); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The reason of a refusal is what there is room for.
func TestRefusedOnANarrowTerminal(t *testing.T) {
	e := happened()[0]
	e.Text = "ws_api_authorizer_handler answered with no policy"
	want := "00:30:05  refused  " + e.Text + "  (403)\n"
	if got := lineOn(80, e); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Pictures that are made of several stay one; what turns the direction is written out all the same.
func TestJoinedPicturesAreShown(t *testing.T) {
	const family = "\U0001F468\u200d\U0001F469\u200d\U0001F467 \u2764\ufe0f"
	e := happened()[6]
	e.Text = family + "\u202e"
	if got := lineOn(120, e); !strings.Contains(got, family+`\u202e`) {
		t.Errorf("shown is %q", got)
	}
}

// stuck is a stream whose reader does not read, until it is let.
type stuck struct {
	bytes.Buffer
	busy, let chan struct{}
}

func newStuck() *stuck { return &stuck{busy: make(chan struct{}, 1), let: make(chan struct{})} }

func (s *stuck) Write(p []byte) (int, error) {
	select {
	case s.busy <- struct{}{}:
	default:
	}
	<-s.let
	return s.Buffer.Write(p)
}

// A reader that does not read holds up nobody who tells, nor the story; what had no room is counted, in its place.
func TestTailHoldsNothingUp(t *testing.T) {
	const room = 10
	out, story := newStuck(), &bytes.Buffer{}
	s := screen.New(screen.Options{Out: out, Err: story})
	tail := screen.NewTail(s, room)
	tell := func(text string) { tail.Tell(report.Traffic{Kind: report.KindSent, Text: text}) }
	tell("first")
	<-out.busy // one is being written, and has left its place
	for range 10_000 {
		tell("more")
	}
	s.Tell(report.Warning{Text: "of the story"})
	if !strings.Contains(story.String(), "of the story") {
		t.Error("the story waits for the reader of the answer")
	}
	close(out.let)
	tail.Close()
	tell("after the end")
	got := out.String()
	if strings.Count(got, "more") != room || strings.Contains(got, "after the end") {
		t.Errorf("shown is\n%s", got)
	}
	if !strings.HasSuffix(got, "\n9990 lines left out: they came faster than they could be shown\n") {
		t.Errorf("what is missing is not told:\n%s", got)
	}
}

// What was left out is told before what comes after it, once.
func TestTailTellsWhatIsMissingInItsPlace(t *testing.T) {
	out := newStuck()
	tail := screen.NewTail(screen.New(screen.Options{Out: out, Err: io.Discard}), 2)
	tell := func(text string) { tail.Tell(report.Traffic{Kind: report.KindDisconnected, Text: text}) }
	through := func() {
		out.let <- struct{}{}
		<-out.busy // the next is being written, and has left its place
	}
	tell("first")
	<-out.busy
	tell("second")
	tell("third")
	tell("lost")
	through()
	through() // two places are free
	tell("fourth")
	close(out.let)
	tail.Close()
	in := regexp.MustCompile(`\A.*first\n.*second\n.*third\n1 line left out.*\n.*fourth\n\z`)
	if !in.MatchString(out.String()) {
		t.Errorf("shown is\n%s", out.String())
	}
}

// Lambda's own lines take no room that others could have.
func TestTailLeavesOutWhatNobodyAskedFor(t *testing.T) {
	out := newStuck()
	tail := screen.NewTail(screen.New(screen.Options{Out: out, Err: io.Discard}), 1)
	for range 100 {
		tail.Tell(report.Traffic{Kind: report.KindLogged, Text: "START RequestId: 1"})
	}
	tail.Tell(report.Traffic{Kind: report.KindLogged, Text: "said"})
	close(out.let)
	tail.Close()
	tail.Close()
	if got := out.String(); strings.Count(got, "\n") != 1 || !strings.HasSuffix(got, "said\n") {
		t.Errorf("shown is %q", got)
	}
}

// leaving is a pipe whose reader has left.
type leaving struct{ err error }

func (l leaving) Write([]byte) (int, error) { return 0, l.err }

func TestLeftIsToldOnceTheReaderHasLeft(t *testing.T) {
	for err, want := range map[error]bool{
		&os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}: true, io.ErrShortWrite: false,
	} {
		s := screen.New(screen.Options{Out: leaving{err}, Err: io.Discard})
		select {
		case <-s.Left():
			t.Error("it has left before anything was written")
		default:
		}
		s.Tell(happened()[0])
		s.Tell(happened()[1])
		left := false
		select {
		case <-s.Left():
			left = true
		default:
		}
		if left != want || (s.Lost() == nil) != want {
			t.Errorf("%v: left %t, lost %v", err, left, s.Lost())
		}
	}
}

func TestWidthOfAFile(t *testing.T) {
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := screen.WidthOf(f)(); got != 120 {
		t.Errorf("got %d", got)
	}
}
