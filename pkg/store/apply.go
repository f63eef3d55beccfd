package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/report"
)

// busyLimit bounds how long S3 may call the bucket busy, setting by setting.
const busyLimit = 2 * time.Minute

// Apply writes the changes one after another, since writes side by side abort one another (trap 45), and tells of each.
// It returns whether versioning was among them: then uploads must be careful (trap 44). It stops at the first change
// that fails; the next run's plan goes on from there. A name that another account holds is a *report.Problem, and
// nothing is sent after it.
func (s *Store) Apply(ctx context.Context, changes []Change) (justVersioned bool, err error) {
	for _, c := range changes {
		if err := s.write(ctx, c, isCreate(changes[0])); err != nil {
			return justVersioned, err
		}
		if _, is := c.Input.(*s3.PutBucketVersioningInput); is {
			justVersioned = true
		}
		if c.LookAgain {
			return s.applyWhatIsSeen(ctx)
		}
	}
	return justVersioned, nil
}

// applyWhatIsSeen goes on after CreateBucket said that the bucket is ours although no read was answered. In us-east-1
// that is no proof that it is new: S3 answers 200 there for a bucket that the caller has (trap 46). Writing settings
// without reading them would wipe out what others set, so if it still refuses, that is the error.
func (s *Store) applyWhatIsSeen(ctx context.Context) (bool, error) {
	seen, err := s.Look(ctx, artifact.Root)
	if err != nil {
		return false, err
	}
	if seen.State == Unknown {
		return false, seen.Refused
	}
	return s.Apply(ctx, Plan(seen, s.bucket))
}

func isCreate(c Change) bool {
	_, is := c.Input.(*s3.CreateBucketInput)
	return is
}

// write sends one change. Right after its creation a bucket may still be called missing.
func (s *Store) write(ctx context.Context, c Change, fresh bool) error {
	passing := []string{operationAborted}
	if fresh {
		passing = append(passing, noSuchBucket)
	}
	err := s.patiently(ctx, passing, func() error { return c.send(ctx, s.client) })
	switch codeOf(err) {
	case alreadyOwned:
		return nil // another run made it first
	case alreadyExists:
		return s.taken(err)
	}
	if err != nil {
		return fmt.Errorf("%s the %s: %w", verb(c), c.Thing, err)
	}
	s.sink.Tell(report.Changed{Thing: c.Thing, Reason: c.Reason})
	return nil
}

func verb(c Change) string {
	if isCreate(c) {
		return "making"
	}
	return "setting"
}

func (s *Store) taken(err error) error {
	return &report.Problem{
		Message: fmt.Sprintf("the bucket name %s is taken by another account", s.bucket.Name),
		Hint: "the name follows from the account and the region: use another region (--region), " +
			"and tell AWS Support who holds a name with your account's number",
		Code: report.ExitFailed,
		Err:  err,
	}
}

// patiently repeats f while it fails with a code that passes by itself: OperationAborted is S3 at work on the bucket,
// or on its deletion (traps 41, 45).
func (s *Store) patiently(ctx context.Context, passing []string, f func() error) error {
	p := patience{left: busyLimit}
	for {
		err := f()
		if !slices.Contains(passing, codeOf(err)) {
			return err
		}
		if p.last == 0 {
			s.sink.Tell(report.Notice{Text: fmt.Sprintf("S3 is still busy with bucket %s: waiting", s.bucket.Name)})
		}
		more, waitErr := s.wait(ctx, &p)
		if waitErr != nil {
			return waitErr
		}
		if !more {
			return s.busy(err)
		}
	}
}

func (s *Store) busy(err error) error {
	return &report.Problem{
		Message: fmt.Sprintf("S3 has been busy with bucket %s for %s", s.bucket.Name, busyLimit),
		Hint: "it was deleted, or somebody else changes it: S3 may need up to an hour after a deletion; " +
			"run this again later",
		Code: report.ExitFailed,
		Err:  err,
	}
}
