package chores

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/plldb/plldb/magefiles/chores/drive"
	"github.com/plldb/plldb/magefiles/chores/play"
	"github.com/plldb/plldb/magefiles/chores/source"
	"github.com/plldb/plldb/pkg/compile"
	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/clock"
)

// motoAccount is the account that moto answers with.
const motoAccount = "123456789012"

// Conformance performs the main job on moto's server and on the local cloud, and reads the results back with boto3;
// then Node's ws talks to the functions on plldb local.
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
	if err := w.onPlldbLocal(ctx); err != nil {
		return fmt.Errorf("on plldb local: %w", err)
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

// onLocalCloud performs the same play, and then what needs an AWS that is asynchronous and strict. AWS's command line
// asks every 30 seconds whether a stack is complete: it gets a server of its own on the same state, whose clock makes
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
	if p.CLI, err = play.FindCLI(env); err != nil {
		return err
	}
	broken := filepath.Join(w.root, "pkg", "localcloud", "cloudformation", "template", "testdata", "broken")
	p.Extra = all(play.API, play.ByCLI, play.ByWaiters, play.Broken(broken))
	p.Last = all(play.Tagged, play.ByHand)
	return perform(ctx, p)
}

// onPlldbLocal performs what shows that the stack works on a `plldb local`, which compiles the functions for this
// machine and is ended as a person ends it. moto runs no functions.
func (w *workshop) onPlldbLocal(ctx context.Context) (err error) {
	env, err := w.pretend(ctx, conformanceRegion)
	if err != nil {
		return err
	}
	plldb, err := w.compiling(ctx, "served")
	if err != nil {
		return err
	}
	plldb.Env = env
	local, err := plldb.Local(ctx, "--state", w.path("served-state"), "--region", conformanceRegion)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, local.Kill()) }()
	fmt.Printf("plldb local at %s, its WebSocket API at %s\n", local.Endpoint, local.WebSocket)

	p, err := w.servedStage(ctx, local)
	if err != nil {
		return err
	}
	defer p.Reader.Stop()
	if err := report(p.Answers(ctx)); err != nil {
		return err
	}
	o, err := local.Interrupt()
	if err != nil {
		return err
	}
	if o.Status != "served" {
		return fmt.Errorf("plldb local, interrupted, ended as %q", o.Status)
	}
	fmt.Println("plldb local, interrupted, ended with exit code 0")
	return nil
}

// servedStage prepares the play on a plldb local. What is said to be at an address of AWS's is to be found there.
func (w *workshop) servedStage(ctx context.Context, local *drive.Local) (*play.Play, error) {
	at := []string{"AWS_ENDPOINT_URL=" + local.Endpoint, "AWS_ACCESS_KEY_ID=" + local.AccessKey}
	env, err := w.pretend(ctx, local.Region, at...)
	if err != nil {
		return nil, err
	}
	cli, err := play.FindCLI(env)
	if err != nil {
		return nil, err
	}
	zip, err := w.probe(ctx, compile.Host())
	if err != nil {
		return nil, err
	}
	reader, err := w.python.Reader(ctx, local.Region, pretended(local.Region, at...)...)
	return &play.Play{
		Out: os.Stdout, Reader: reader, Python: w.python, Node: w.node, CLI: cli, Folder: w.folder,
		Account: localcloud.Account, Region: local.Region,
		Probe:   play.Probe{Zip: zip, Rate: 100_000, Burst: 100_000, Many: true},
		Address: func(url string) string { return served(local.Endpoint, url) },
	}, err
}

// served is where a local cloud serves what AWS serves at the URL of an API's stage.
func served(endpoint, url string) string {
	scheme, rest, _ := strings.Cut(url, "://")
	host, stage, _ := strings.Cut(rest, "/")
	api, _, _ := strings.Cut(host, ".")
	at := localcloud.WebSocketURL(endpoint, api, stage)
	if scheme == "wss" {
		return at
	}
	return "http" + strings.TrimPrefix(at, "ws")
}

// probe compiles the function of the play's own API.
func (w *workshop) probe(ctx context.Context, on compile.Platform) (string, error) {
	folder := w.path("probe-" + on.OS)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	return source.Program(ctx, w.root, "./magefiles/chores/play/probe", on, folder)
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
	p := &play.Play{Out: os.Stdout, Python: w.python, Node: w.node, Folder: w.folder}
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
func perform(ctx context.Context, p *play.Play) error { return report(p.Run(ctx)) }

func report(held int, err error) error {
	if err != nil {
		fmt.Printf("%d passed, 1 failed\n", held)
		return err
	}
	fmt.Printf("%d passed, 0 failed\n", held)
	return nil
}
