package rollout

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
	"github.com/plldb/plldb/pkg/store"
)

// Destroy deletes the stack and keeps the packages (R2); with Purge in the settings it then removes what plldb put into
// the bucket, and the bucket if nothing else is in it. It depends on no other step.
func (r *Run) Destroy(ctx context.Context) (stack.Result, error) {
	return r.finish(func() (ending, error) {
		end := ending{command: Destroy}
		if err := r.mayPurge(); err != nil {
			return end, err
		}
		session, seen, err := r.lookAtStack(ctx)
		if err != nil {
			return end, err
		}
		r.foretell(seen)
		if err := r.agree(ctx, seen); err != nil {
			return end, err
		}
		end.result, err = work(r, report.Destroy, func() (stack.Result, error) {
			return r.stack(session).Destroy(ctx, seen.Stack, r.settings.Consents)
		}, sumStack)
		if err != nil {
			return end, err
		}
		end.bucketDeleted, err = r.afterwards(ctx, session, seen.Bucket)
		return end, err
	})
}

// lookAtStack reads what destroying and watching need: who we are, and the stack.
func (r *Run) lookAtStack(ctx context.Context) (*account.Session, Seen, error) {
	session, err := r.account(ctx)
	if err != nil {
		return nil, Seen{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, lookWait)
	later := concurrently(func() (stack.Seen, error) { return r.stack(session).Look(ctx) })
	defer later() // see look
	defer cancel()
	who, err := r.WhoAmI(ctx)
	if err != nil {
		return nil, Seen{}, err
	}
	seen := Seen{Who: who, Bucket: bucketOf(who)}
	seen.Stack, err = later()
	return session, seen, err
}

// mayPurge refuses, before anything is asked of AWS, a purge to which nobody can agree.
func (r *Run) mayPurge() error {
	if !r.settings.Purge || r.settings.Yes || r.settings.Ask != nil {
		return nil
	}
	return &report.Problem{
		Message: "a purge removes the packages and the bucket for good, and there is nobody here to ask",
		Hint:    "say --yes if that is what you want",
		Code:    report.ExitUsage,
	}
}

// afterwards purges, or says what stays.
func (r *Run) afterwards(ctx context.Context, session *account.Session, b store.Bucket) (deleted bool, err error) {
	bucket := r.store(session, b)
	if r.settings.Purge {
		purged, err := work(r, report.Purge, func() (store.Purged, error) { return bucket.Purge(ctx) }, sumPurged(b))
		switch {
		case err != nil && ctx.Err() != nil:
			err = stoppedPurging(ctx, err)
		case err != nil:
			err = saying(report.AsProblem(account.Explain(err)), "the stack is deleted, and perhaps not all of the bucket")
		}
		return purged.BucketDeleted, err
	}
	there, err := bucket.Exists(ctx)
	if err != nil {
		// The stack is gone, which is what was asked; a bucket that may not be read is no reason to fail.
		why := account.Explain(err)
		if ctx.Err() != nil {
			why = haltOf(ctx)
		}
		r.sink.Tell(report.Warning{Text: fmt.Sprintf("whether the bucket %s is there could not be read: %v", b.Name, why)})
		return false, nil
	}
	if there {
		r.sink.Tell(report.Notice{Text: fmt.Sprintf(
			"kept: the bucket %s with the packages of every version; `%s` removes it too", b.Name, r.settings.Clear)})
	}
	return false, nil
}

func sumPurged(b store.Bucket) func(store.Purged) string {
	return func(p store.Purged) string {
		text := count(p.Versions+p.Markers, "object version") + " removed"
		switch {
		case p.BucketDeleted:
			return text + ", and the bucket " + b.Name
		case p.Missing:
			return "there was no bucket"
		}
		return fmt.Sprintf("%s; the bucket %s stays, because of what plldb did not put there: %s",
			text, b.Name, strings.Join(p.ForeignKeys, ", "))
	}
}

// Watch follows the stack until nothing is happening to it.
func (r *Run) Watch(ctx context.Context) (stack.Result, error) {
	return r.finish(func() (ending, error) {
		end := ending{command: Watch}
		session, err := r.account(ctx)
		if err != nil {
			return end, err
		}
		if _, err := r.WhoAmI(ctx); err != nil {
			return end, err
		}
		end.result, err = work(r, report.Watch, func() (stack.Result, error) { return r.stack(session).Watch(ctx) }, sumStack)
		return end, err
	})
}

// Command names what a run was for.
type Command string

// The commands, as an outcome names them.
const (
	Setup   Command = "setup"
	Destroy Command = "destroy"
	Watch   Command = "watch"
	Diff    Command = "diff"
	Status  Command = "status"
)

// ending is what the last step of a command leaves for its outcome. A failed one leaves it too.
type ending struct {
	command       Command
	result        stack.Result
	bucketDeleted bool
	functions     []report.Function // of status: those that are deployed
	drift         string            // of status, if it was asked for
	err           error
}

// finish runs the last step of a command once, and keeps how it ended whether or not it failed.
func (r *Run) finish(do func() (ending, error)) (stack.Result, error) {
	end, _ := r.ended.get(func() (ending, error) {
		end, err := do()
		end.err = err
		return end, nil
	})
	return end.result, end.err
}

// Outcome says how a command ended, of what the run knows by now; err is what the command's last step returned.
func (r *Run) Outcome(ctx context.Context, command Command, err error) report.Outcome {
	end, _ := r.ended.peek()
	seen, _ := r.seen.peek()
	template, _ := r.template.peek()
	who, known := r.identity.peek()
	o := report.Outcome{
		Command:       string(command),
		Status:        end.result.Status,
		Account:       who.Account,
		Region:        who.Region,
		BucketDeleted: end.bucketDeleted,
		Version:       artifact.Version,
		StackID:       firstOf(end.result.Seen.ID, seen.Stack.ID),
		StackStatus:   firstOf(end.result.Seen.Status, seen.Stack.Status),
		TemplateURL:   template.URL,
		Drift:         end.drift,
		Functions:     append(r.functions(), end.functions...),
		Outputs:       outputs(end),
		Took:          r.clock.Now().Sub(r.began).Round(time.Millisecond),
	}
	if known {
		o.Bucket = bucketOf(who).Name
	}
	if err != nil {
		o.Problem = r.explain(ctx, command, err)
		o.Status = failedAs(o.Status, o.Problem)
	}
	return o
}

// outputs are those of a stack that is there: CloudFormation goes on to tell those of one that was deleted. A comparison
// has none to tell.
func outputs(end ending) map[string]string {
	if end.result.Status == report.Deleted || end.command == Diff {
		return nil
	}
	return end.result.Seen.Outputs
}

// failedAs gives an error the status that its exit code promises, where the stack has not said its own.
func failedAs(known report.Status, p *report.Problem) report.Status {
	switch {
	case p.Code == report.ExitInterrupt, p.Code == report.ExitTerminate:
		return report.Stopped
	case p.Code == report.ExitRunning:
		return report.Running
	case p.Code == report.ExitStack && known != "":
		return known
	}
	return report.Failed
}

func (r *Run) functions() []report.Function {
	objects, _ := r.objects.peek()
	list := make([]report.Function, len(objects))
	for i, o := range objects {
		list[i] = report.Function{
			Name: o.Name, Key: o.Key, VersionID: o.VersionID, Digest: o.Digest.String(), Uploaded: o.Uploaded,
		}
	}
	return list
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// Ended returns the command whose last step has ended well.
func (r *Run) Ended() (Command, bool) {
	end, ok := r.ended.peek()
	return end.command, ok && end.err == nil && end.command != ""
}
