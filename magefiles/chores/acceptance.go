package chores

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/plldb/plldb/magefiles/chores/play"
	"github.com/plldb/plldb/magefiles/chores/python"
	"github.com/plldb/plldb/magefiles/chores/source"
	"github.com/plldb/plldb/pkg/compile"
)

// Acceptance performs conformance's play on a real account, only under PLLDB_ACCEPTANCE=1, and cleans up after itself.
func Acceptance(ctx context.Context) error { return acceptance(ctx, source.Pack) }

func acceptance(ctx context.Context, archives source.Archives) error {
	region := cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"))
	if os.Getenv("PLLDB_ACCEPTANCE") != "1" || region == "" {
		return errors.New("acceptance makes and removes a bucket and a stack in a real AWS account, which costs a little: " +
			"set PLLDB_ACCEPTANCE=1, AWS_REGION, and the credentials of an account where plldb is not set up")
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	w, err := openWorkshop(ctx, archives)
	if err != nil {
		return err
	}
	defer w.close()

	p, err := w.realStage(ctx, region)
	if err != nil {
		return err
	}
	defer p.Reader.Stop()
	if err := vacant(p); err != nil {
		return err
	}
	if err := perform(ctx, p); err != nil {
		return errors.Join(err, cleanUp(ctx, p))
	}
	return nil
}

// realStage prepares the play with the caller's own environment and credentials.
func (w *workshop) realStage(ctx context.Context, region string) (*play.Play, error) {
	p, err := w.cast(ctx, "aws", append(os.Environ(), "AWS_REGION="+region))
	if err != nil {
		return nil, err
	}
	if p.Probe.Zip, err = w.probe(ctx, compile.Lambda()); err != nil {
		return nil, err
	}
	aws := slices.DeleteFunc(os.Environ(), func(setting string) bool { return !strings.HasPrefix(setting, "AWS_") })
	if p.Reader, err = w.python.Reader(ctx, region, aws...); err != nil {
		return nil, err
	}
	who, err := p.Reader.Ask("sts", "get_caller_identity", nil)
	if err != nil {
		p.Reader.Stop()
		return nil, err
	}

	if p.CLI, err = play.FindCLI(p.Embedded.Env); err != nil {
		p.Reader.Stop()
		return nil, err
	}
	// The throttle is what an account has in all, unless it asked for more.
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
	p.Probe.Rate, p.Probe.Burst = 10_000, 5_000
	p.Region, p.Extra, p.Last = region, play.OnAWS, all(play.Tagged, play.ByHand)
	p.Account, _ = play.Dig(who, "Account").(string)
	fmt.Printf("account %s, region %s, as %v\n", p.Account, region, play.Dig(who, "Arn"))
	return p, nil
}

// vacant refuses an account and region where plldb, or anything of its name, is already there: the play would take it
// away.
func vacant(p *play.Play) error {
	for _, thing := range []struct {
		name, service, operation string
		params                   python.Params
		absent                   string
	}{
		{"a stack plldb", "cloudformation", "describe_stacks", python.Params{"StackName": "plldb"}, "ValidationError"},
		{"the bucket " + p.Bucket(), "s3", "list_object_versions", python.Params{"Bucket": p.Bucket()}, "NoSuchBucket"},
		{
			"a stack " + play.ProbeStack, "cloudformation", "describe_stacks",
			python.Params{"StackName": play.ProbeStack},
			"ValidationError",
		},
		{"the bucket " + p.ProbeBucket(), "s3", "list_objects_v2", python.Params{"Bucket": p.ProbeBucket()}, "NoSuchBucket"},
	} {
		_, err := p.Reader.Ask(thing.service, thing.operation, thing.params)
		if err == nil {
			return fmt.Errorf("%s is already in account %s, region %s: acceptance would remove it, and will not begin",
				thing.name, p.Account, p.Region)
		}
		if refusal, ok := errors.AsType[*python.Refusal](err); !ok || refusal.Code != thing.absent {
			return fmt.Errorf("looking whether %s is already there: %w", thing.name, err)
		}
	}
	return nil
}

// cleanUp takes away what a play that failed has left. It goes on by itself if mage, which leaves five seconds after an
// interrupt, is gone before.
func cleanUp(ctx context.Context, p *play.Play) error {
	fmt.Println("cleaning up: plldb bootstrap destroy --purge --yes")
	if err := p.Embedded.Outlive(ctx, "bootstrap", "destroy", "--purge", "--yes"); err != nil {
		return fmt.Errorf("cleaning up; the stack plldb and the bucket %s may still be there: %w", p.Bucket(), err)
	}
	fmt.Printf("look whether the stack %s and the bucket %s are still there, and remove them\n",
		play.ProbeStack, p.ProbeBucket())
	return nil
}
