package stack_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// A network that is gone must not look like an AWS that takes its time: it is said when polls fail, and when they go well
// again.
func TestFailedPollsAreTold(t *testing.T) {
	inCloud("", t, func(t *testing.T, c *cloud) {
		complete(c)
		c.begin()
		c.hurts(localcloud.Fault{Operation: "DescribeStacks", After: 3, Times: 25, Drop: true}) // ten tries are a poll
		c.deployed(second, report.Updated)
		var said []string
		for _, line := range c.story.lines() {
			if strings.Contains(line, "looked at") {
				said = append(said, line)
			}
		}
		if want := []string{
			"warning: the stack plldb cannot be looked at: the connection to localhost broke off; trying again",
			"notice: the stack plldb can be looked at again",
		}; !slices.Equal(said, want) {
			t.Errorf("said %q", said)
		}
	})
}

// Who is stopped while nothing can be seen does not claim to know what goes on.
func TestStoppedWhileBlind(t *testing.T) {
	inCloud("", t, func(t *testing.T, c *cloud) {
		complete(c)
		seen := c.look()
		c.hurts(localcloud.Fault{Operation: "DescribeStacks", After: 1, Drop: true})
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Hour, func() { cancel(errSignal) })
		_, err := c.stack.Deploy(ctx, seen, c.wanted(second), stack.Consents{})
		p := mustProblem(t, err, report.ExitRunning)
		if !strings.HasSuffix(p.Message, ", when it could last be looked at") || !errors.Is(err, errSignal) {
			t.Errorf("said %q", p.Message)
		}
	})
}

// Whoever waits for somebody else's work, and is interrupted, leaves that going on.
func TestInterruptedWhileFollowing(t *testing.T) {
	bubble("", t, func(t *testing.T) {
		p := newWorld().having("UPDATE_IN_PROGRESS").open()
		seen := p.look(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(500*time.Millisecond, func() { cancel(errSignal) })
		res, err := p.Deploy(ctx, seen, wanted(), stack.Consents{})
		mustStatus(t, res, report.Running)
		const says = "stopped here, while the stack plldb goes on: it is being updated (UPDATE_IN_PROGRESS)"
		if p := mustProblem(t, err, report.ExitRunning); p.Message != says || !errors.Is(err, errSignal) {
			t.Errorf("said %q", p.Message)
		}
	})
}
