//go:build mage

// plldb prepares an AWS account for debugging Lambda functions.
//
// Build, Zip, Upload, Render and Deploy each need the one before; Destroy needs none. Settings come from the AWS_
// variables and from PLLDB_ACCOUNT, PLLDB_TAGS (a=b,c=d), PLLDB_TIMEOUT (30m), PLLDB_YES, PLLDB_PURGE, PLLDB_DRIFT,
// PLLDB_LOCAL, PLLDB_STATE, PLLDB_ADOPT, PLLDB_ALLOW_DATA_LOSS, PLLDB_ALLOW_DOWNGRADE, PLLDB_FORCE_ROLLBACK and
// PLLDB_FORCE.
package main

import (
	//mage:import
	"github.com/plldb/plldb/magefiles/chores"
	//mage:import
	"github.com/plldb/plldb/magefiles/targets"
)

// Default changes nothing in any account.
var Default = chores.Test

// Aliases are the binary's words for the same.
var Aliases = map[string]any{
	"setup":  targets.Bootstrap.Setup,
	"watch":  targets.Bootstrap.Watch,
	"diff":   targets.Bootstrap.Diff,
	"status": targets.Bootstrap.Status,
}
