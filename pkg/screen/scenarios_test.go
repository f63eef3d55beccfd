package screen_test

import (
	"time"

	"github.com/plldb/plldb/pkg/report"
)

const (
	id     = "123456789012"
	region = "eu-west-1"
	bucket = "plldb-core-infrastructure-eu-west-1-123456789012"
	stack  = "arn:aws:cloudformation:eu-west-1:123456789012:stack/plldb/5f0c0d80-aaaa-bbbb-cccc-0123456789ab"
	zip    = "plldb/versions/0.1.0/lambda_functions/ws_api_connect_handler.zip"
	digest = "uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek="
	source = "https://" + bucket + ".s3.eu-west-1.amazonaws.com/plldb/versions/0.1.0/template.yaml?versionId=t1"
)

// scenario is a run as its steps tell it.
type scenario struct {
	name    string
	verbose bool
	answer  bool // of a command that is run for what it finds
	events  []report.Event
}

func scenarios() []scenario {
	return append(append(findings(), serving()...), []scenario{
		{name: "created", events: created()},
		{name: "verbose", verbose: true, events: requests()},
		{name: "updated", events: run(report.Deploy, deployed(report.Updated, "UPDATE_COMPLETE"))},
		{name: "unchanged", events: unchanged()},
		{name: "not-compiling", events: notCompiling()},
		{name: "failed-without-hint", events: run(report.Upload, failed(report.Failed, report.Problem{
			Message: "S3 answered PutObject with EntityTooLarge: Your proposed upload exceeds the maximum allowed size",
			Code:    report.ExitFailed,
		}))},
		{name: "bad-template", events: run("", failed(report.Failed, report.Problem{
			Message: "template.yaml:12:5: no function is called a\ntemplate.yaml:30:9: no function is called b",
			Hint:    "name one of the functions\ntake the others out",
			Code:    report.ExitFailed,
		}))},
		{name: "rolled-back", events: rolledBack()},
		{name: "stuck", events: run(report.Destroy, inState("DELETE_FAILED", failed(report.Failed, report.Problem{
			Message: "the stack plldb could not be deleted: the role PLLDBServiceRole is in use",
			Hint:    "remove what still uses it, then run this again",
			Code:    report.ExitStack,
		})))},
		{name: "no-credentials", events: []report.Event{report.Outcome{
			Command: "setup", Status: report.Failed, Version: "0.1.0",
			Problem: &report.Problem{Message: "no AWS credentials were found", Hint: "log in", Code: report.ExitDenied},
		}}},
		{name: "running", events: run(report.Deploy, inState("UPDATE_IN_PROGRESS", failed(report.Running, report.Problem{
			Message: "stopped by SIGINT while the stack plldb is being updated",
			Hint:    "plldb bootstrap watch --region eu-west-1",
			Code:    report.ExitRunning,
		})))},
		{name: "stopped", events: run(report.Upload, failed(report.Stopped, report.Problem{
			Message: "stopped by SIGTERM before the stack was touched",
			Hint:    "what was uploaded stays; run the same command again to go on",
			Code:    report.ExitTerminate,
		}))},
		{name: "destroyed", events: destroyed()},
		{name: "local", events: local()},
		{name: "absent", events: ended("destroy", report.Destroy, "absent", outcome("destroy", report.Absent))},
		{name: "purged", events: purged(report.Deleted)},
		{name: "purged-without-stack", events: purged(report.Absent)},
		{name: "watch-at-rest", events: ended("watch", report.Watch, "unchanged",
			inState("UPDATE_COMPLETE", outcome("watch", report.Unchanged)))},
		{name: "watch-created", events: ended("watch", report.Watch, "created", outcome("watch", report.Created))},
	}...)
}

func account() report.Account {
	return report.Account{ID: id, Region: region, Caller: "arn:aws:iam::123456789012:user/ann"}
}

// local is a run in the local cloud.
func local() []report.Event {
	here := report.Account{
		ID: "000000000000", Region: "us-east-1", Caller: "arn:aws:iam::000000000000:user/local",
		Endpoint: "http://127.0.0.1:40001", Local: "/home/ann/.local/state/plldb/local",
	}
	return []report.Event{here, deployed(report.Unchanged, "CREATE_COMPLETE")}
}

// created is a first setup, with every kind of event that one tells without --verbose.
func created() []report.Event {
	elsewhere := account()
	elsewhere.Endpoint = "http://localhost:5000"
	return []report.Event{
		elsewhere,
		report.StepStarted{Step: report.Build},
		report.StepEnded{Step: report.Build, Sum: "4 functions", Took: 12340 * time.Millisecond},
		report.StepStarted{Step: report.Zip},
		report.Packed{Function: "ws_api_connect_handler", Size: 2_345_678, Digest: digest},
		report.Packed{Function: "ws_api_default_handler", Size: 999_960, Digest: digest, Reused: true},
		report.StepEnded{Step: report.Zip, Sum: "2 archives, 1 of them packed now", Took: 456 * time.Millisecond},
		report.StepStarted{Step: report.Upload},
		report.Changed{Thing: "bucket " + bucket, Reason: "it does not exist"},
		report.Notice{Text: "S3 is still turning on versioning for bucket " + bucket + ": waiting"},
		report.Sent{Key: zip, VersionID: "v1", Size: 2_345_678, Uploaded: true},
		report.Sent{Key: zip, VersionID: "v0", Size: 4_200},
		report.StepEnded{Step: report.Upload, Sum: "1 package sent, 1 already there", Took: 61 * time.Second},
		report.StepStarted{Step: report.Deploy},
		stackEvent("PLLDBSessions", "AWS::DynamoDB::Table", "CREATE_IN_PROGRESS", ""),
		stackEvent("PLLDBSessions", "AWS::DynamoDB::Table", "CREATE_IN_PROGRESS", "Resource creation Initiated"),
		stackEvent("PLLDBSessions", "AWS::DynamoDB::Table", "CREATE_COMPLETE", ""),
		stackEvent("plldb", "", "CREATE_COMPLETE", ""),
		report.Warning{Text: "the table PLLDBSessions is kept"},
		report.StepEnded{Step: report.Deploy, Sum: "created", Took: 93*time.Second + 400*time.Millisecond},
		deployed(report.Created, "CREATE_COMPLETE"),
	}
}

