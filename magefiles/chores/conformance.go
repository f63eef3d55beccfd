package chores

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/plldb/plldb/magefiles/chores/play"
	"github.com/plldb/plldb/magefiles/chores/source"
)

// motoAccount is the account that moto answers with.
const motoAccount = "123456789012"

// Conformance performs setup, update, destroy and purge on moto's server and reads the results back with boto3.
func Conformance(ctx context.Context) error { return conformance(ctx, source.Pack) }

func conformance(ctx context.Context, archives source.Archives) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	w, err := openWorkshop(ctx, archives)
	if err != nil {
		return err
	}
	defer w.close()
	moto, err := w.python.Moto(ctx)
	if err != nil {
		return err
	}
	defer moto.Stop()
	fmt.Printf("moto %s at %s; its bucket policies are not enforced, and API Gateway's types are accepted unread\n",
		moto.Version, moto.URL)

	const region = "eu-west-1"
	p, err := w.stage(ctx, region, moto.URL)
	if err != nil {
		return err
	}
	defer p.Reader.Stop()
	return perform(ctx, p)
}

// stage prepares the play on an AWS at an endpoint.
func (w *workshop) stage(ctx context.Context, region, endpoint string) (*play.Play, error) {
	env, err := w.pretend(ctx, region, "AWS_ENDPOINT_URL="+endpoint)
	if err != nil {
		return nil, err
	}
	p, err := w.cast(ctx, env)
	if err != nil {
		return nil, err
	}
	p.Account, p.Region = motoAccount, region
	p.Reader, err = w.python.Reader(ctx, region, pretended(region, "AWS_ENDPOINT_URL="+endpoint)...)

	return p, err
}

// cast builds the two binaries of the play.
func (w *workshop) cast(ctx context.Context, env []string) (*play.Play, error) {
	p := &play.Play{Out: os.Stdout, Python: w.python, Folder: w.folder}
	var err error
	if p.Embedded, err = w.embedded(ctx, w.root, "embedded"); err != nil {
		return nil, err
	}
	if p.Source, err = w.compiling(ctx); err != nil {
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
