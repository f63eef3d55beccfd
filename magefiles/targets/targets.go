// Package targets is what can be asked of plldb, by mage and by the binary alike: a table of steps and what each needs
// before it. What a step does is in pkg/rollout.
package targets

import (
	"context"

	"github.com/magefile/mage/mg"

	"github.com/plldb/plldb/pkg/need"
	"github.com/plldb/plldb/pkg/rollout"
)

// Build compiles the Lambda functions.
func Build(ctx context.Context) error { return step(ctx, (*rollout.Run).Build) }

// Zip packs each function into dist/lambda_functions/NAME.zip.
func Zip(ctx context.Context) error { return step(ctx, (*rollout.Run).Zip, Build) }

// Upload brings the bucket to its state and sends it the packages that it does not hold.
func Upload(ctx context.Context) error { return step(ctx, (*rollout.Run).Upload, look, announced) }

// Render fills the template with the uploaded packages, in dist/template.yaml and in the bucket.
func Render(ctx context.Context) error { return step(ctx, (*rollout.Run).Render, Upload) }

// Deploy brings the stack plldb to the rendered template.
func Deploy(ctx context.Context) error { return step(ctx, (*rollout.Run).Deploy, Render) }

// Destroy deletes the stack plldb; the packages stay, unless PLLDB_PURGE is set.
func Destroy(ctx context.Context) error { return step(ctx, (*rollout.Run).Destroy) }

// look reads the account while the functions are being compiled and packed.
func look(ctx context.Context) error { return step(ctx, (*rollout.Run).Look) }

// announced packs the functions once it is known, and said, whose account they are for: a run's first line names the
// account, and wrong credentials are found out before anything is compiled.
func announced(ctx context.Context) error {
	if err := need.All(ctx, whose); err != nil {
		return err
	}
	return need.All(ctx, Zip)
}

func whose(ctx context.Context) error { return step(ctx, (*rollout.Run).WhoAmI) }

// Bootstrap is the end user's name for the whole.
type Bootstrap mg.Namespace

// Setup makes the bucket and the stack, or brings them up to date.
func (Bootstrap) Setup(ctx context.Context) error { return Deploy(ctx) }

// Destroy deletes the stack plldb; the packages stay, unless PLLDB_PURGE is set.
func (Bootstrap) Destroy(ctx context.Context) error { return Destroy(ctx) }

// Watch follows the stack plldb until nothing is happening to it.
func (Bootstrap) Watch(ctx context.Context) error { return step(ctx, (*rollout.Run).Watch) }

// Diff says what Setup would change, and changes nothing in the account.
func (Bootstrap) Diff(ctx context.Context) error {
	return step(asking(ctx), (*rollout.Run).Diff, look, announced)
}

// Status says how the stack plldb stands; with PLLDB_DRIFT also what somebody has changed in it.
func (Bootstrap) Status(ctx context.Context) error { return step(asking(ctx), (*rollout.Run).Status) }