// requests are what --verbose adds; the quiet scenarios hold one too, which they must not show.
func requests() []report.Event {
	return append(run("",
		report.Request{
			Service: "S3", Operation: "PutObject", Attempt: 1, Status: 503, Code: "SlowDown", Took: 80 * time.Millisecond,
		},
		report.Request{Service: "S3", Operation: "PutObject", Attempt: 2, Took: 5 * time.Second},
		report.Request{Service: "S3", Operation: "PutObject", Attempt: 3, Status: 200, Took: 120 * time.Millisecond},
	), deployed(report.Unchanged, "CREATE_COMPLETE"))
}

func unchanged() []report.Event {
	return run("",
		report.Request{Service: "STS", Operation: "GetCallerIdentity", Attempt: 1, Status: 200, Took: time.Millisecond},
		deployed(report.Unchanged, "UPDATE_COMPLETE"),
	)
}

func notCompiling() []report.Event {
	return run(report.Build, failed(report.Failed, report.Problem{
		Message: "the function ws_api_connect_handler does not compile:\n" +
			"functions/ws_api_connect_handler/main.go:9:2: undefined: lambada\n\tmore of it",
		Hint: "correct these lines and run this again; nothing was packaged or sent",
		Code: report.ExitFailed,
	}))
}

func rolledBack() []report.Event {
	o := inState("UPDATE_ROLLBACK_COMPLETE", failed(report.RolledBack, report.Problem{
		Message: "the stack plldb was rolled back: the function ConnectFunction could not be updated: no such version",
		Hint:    "the package is not in the bucket at that version: run this again, which uploads it anew",
		Code:    report.ExitStack,
	}))
	o.Outputs = map[string]string{"ApiId": "a1b2c3"}
	return run(report.Deploy,
		stackEvent("ConnectFunction", "AWS::Lambda::Function", "UPDATE_FAILED", "no such version\n(Service: Lambda)"),
		stackEvent("plldb", "AWS::CloudFormation::Stack", "UPDATE_ROLLBACK_COMPLETE", ""),
		o,
	)
}

func destroyed() []report.Event {
	return append([]report.Event{
		account(),
		report.StepStarted{Step: report.Destroy},
		report.StepEnded{Step: report.Destroy, Sum: "deleted", Took: 40 * time.Second},
		report.Notice{Text: "kept: the bucket " + bucket + "; `plldb bootstrap destroy --purge` removes it too"},
	}, outcome("destroy", report.Deleted))
}

func purged(stack report.Status) []report.Event {
	o := outcome("destroy", stack)
	o.BucketDeleted = true
	return []report.Event{
		account(),
		report.StepStarted{Step: report.Purge},
		report.StepEnded{Step: report.Purge, Sum: "9 object versions removed, and the bucket " + bucket, Took: 900e6},
		o,
	}
}

// run is a setup whose step, if any, is started and does not end well.
func run(step report.Step, events ...report.Event) []report.Event {
	all := []report.Event{account()}
	if step != "" {
		all = append(all, report.StepStarted{Step: step})
	}
	return append(all, events...)
}

func ended(command string, step report.Step, sum string, o report.Outcome) []report.Event {
	o.Command = command
	return run(step, report.StepEnded{Step: step, Sum: sum, Took: 7 * time.Millisecond}, o)
}

func outcome(command string, s report.Status) report.Outcome {
	return report.Outcome{
		Command: command, Status: s, Account: id, Region: region, Bucket: bucket, Version: "0.1.0",
		StackID: stack, Took: 1234 * time.Millisecond,
	}
}

func inState(status string, o report.Outcome) report.Outcome {
	o.StackStatus = status
	return o
}

func failed(s report.Status, p report.Problem) report.Outcome {
	o := outcome("setup", s)
	o.Problem = &p
	return o
}

func deployed(s report.Status, state string) report.Outcome {
	o := inState(state, outcome("setup", s))
	o.TemplateURL = source
	o.Functions = []report.Function{
		{Name: "ws_api_connect_handler", Key: zip, VersionID: "v1", Digest: digest, Uploaded: s != report.Unchanged},
	}
	o.Outputs = map[string]string{
		"WebSocketUrl": "wss://a1b2c3.execute-api.eu-west-1.amazonaws.com/plldb", "ApiId": "a1b2c3", "Version": "0.1.0",
	}
	return o
}

func stackEvent(logical, kind, status, reason string) report.StackEvent {
	e := report.StackEvent{
		Time: time.Date(2026, 11, 21, 22, 30, 5, 250_000_000, time.UTC), LogicalID: logical, ResourceType: kind,
		Status: status, Reason: reason,
	}
	if kind != "" {
		e.PhysicalID = "plldb-" + logical
	}
	return e
}
