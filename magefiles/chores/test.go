// Package chores holds the mage targets for those who work on plldb.
package chores

import (
	"context"

	"github.com/plldb/plldb/magefiles/chores/child"
)

// Test runs all tests under the race detector.
func Test(ctx context.Context) error {
	return child.Show(child.Command(ctx, "go", "test", "-race", "./..."))
}
