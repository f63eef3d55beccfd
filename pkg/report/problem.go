package report

import "errors"

// Exit codes of the binary and, where mage passes them on, of the targets.
const (
	ExitDone      = 0   // done, or nothing to do
	ExitFailed    = 1   // failed; the stack is as it was, or the message says what was done; the next run goes on
	ExitUsage     = 2   // wrong usage or settings
	ExitStack     = 3   // the stack failed: rolled back, or the last line says its state
	ExitDenied    = 4   // no credentials, expired, or not allowed
	ExitRunning   = 5   // stopped here while AWS goes on
	ExitDiffers   = 6   // of diff --exit-code: a setup would change something
	ExitInterrupt = 130 // stopped by SIGINT, with nothing left going on; the message says how far it came
	ExitTerminate = 143 // the same, by SIGTERM
)

// Problem is an error in a person's words. Whoever knows best what went wrong makes it; the doors only print it.
type Problem struct {
	Message string // one sentence that names the thing
	Hint    string // what to do; may be empty
	Code    int    // exit code
	Err     error  // what was behind it; may be nil

	// Chain is the whole story of a failure of the stack, a line for each resource that failed, the first cause first; nil
	// where there is no more to tell than Message does.
	Chain []string
}

// Error returns the sentence alone.
func (p *Problem) Error() string { return p.Message }

// Unwrap gives the error behind the words.
func (p *Problem) Unwrap() error { return p.Err }

// ExitStatus is the exit code, in the form that mage asks for.
func (p *Problem) ExitStatus() int { return p.Code }

// AsProblem returns the first Problem in err's chain, or one that wraps err with exit code 1.
func AsProblem(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	return &Problem{Message: err.Error(), Code: ExitFailed, Err: err}
}
