package chores

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/plldb/plldb/magefiles/chores/drive"
	"github.com/plldb/plldb/magefiles/chores/play"
	"github.com/plldb/plldb/magefiles/chores/source"
	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/clock"
)

// motoAccount is the account that moto answers with.
const motoAccount = "123456789012"

// Conformance performs the main job on moto's server and on the local cloud, and reads the results back with boto3.
func Conformance(ctx context.Context) error { return conformance(ctx, source.Pack) }

func conformance(ctx context.Context, archives source.Archives) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	w, err := openWorkshop(ctx, archives)
	if err != nil {
		return err
	}
	defer w.close()
	if err := w.onMoto(ctx); err != nil {
		return fmt.Errorf("on moto: %w", err)
	}
	if err := w.onLocalCloud(ctx); err != nil {
		return fmt.Errorf("on the local cloud: %w", err)
	}
	return nil
}

const conformanceRegion = "eu-west-1"

func (w *workshop) onMoto(ctx context.Context) error {
	moto, err := w.python.Moto(ctx)
	if err != nil {
		return err
	}
	defer moto.Stop()
	fmt.Printf("moto %s at %s; its bucket policies are not enforced, and API Gateway's types are accepted unread\n",
		moto.Version, moto.URL)
	p, err := w.stage(ctx, "moto", motoAccount, moto.URL)
	if err != nil {
		return err
	}
	defer p.Reader.Stop()
	return perform(ctx, p)
}

// tempo is how many times faster than AWS the local cloud is here: its stack is seen in every state on the way.
const tempo = 60

// onLocalCloud performs the same play, and then what needs an AWS that is asynchronous and strict. AWS's command line asks
// every 30 seconds whether a stack is complete: it gets a server of its own on the same state, whose clock makes
// everything true at once.
func (w *workshop) onLocalCloud(ctx context.Context) (err error) {
	server, err := localcloud.Serve(ctx, localcloud.Options{State: w.path("state"), Clock: clock.Real(tempo)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	atOnce, err := localcloud.Serve(ctx, localcloud.Options{State: w.path("state"), Clock: clock.Real(clock.Top)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, atOnce.Close()) }()
	fmt.Printf("plldb's local cloud at %s, %d times faster than AWS\n", server.URL, tempo)

	p, err := w.stage(ctx, "local", localcloud.Account, server.URL)
	if err != nil {
		return err
	}
	defer p.Reader.Stop()
	env, err := w.pretend(ctx, conformanceRegion, "AWS_ENDPOINT_URL="+atOnce.URL)
	if err != nil {
		return err
	}
	cli, err := play.FindCLI(env)
	if err != nil {
		return err
	}
	broken := filepath.Join(w.root, "pkg", "localcloud", "cloudformation", "template", "testdata", "broken")
	p.Extra = all(play.API, play.ByCLI(cli), play.ByWaiters, play.Broken(broken))
	p.Last = all(play.Tagged, play.ByHand)
	return perform(ctx, p)
}

type extra = func(context.Context, *play.Play, drive.Outcome) error

func all(extras ...extra) extra {
	return func(ctx context.Context, p *play.Play, o drive.Outcome) error {
		for _, e := range extras {
			if err := e(ctx, p, o); err != nil {
				return err
			}
		}
		return nil
	}
}

// stage prepares the play on an AWS at an endpoint.
func (w *workshop) stage(ctx context.Context, name, account, endpoint string) (*play.Play, error) {
	env, err := w.pretend(ctx, conformanceRegion, "AWS_ENDPOINT_URL="+endpoint)
	if err != nil {
		return nil, err
	}
	p, err := w.cast(ctx, name, env)
	if err != nil {
		return nil, err
	}
	p.Account, p.Region = account, conformanceRegion
	p.Reader, err = w.python.Reader(ctx, p.Region, pretended(p.Region, "AWS_ENDPOINT_URL="+endpoint)...)

	return p, err
}

// cast builds the two binaries of the play, and the tree that it changes.
func (w *workshop) cast(ctx context.Context, name string, env []string) (*play.Play, error) {
	p := &play.Play{Out: os.Stdout, Python: w.python, Folder: w.folder}
	var err error
	if p.Embedded, err = w.embedded(ctx, w.root, name+"-embedded"); err != nil {
		return nil, err
	}
	if p.Source, err = w.compiling(ctx, name); err != nil {
		return nil, err
	}
	p.Embedded.Env, p.Source.Env = env, env

	return p, nil
}

// perform runs the play and prints how many checks held. The first that does not ends it.
func perform(ctx context.Context, p *play.Play) error {
	held, err := p.Run(ctx)
	if err != nil {
		fmt.Printf("%d passed, 1 failed\n", held)
		return err
	}
	fmt.Printf("%d passed, 0 failed\n", held)
	return nil
}
