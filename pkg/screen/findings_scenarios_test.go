package screen_test

import (
	"time"

	"github.com/plldb/plldb/pkg/report"
)

const (
	other  = "3f9cAAAAPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek="
	policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},` +
		`"Action":"sts:AssumeRole"}]}`
	policyThen = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` +
		`{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}`
)

// findings are the runs that say what is to be changed or what differs.
func findings() []scenario {
	return []scenario{
		{name: "diff", answer: true, events: append(differences(), asked("diff", report.Differs, nil))},
		{name: "diff-of-one", answer: true, events: run(report.Diff,
			report.Planned{What: "versioning of " + bucket, Reason: "it is not set"},
			asked("diff", report.Differs, nil))},
		{name: "diff-none", answer: true, events: run(report.Diff,
			report.Compared{Function: "ws_api_connect_handler", Local: digest, Uploaded: digest, Deployed: digest},
			report.TemplateDiff{},
			report.StepEnded{Step: report.Diff, Sum: "no difference", Took: 812 * time.Millisecond},
			asked("diff", report.Unchanged, nil))},
		{name: "diff-refused", answer: true, events: run(report.Diff,
			report.Compared{Function: "ws_api_connect_handler", Local: digest},
			report.Planned{What: "stack plldb: refuse", Reason: "it has no tag plldb:stack = bootstrap", Refused: true},
			report.StepEnded{Step: report.Diff, Sum: "refused", Took: 812 * time.Millisecond},
			asked("diff", report.Differs, nil))},
		{name: "diff-denied", answer: true, events: run(report.Diff, asked("diff", report.Failed, &report.Problem{
			Message: "not allowed: cloudformation:GetTemplate", Hint: "ask for it", Code: report.ExitDenied,
		}))},
		{name: "status", answer: true, events: run("", present("UPDATE_COMPLETE", ""))},
		{name: "status-absent", answer: true, events: run("", asked("status", report.Absent, nil))},
		{name: "status-busy", answer: true, events: run("", busy())},
		{name: "status-in-sync", answer: true, events: run(report.Detect, present("CREATE_COMPLETE", "IN_SYNC"))},
		{name: "status-drifted", answer: true, events: append(drift(), present("UPDATE_COMPLETE", "DRIFTED"))},
		{name: "status-drifted-in-one", answer: true, events: run(report.Detect,
			report.Drifted{LogicalID: "ConnectLogGroup", ResourceType: "AWS::Logs::LogGroup", Status: "DELETED"},
			present("UPDATE_COMPLETE", "DRIFTED"))},
		{name: "status-drift-unknown", answer: true, events: run(report.Detect, present("CREATE_COMPLETE", "UNKNOWN"))},
		{name: "status-drift-not-checked", answer: true, events: run("", present("ROLLBACK_COMPLETE", "NOT_CHECKED"))},
		{name: "confirmed", events: confirmed()},
		{name: "chain", events: run(report.Deploy, chained())},
		{name: "chain-verbose", verbose: true, events: run(report.Deploy, chained())},
	}
}

// differences are what diff tells, and setup --confirm before it asks.
func differences() []report.Event {
	return run(report.Diff,
		report.Compared{Function: "ws_api_authorize_handler", Local: digest, Uploaded: digest, Deployed: digest},
		report.Compared{Function: "ws_api_connect_handler", Local: digest, Uploaded: digest, Deployed: other},
		report.Compared{Function: "ws_api_default_handler", Local: digest, Deployed: other},
		report.Compared{Function: "ws_api_disconnect_handler", Local: digest, Other: true, Deployed: other},
		report.Compared{Function: "ws_api_new_handler", Local: digest},
		report.Compared{Function: "ws_api_old_handler", Deployed: other},
		report.TemplateDiff{Text: "--- deployed\n+++ planned\n@@ -12,3 +12,3 @@\n Resources:\n-    Retention: 7\n" +
			"+\tRetention: 100%d\x1b[2J\n"},
		report.Planned{What: "object " + zip, Reason: "the bucket's newest version is other code"},
		report.Planned{What: "stack plldb: update", Reason: "the stack plldb differs from what it should be"},
		report.StepEnded{Step: report.Diff, Sum: "2 writes", Took: 812 * time.Millisecond},
	)
}

