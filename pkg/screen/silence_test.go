package screen_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/screen"
)

// quiet runs play on a screen in virtual time and returns the lines that break the silence.
func quiet(t *testing.T, play func(*screen.Screen)) []string {
	t.Helper()
	var broken []string
	synctest.Test(t, func(t *testing.T) {
		var story bytes.Buffer
		s := screen.New(screen.Options{Out: &bytes.Buffer{}, Err: &story})
		play(s)
		synctest.Wait()
		s.Close()
		for line := range strings.Lines(story.String()) {
			if strings.Contains(line, "still at it") {
				broken = append(broken, strings.TrimSpace(line))
			}
		}
	})
	return broken
}

// After thirty seconds of silence within a step one line, after thirty more another.
func TestSilenceIsBroken(t *testing.T) {
	for name, test := range map[string]struct {
		play func(*screen.Screen)
		want []string
	}{
		"a step that says nothing": {
			play: func(s *screen.Screen) {
				s.Tell(report.StepStarted{Step: report.Deploy})
				time.Sleep(95 * time.Second)
			},
			want: []string{"deploy: still at it after 30s", "deploy: still at it after 1m0s", "deploy: still at it after 1m30s"},
		},
		"an event starts the silence anew, not the step": {
			play: func(s *screen.Screen) {
				s.Tell(report.StepStarted{Step: report.Upload})
				time.Sleep(20 * time.Second)
				s.Tell(report.Notice{Text: "waiting"})
				time.Sleep(31 * time.Second)
			},
			want: []string{"upload: still at it after 50s"},
		},
		"a request that is not shown": {
			play: func(s *screen.Screen) {
				s.Tell(report.StepStarted{Step: report.Deploy})
				for range 31 {
					s.Tell(report.Request{Service: "CloudFormation", Operation: "DescribeStacks", Attempt: 1, Status: 200})
					time.Sleep(time.Second)
				}
			},
			want: []string{"deploy: still at it after 30s"},
		},
		"a question that was answered": {
			play: func(s *screen.Screen) {
				s.Tell(report.StepStarted{Step: report.Deploy})
				time.Sleep(20 * time.Second)
				resume := s.Pause()
				time.Sleep(5 * time.Minute)
				resume()
				time.Sleep(31 * time.Second)
			},
			want: []string{"deploy: still at it after 5m50s"},
		},
		"nothing more after Close": {
			play: func(s *screen.Screen) {
				s.Tell(report.StepStarted{Step: report.Deploy})
				time.Sleep(31 * time.Second)
				s.Close()
				time.Sleep(5 * time.Minute)
			},
			want: []string{"deploy: still at it after 30s"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := quiet(t, test.play); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestSilenceIsKept(t *testing.T) {
	for name, play := range map[string]func(*screen.Screen){
		"one second short of it": func(s *screen.Screen) {
			s.Tell(report.StepStarted{Step: report.Deploy})
			time.Sleep(29 * time.Second)
		},
		"events that come in time": func(s *screen.Screen) {
			s.Tell(report.StepStarted{Step: report.Deploy})
			for range 10 {
				time.Sleep(29 * time.Second)
				s.Tell(report.StackEvent{Status: "CREATE_IN_PROGRESS"})
			}
		},
		"while a person is asked, whatever else happens": func(s *screen.Screen) {
			s.Tell(report.StepStarted{Step: report.Deploy})
			defer s.Pause()()
			time.Sleep(5 * time.Minute)
			s.Tell(report.Notice{Text: "waiting"})
			s.Pause()() // another question, which is answered
			time.Sleep(5 * time.Minute)
		},
		"after a question between steps": func(s *screen.Screen) {
			s.Pause()()
			time.Sleep(5 * time.Minute)
		},
		"between steps": func(s *screen.Screen) {
			s.Tell(report.StepStarted{Step: report.Zip})
			s.Tell(report.StepEnded{Step: report.Zip})
			s.Tell(report.Notice{Text: "looking"})
			time.Sleep(5 * time.Minute)
		},
		"after the outcome of a step that failed": func(s *screen.Screen) {
			s.Tell(report.StepStarted{Step: report.Zip})
			s.Tell(failed(report.Failed, report.Problem{Message: "no", Code: report.ExitFailed}))
			time.Sleep(5 * time.Minute)
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := quiet(t, play); len(got) > 0 {
				t.Errorf("got %q", got)
			}
		})
	}
}

// An event that comes at the very moment when the silence ends: whichever is first, the next line is 30 s later, and there
// is one. Two goroutines meet here, so it is tried often.
func TestSilenceThatEndsWithAnEvent(t *testing.T) {
	for range 200 {
		got := quiet(t, func(s *screen.Screen) {
			s.Tell(report.StepStarted{Step: report.Deploy})
			time.Sleep(30 * time.Second)
			s.Tell(report.Notice{Text: "waiting"})
			time.Sleep(31 * time.Second)
		})
		if last := len(got) - 1; last < 0 || last > 1 || got[last] != "deploy: still at it after 1m0s" ||
			last == 1 && got[0] != "deploy: still at it after 30s" {
			t.Fatalf("got %q", got)
		}
	}
}
