package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/plldb/plldb/magefiles/targets"
	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
	"github.com/plldb/plldb/pkg/screen"
)

// run makes a command out of a target: settings from the flags, a run on them, and its outcome on the screen. An error
// that it returns is one of usage; every other is told as an outcome, and sets the exit code.
func run(s streams, code *int, o *options, command rollout.Command, do target) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		if err := o.check(); err != nil {
			return err
		}
		show := screen.New(screen.Options{
			Out: s.out, Err: s.err, JSON: o.output == "json", Verbose: o.verbose,
			Answer:   command == rollout.Diff || command == rollout.Status,
			Color:    !o.noColor && screen.ColorFits(s.err, os.Getenv),
			OutColor: !o.noColor && screen.ColorFits(s.out, os.Getenv),
		})
		defer show.Close()
		ctx, release := rollout.StopOn(cmd.Context(), os.Exit, os.Interrupt, syscall.SIGTERM)
		defer release()
		ctx, end := rollout.EndAfter(ctx, o.timeout)
		defer end()

		open, leave := o.session(s, show)
		r := rollout.New(o.settings(s, show), open, show, rollout.RealClock{})
		outcome := r.Outcome(ctx, command, do(targets.In(ctx, r)))
		leave(outcome)
		s.question.end(s.err)
		show.Tell(outcome)
		*code = o.code(outcome)
		if err := show.Lost(); err != nil && *code == report.ExitDone {
			fmt.Fprintf(s.err, "error: the answer could not be written: %v\nhint: what was done is done; "+
				"plldb bootstrap status says how the stack stands\n", err)
			*code = report.ExitFailed
		}
		return nil
	}
}

// code is the exit code of an outcome. That something differs is an answer, and no problem.
func (o *options) code(outcome report.Outcome) int {
	switch {
	case outcome.Problem != nil:
		return outcome.Problem.Code
	case o.exitCode && outcome.Status == report.Differs:
		return report.ExitDiffers
	}
	return report.ExitDone
}

func (o *options) settings(s streams, show pauser) rollout.Settings {
	return rollout.Settings{
		Account:  o.account,
		Consents: o.consents,
		Local:    o.local.folder(),
		Purge:    o.purge,
		Confirm:  o.confirm,
		Yes:      o.yes,
		Drift:    o.drift,
		Tags:     o.tags,
		Profile:  o.profile,
		Watch:    o.again("plldb bootstrap watch"),
		Clear:    o.again("plldb bootstrap destroy --purge"),
		Ask:      asker(s, show),
	}
}

// session opens the AWS configuration, or starts the local cloud, when a step first needs it. leave ends what it started.
func (o *options) session(s streams, show *screen.Screen) (
	open func(context.Context) (*account.Session, error), leave func(report.Outcome),
) {
	if o.local.on {
		l := o.inside(show)
		return l.Open, func(end report.Outcome) { leaveCloud(l, show, end) }
	}
	return func(ctx context.Context) (*account.Session, error) {
		return account.Load(ctx, account.Options{
			Region: o.region, Profile: o.profile, EndpointURL: o.endpoint, MFA: mfa(ctx, s, show), Sink: show,
		})
	}, func(report.Outcome) {}
}

// again is a command with the flags that lead to the same account.
func (o *options) again(command string) string {
	words := append([]string{command}, o.local.words()...)
	for _, flag := range []struct{ name, value string }{
		{"--region", o.region}, {"--profile", o.profile}, {"--endpoint-url", o.endpoint}, {"--account", o.account},
	} {
		if flag.value != "" {
			words = append(words, flag.name, targets.Quoted(flag.value))
		}
	}
	return strings.Join(words, " ")
}

func isEndpoint(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}