// confirmed is a setup that shows what it would do before it asks, and is told no.
func confirmed() []report.Event {
	return append(differences(),
		report.StepStarted{Step: report.Deploy},
		report.ResourceChange{
			Action: "Modify", LogicalID: "ConnectFunction", PhysicalID: "plldb-connect", ResourceType: "AWS::Lambda::Function",
			Replacement: "False", Properties: []report.PropertyChange{
				{Path: "/Properties/Code/S3ObjectVersion", Before: "v1", After: "v2", Recreation: "Never"},
				{Path: "Metadata"},
				{Path: "/Properties/Description", Before: "says\n\x1b[2J100%d"},
			},
		},
		report.ResourceChange{
			Action: "Modify", LogicalID: "PLLDBManagerRole", ResourceType: "AWS::IAM::Role", Replacement: "Conditional",
			Properties: []report.PropertyChange{
				{Path: "/Properties/AssumeRolePolicyDocument", Before: policy, After: policyThen, Recreation: "Conditionally"},
				{Path: "/Properties/Description", After: policy},
			},
		},
		report.ResourceChange{
			Action: "Modify", LogicalID: "PLLDBSessions", PhysicalID: "plldb-PLLDBSessions",
			ResourceType: "AWS::DynamoDB::Table", Replacement: "True", Loses: "replaces", Properties: []report.PropertyChange{
				{Path: "/Properties/KeySchema/0/AttributeName", Before: "Id", After: "SessionId", Recreation: "Always"},
			},
		},
		report.ResourceChange{
			Action: "Remove", LogicalID: "PLLDBDebugger", ResourceType: "AWS::DynamoDB::Table", Loses: "removes",
		},
		report.ResourceChange{Action: "Add", LogicalID: "PLLDBRequests", ResourceType: "AWS::DynamoDB::Table"},
		failed(report.Failed, report.Problem{
			Message: "the stack plldb was not updated: the answer was no", Code: report.ExitFailed,
		}),
	)
}

func drift() []report.Event {
	return run(report.Detect,
		report.Drifted{
			LogicalID: "PLLDBSessions", PhysicalID: "plldb-PLLDBSessions", ResourceType: "AWS::DynamoDB::Table",
			Status: "MODIFIED", Properties: []report.PropertyDrift{
				{Path: "/DeletionProtectionEnabled", Kind: "NOT_EQUAL", Expected: "false", Actual: "true"},
				{Path: "/Tags/2", Kind: "ADD", Actual: `{"Key":"team","Value":"50%d"}`},
				{Path: "/TimeToLiveSpecification", Kind: "REMOVE", Expected: `{"Enabled":true}`},
			},
		},
		report.Drifted{LogicalID: "ConnectLogGroup", ResourceType: "AWS::Logs::LogGroup", Status: "DELETED"},
		report.StepEnded{Step: report.Detect, Sum: "2 resources differ", Took: 14 * time.Second},
	)
}

func present(state, drift string) report.Outcome {
	o := deployed(report.Present, state)
	o.Command, o.TemplateURL, o.Drift = "status", "", drift
	o.Functions = []report.Function{
		{Name: "ws_api_connect_handler", Key: zip, VersionID: "v1", Digest: digest},
		{Name: "ws_api_disconnect_handler", Key: zip, VersionID: "v7", Digest: other},
	}
	return o
}

// busy is a stack whose first change is under way: it has neither outputs nor functions.
func busy() report.Outcome {
	return inState("CREATE_IN_PROGRESS", asked("status", report.Present, nil))
}

func asked(command string, s report.Status, p *report.Problem) report.Outcome {
	o := outcome(command, s)
	o.Problem = p
	return o
}

func chained() report.Outcome {
	return inState("UPDATE_ROLLBACK_COMPLETE", failed(report.RolledBack, report.Problem{
		Message: "the stack plldb was rolled back: the function ConnectFunction could not be updated: no such version",
		Hint:    "run this again, which uploads it anew",
		Code:    report.ExitStack,
		Chain: []string{
			"ConnectFunction (AWS::Lambda::Function): no such version\n(100%d)",
			"DefaultFunction (AWS::Lambda::Function): Resource update cancelled",
		},
	}))
}
