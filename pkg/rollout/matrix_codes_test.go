package rollout_test

import (
	"slices"

	"github.com/plldb/plldb/pkg/report"
)

// codes are the exit codes with which a run may end that met the mishap. Most have one.
func (m mishap) codes() []int {
	switch m.kind {
	case stops:
		return m.codesOfAStop()
	case refuses:
		return m.codesOfARefusal()
	}
	switch {
	case m.operation == "sts.GetCallerIdentity" && m.ill.name == "stalled":
		return []int{report.ExitFailed} // the first question has ten seconds in all: a second try would be too late
	case m.span == once, m.dispensable(), m.begun && m.operation == "cloudformation.DescribeStacks":
		return []int{report.ExitDone} // the SDK asks again, or the run waits until it is over
	case slices.Contains(beginnings(), m.operation) && m.ill.name != "throttled":
		return []int{report.ExitRunning, report.ExitFailed} // whether AWS has begun is not known, or it said no
	case m.patient():
		return []int{report.ExitFailed, report.ExitDone} // ten tries may take longer than the ill lasts
	}
	return []int{report.ExitFailed}
}

// codesOfAStop: before CloudFormation was put to work a signal ends a run as stopped; after, the stack is left to AWS.
// Where the stack is already as it should be, the end of the work may be the end of the run.
func (m mishap) codesOfAStop() []int {
	switch {
	case slices.Contains(beginnings(), m.operation):
		return []int{report.ExitRunning}
	case m.begun:
		return []int{report.ExitRunning, report.ExitInterrupt, report.ExitDone}
	case m.operation == lastOfDestroy:
		return []int{report.ExitDone} // all that was asked for is done
	}
	return []int{report.ExitInterrupt}
}

// codesOfARefusal: without rights a run ends; where AWS works on, it says so.
func (m mishap) codesOfARefusal() []int {
	switch {
	case m.dispensable() && m.span != forGood, m.operation == lastOfDestroy:
		return []int{report.ExitDone}
	case m.operation == "cloudformation.GetTemplate":
		return []int{report.ExitDenied, report.ExitDone}
	case m.operation == "cloudformation.DescribeChangeSet" && m.span == once:
		return []int{report.ExitDenied, report.ExitDone} // the values of its changes are only shown
	case m.operation == "s3.HeadObject" && m.ill.name == "denied":
		return []int{report.ExitDenied, report.ExitDone} // a package that may not be looked at is sent again
	case m.begun:
		return []int{report.ExitRunning, report.ExitDenied, report.ExitDone}
	}
	return []int{report.ExitDenied}
}

// lastOfDestroy asks whether the bucket stays, which is only told: the stack is gone by then.
const lastOfDestroy = "s3.HeadBucket"

// dispensable is what a run can do without: DescribeEvents has the older DescribeStackEvents behind it, and whether the
// packages stay is only told.
func (m mishap) dispensable() bool {
	switch m.operation {
	case "cloudformation.DescribeEvents", "cloudformation.DeleteChangeSet", lastOfDestroy:
		return true
	}
	return false
}

// patient is what is asked ten times, or need not be known: the template of a stack that is not there.
func (m mishap) patient() bool {
	return slices.Contains([]string{
		"cloudformation.DescribeChangeSet", "cloudformation.DescribeStackEvents", "cloudformation.GetTemplate",
	}, m.operation)
}

// beginnings are the calls that put CloudFormation to work.
func beginnings() []string {
	return []string{
		"cloudformation.ExecuteChangeSet", "cloudformation.DeleteStack", "cloudformation.ContinueUpdateRollback",
		"cloudformation.RollbackStack",
	}
}

// formationWrites are all calls of which a run that is stopped still wants to know what became of them.
func formationWrites() []string {
	return append(beginnings(), "cloudformation.CreateChangeSet", "cloudformation.DeleteChangeSet")
}
