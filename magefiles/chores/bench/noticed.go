package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/plldb/plldb/magefiles/chores/drive"
	"github.com/plldb/plldb/magefiles/chores/play"
	"github.com/plldb/plldb/magefiles/chores/python"
	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/clock"
)

// lanes is how many stacks of each tempo are made, changed and taken away side by side, each in an account of its own.
const lanes = 7

// patience is when plldb begins to ask for a stack each second, and not each 250 ms.
const patience = 10 * time.Second

// tempo is how fast operations of one kind go: how many times faster than AWS.
type tempo struct {
	name                   string
	create, update, remove float64
	long                   bool // longer than patience
}

// noticed times how long plldb goes on after the end of its operation can be read: until its process has ended, so
// that nothing it does afterwards is forgotten. The moment is boto3's to tell, from the stack's last event.
func (b *Bench) noticed(ctx context.Context) ([]Figure, error) {
	tempos := []tempo{
		{"under ten seconds", 12, 2, 6, false},
		{"over ten seconds", 4, 0.6, 0.9, true},
	}
	after, errs := make([][]time.Duration, len(tempos)), make([]error, len(tempos))
	var all sync.WaitGroup
	for i, t := range tempos {
		all.Go(func() { after[i], errs[i] = b.perform(ctx, t) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}

	var times []time.Duration
	for i, t := range tempos {
		ms := milliseconds(after[i])
		_, _ = fmt.Fprintf(b.Out, "  %d operations of %s: noticed after %.0f ms (p50), %.0f ms (p95)\n",
			len(ms), t.name, Percentile(ms, 50), Percentile(ms, 95))
		times = append(times, after[i]...)
	}
	ms := milliseconds(times)
	return []Figure{
		{"end of an operation noticed after, p50", 0, "ms", []float64{Percentile(ms, 50)}},
		{"end of an operation noticed after, p95", 1500, "ms", []float64{Percentile(ms, 95)}},
	}, nil
}

// perform makes, changes and takes away the stacks of one tempo on a local cloud of their own.
func (b *Bench) perform(ctx context.Context, t tempo) (after []time.Duration, err error) {
	accounts := map[string]string{}
	for i := range lanes {
		accounts[key(i)] = fmt.Sprintf("%012d", i+1)
	}
	pace := &pace{}
	server, err := localcloud.Serve(ctx, localcloud.Options{Clock: pace, Accounts: accounts})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	to := "AWS_ENDPOINT_URL=" + server.URL
	reader, err := b.Python.Reader(ctx, "eu-west-1", to)
	if err != nil {
		return nil, err
	}
	defer reader.Stop()

	l := &trials{pace: pace, reader: reader, long: t.long, stacks: make([]string, lanes)}
	for _, act := range []struct {
		speed   float64
		plldb   drive.Plldb
		command string
		want    string
	}{
		{t.create, b.Four, "setup", "created"},
		{t.update, b.Changed, "setup", "updated"},
		{t.remove, b.Four, "destroy", "deleted"},
	} {
		pace.set(act.speed)
		if err := l.act(ctx, act.plldb.With(regionOfFour, to), act.command, act.want); err != nil {
			return nil, fmt.Errorf("%s %s: %w", act.command, t.name, err)
		}
	}
	return l.after, nil
}

// key is the access key of a lane.
func key(lane int) string { return fmt.Sprintf("LANE%d", lane) }

// trials are the operations on one local cloud.
type trials struct {
	pace   *pace
	reader *python.Reader
	long   bool
	stacks []string // their ids, by lane
	after  []time.Duration
}

// act runs plldb in all lanes at once, and then asks when each operation had ended.
func (l *trials) act(ctx context.Context, plldb drive.Plldb, command, want string) error {
	outcomes, errs := make([]drive.Outcome, lanes), make([]error, lanes)
	var all sync.WaitGroup
	for i := range lanes {
		all.Go(func() {
			outcomes[i], errs[i] = plldb.With("AWS_ACCESS_KEY_ID="+key(i)).Run(ctx, "bootstrap", command)
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for i, o := range outcomes {
		if o.Status != want {
			return fmt.Errorf("it ended as %q, not as %q", o.Status, want)
		}
		if o.StackID != "" {
			l.stacks[i] = o.StackID
		}
		end, err := l.end(i)
		if err != nil {
			return err
		}
		if took := end.Sub(o.Ended.Add(-o.Took)); took > patience != l.long {
			return fmt.Errorf("it took %v: the trial is not what it is meant to be", took)
		}
		l.after = append(l.after, o.Ended.Sub(end))
	}
	return nil
}

// end is the moment of a stack's last event: from then on its end can be read. The local cloud's clock is the
// machine's.
func (l *trials) end(lane int) (time.Time, error) {
	who := python.Credentials{"AccessKeyId": key(lane), "SecretAccessKey": "test", "SessionToken": "test"}
	answer, err := l.reader.AskAs(who, "cloudformation", "describe_stack_events",
		python.Params{"StackName": l.stacks[lane]})
	if err != nil {
		return time.Time{}, err
	}
	text, _ := play.Dig(answer, "StackEvents.0.Timestamp").(string)
	return time.Parse("2006-01-02 15:04:05-07:00", text) // as Python writes it
}

// pace is the machine's clock, on which work takes what it takes on AWS divided by a speed, a fifth more or less: so
// the ends of operations fall anywhere between two polls.
type pace struct {
	mu    sync.Mutex
	speed float64
}

func (p *pace) set(speed float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.speed = speed
}

// Now is the machine's time.
func (p *pace) Now() time.Time { return clock.Real(1).Now() }

// Due is when work that begins at start is done.
func (p *pace) Due(start time.Time, d time.Duration) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return clock.Real(p.speed*(0.8+0.4*rand.Float64())).Due(start, d)
}
