package targets

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
)

// variables reads settings out of the environment, and keeps what is wrong with the first one that is.
type variables struct{ wrong error }

// refuse keeps the first problem. hint is "" for what is said of every variable.
func (v *variables) refuse(hint, format string, args ...any) {
	if v.wrong == nil {
		v.wrong = &report.Problem{Message: fmt.Sprintf(format, args...), Hint: hint, Code: report.ExitUsage}
	}
}

// known are the variables that something under mage reads.
func known() []string {
	return []string{
		"PLLDB_ACCEPTANCE", "PLLDB_ACCOUNT", "PLLDB_ADOPT", "PLLDB_ALLOW_DATA_LOSS", "PLLDB_ALLOW_DOWNGRADE", "PLLDB_BENCH_RUNS",
		"PLLDB_DRIFT", "PLLDB_FORCE", "PLLDB_FORCE_ROLLBACK", "PLLDB_LOCAL", "PLLDB_PURGE", "PLLDB_STATE", "PLLDB_TAGS",
		"PLLDB_TIMEOUT", "PLLDB_YES",
	}
}

// unknown refuses a PLLDB_ variable that nobody reads: a misspelt PLLDB_ACCOUNT would let every account pass.
func (v *variables) unknown(environ []string) {
	for _, setting := range environ {
		name, _, _ := strings.Cut(setting, "=")
		if !strings.HasPrefix(name, "PLLDB_") || slices.Contains(known(), name) {
			continue
		}
		hint := "unset it; these are known: " + strings.Join(known(), ", ")
		if name == "PLLDB_CONFIRM" {
			hint = "unset it: mage never asks, and mage bootstrap:diff shows the plan"
		}
		v.refuse(hint, "%s is no setting of plldb's under mage", name)
	}
}

// on is a yes or a no. Unset and empty are no.
func (v *variables) on(name string) bool {
	value := os.Getenv(name)
	if value == "" {
		return false
	}
	yes, err := strconv.ParseBool(value)
	if err != nil {
		v.refuse("set it to true, or unset it", "%s=%q is neither true nor false", name, value)
	}
	return yes
}

// id is an account.
func (v *variables) id(name string) string {
	value := os.Getenv(name)
	if value != "" && !account.IsID(value) {
		v.refuse("correct it, or unset it", "%s=%q is not an account: that is twelve digits", name, value)
	}
	return value
}

// folder is that of the local cloud's state.
func (v *variables) folder(name string) string {
	dir, err := LocalState(os.Getenv(name))
	if err != nil && v.wrong == nil {
		v.wrong = err
	}
	return dir
}

// tags are pairs with commas between them, a=b,c=d. A tag's value has no comma: AWS allows none.
func (v *variables) tags(name string) map[string]string {
	value := os.Getenv(name)
	if value == "" {
		return nil
	}
	tags, err := rollout.Tags(strings.Split(value, ","))
	if err != nil {
		v.refuse("correct "+name+", or unset it; it is written a=b,c=d", "%v", err)
	}
	return tags
}

// duration is a length of time as Go writes it, or 0 for no limit.
func (v *variables) duration(name string, otherwise time.Duration) time.Duration {
	value := os.Getenv(name)
	if value == "" {
		return otherwise
	}
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 {
		v.refuse("write it like 30m or 1h30m; 0 is no limit", "%s=%q is no length of time", name, value)
	}
	return d
}
