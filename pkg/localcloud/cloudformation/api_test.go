package cloudformation_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/store"
)

func TestDirectly(t *testing.T) {
	c := open(t)
	in := &cfn.CreateStackInput{
		StackName: aws.String("direct"), TemplateBody: aws.String(two), ClientRequestToken: aws.String("one"),
		EnableTerminationProtection: aws.Bool(true),
	}
	out, err := c.CreateStack(c.ctx(), in)
	id := must(t, out, err).StackId
	again, err := c.CreateStack(c.ctx(), in)
	if *must(t, again, err).StackId != *id {
		t.Error("another stack")
	}
	in.ClientRequestToken = aws.String("two")
	_, err = c.CreateStack(c.ctx(), in)
	refused(t, err, "AlreadyExistsException", "Stack [direct] already exists")
	st := c.rests("direct", types.StackStatusCreateComplete)
	if st.ChangeSetId != nil || st.LastUpdatedTime != nil || !*st.EnableTerminationProtection ||
		*st.LastOperations[0].OperationId != *out.OperationId {
		t.Errorf("%+v", st)
	}
	text := changed
	_, err = c.UpdateStack(c.ctx(), &cfn.UpdateStackInput{StackName: id, TemplateBody: &text})
	must(t, 0, err)
	if st := c.rests("direct", types.StackStatusUpdateComplete); st.LastUpdatedTime == nil {
		t.Error("not said to be updated")
	}
	_, err = c.UpdateStack(c.ctx(), &cfn.UpdateStackInput{StackName: id, UsePreviousTemplate: aws.Bool(true)})
	refused(t, err, "ValidationError", "No updates are to be performed.")
	_, err = c.UpdateStack(c.ctx(), &cfn.UpdateStackInput{
		StackName: id, UsePreviousTemplate: aws.Bool(true), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}},
	})
	must(t, 0, err)
	c.rests("direct", types.StackStatusUpdateComplete)
}

func TestTerminationProtection(t *testing.T) {
	c := open(t)
	id := c.create("safe", two).StackId
	protect := func(on bool) {
		_, err := c.UpdateTerminationProtection(c.ctx(), &cfn.UpdateTerminationProtectionInput{
			StackName: id, EnableTerminationProtection: &on,
		})
		must(t, 0, err)
	}
	protect(true)
	_, err := c.DeleteStack(c.ctx(), &cfn.DeleteStackInput{StackName: id})
	refused(t, err, "ValidationError", "Stack [safe] cannot be deleted while TerminationProtection is enabled")
	protect(false)
	_, err = c.DeleteStack(c.ctx(), &cfn.DeleteStackInput{StackName: id})
	must(t, 0, err)
	c.rests(*id, types.StackStatusDeleteComplete)
}

// A stack that was deleted is found by its id, for 90 days; its name is free at once.
func TestTrap19DeletedByID(t *testing.T) {
	c := open(t)
	_, err := c.DescribeStacks(c.ctx(), &cfn.DescribeStacksInput{StackName: aws.String("gone")})
	refused(t, err, "ValidationError", "Stack with id gone does not exist")
	id := c.create("gone", two).StackId
	_, err = c.DeleteStack(c.ctx(), &cfn.DeleteStackInput{StackName: aws.String("gone")})
	must(t, 0, err)
	c.rests(*id, types.StackStatusDeleteComplete)
	_, err = c.DescribeStacks(c.ctx(), &cfn.DescribeStacksInput{StackName: aws.String("gone")})
	refused(t, err, "ValidationError", "Stack with id gone does not exist")
	_, err = c.GetTemplate(c.ctx(), &cfn.GetTemplateInput{StackName: aws.String("gone")})
	refused(t, err, "ValidationError", "Stack with id gone does not exist")
	_, err = c.DeleteStack(c.ctx(), &cfn.DeleteStackInput{StackName: id}) // once more does no harm
	must(t, 0, err)
	list, err := c.ListStacks(c.ctx(), &cfn.ListStacksInput{StackStatusFilter: []types.StackStatus{"DELETE_COMPLETE"}})
	if n := len(must(t, list, err).StackSummaries); n != 1 {
		t.Errorf("%d deleted stacks", n)
	}
	second := c.create("gone", two).StackId
	if *second == *id {
		t.Error("the same id")
	}
	c.clock.Turn(91 * 24 * time.Hour)
	_, err = c.DescribeStacks(c.ctx(), &cfn.DescribeStacksInput{StackName: id})
	refused(t, err, "ValidationError", "does not exist")
	c.status("gone", types.StackStatusCreateComplete)
}

// Templates of more than 51 200 bytes come from a bucket.
func TestTrap39LongTemplates(t *testing.T) {
	c := open(t)
	long := "#" + strings.Repeat("x", 60000) + two
	_, err := c.CreateChangeSet(c.ctx(), proposal("long", "first", types.ChangeSetTypeCreate, long))
	refused(t, err, "ValidationError", "at 'templateBody' failed to satisfy constraint: Member must have length less than "+
		"or equal to 51200")
	c.bucket.texts["b/long.yaml?v1"] = long
	c.bucket.texts["b/longer.yaml"] = strings.Repeat("#", 1000001)
	for address, want := range map[string]string{
		"http://127.0.0.1:80/b/long.yaml?versionId=v1":                "",
		"https://b.s3.eu-west-1.amazonaws.com/long.yaml?versionId=v1": "",
		"https://s3.eu-west-1.amazonaws.com/b/long.yaml?versionId=v1": "",
		"https://s3.amazonaws.com/b/long.yaml?versionId=v1":           "",
		"http://b.localhost:4566/long.yaml?versionId=v1":              "",
		"https://b.s3.amazonaws.com/long.yaml?versionId=v2":           "S3 error: The specified version does not exist.",
		"https://b.s3.amazonaws.com/short.yaml":                       "S3 error: The specified key does not exist.",
		"https://denied.s3.amazonaws.com/long.yaml":                   "S3 error: Access Denied",
		"https://b.s3.amazonaws.com/longer.yaml":                      "Template may not exceed 1000000 bytes in size.",
		"https://example.com/b/long.yaml":                             "TemplateURL must be an Amazon S3 URL.",
		"s3://b/long.yaml":                                            "TemplateURL must be a supported URL.",
		"https://s3.amazonaws.com/b":                                  "TemplateURL must reference a valid S3 object",
	} {
		_, err := c.ValidateTemplate(c.ctx(), &cfn.ValidateTemplateInput{TemplateURL: &address})
		if want == "" {
			must(t, 0, err)
		} else {
			refused(t, err, "ValidationError", want)
		}
	}
}

// GetTemplate gives what is not ASCII as question marks.
func TestTrap49QuestionMarks(t *testing.T) {
	c := open(t)
	c.create("ascii", "# Füße\n"+two)
	for _, stage := range []types.TemplateStage{types.TemplateStageOriginal, types.TemplateStageProcessed} {
		out, err := c.GetTemplate(c.ctx(), &cfn.GetTemplateInput{StackName: aws.String("ascii"), TemplateStage: stage})
		if got := *must(t, out, err).TemplateBody; got != "# F??e\n"+two {
			t.Errorf("%s: %q", stage, got)
		}
	}
}

// The id of the operation that ExecuteChangeSet began is in DescribeStacks, and finds its events.
func TestTrap52LastOperations(t *testing.T) {
	c := open(t)
	c.create("ops", two)
	c.update("ops", "second", updated)
	st := c.rests("ops", types.StackStatusUpdateRollbackComplete)
	var kinds []string
	for _, op := range st.LastOperations {
		kinds = append(kinds, string(op.OperationType))
	}
	if got := strings.Join(kinds, " "); got != "ROLLBACK UPDATE_STACK CREATE_CHANGESET CREATE_STACK CREATE_CHANGESET" {
		t.Errorf("operations %s", got)
	}
	total := 0
	for i, want := range []string{"UPDATE_ROLLBACK_COMPLETE", "UPDATE_IN_PROGRESS"} {
		out, err := c.DescribeEvents(c.ctx(), &cfn.DescribeEventsInput{OperationId: st.LastOperations[i].OperationId})
		events := must(t, out, err).OperationEvents
		found := false
		for _, e := range events {
			found = found || string(e.ResourceStatus) == want && *e.LogicalResourceId == "ops" &&
				e.EventType == types.EventTypeStackEvent && *e.PhysicalResourceId == *st.StackId
		}
		if !found {
			t.Errorf("no %s in %v", want, events)
		}
		total += len(events)
	}
	failed, err := c.DescribeEvents(c.ctx(), &cfn.DescribeEventsInput{
		StackName: aws.String("ops"), Filters: &types.EventFilter{FailedEvents: aws.Bool(true)},
	})
	if events := must(t, failed, err).OperationEvents; len(events) != 1 || *events[0].LogicalResourceId != "Beside" ||
		events[0].EventType != types.EventTypeProvisioningError {
		t.Errorf("%+v", events)
	}
	all, err := c.DescribeEvents(c.ctx(), &cfn.DescribeEventsInput{StackName: aws.String("ops")})
	if n := len(must(t, all, err).OperationEvents); n != len(c.story("ops")) || total >= n {
		t.Errorf("%d events in all, %d of the update", n, total)
	}
	for _, in := range []*cfn.DescribeEventsInput{{}, {ChangeSetName: aws.String("second")}} {
		_, err = c.DescribeEvents(c.ctx(), in)
		refused(t, err, "ValidationError", "One of ChangeSetName, OperationId or StackName must be specified")
	}
}

// A process that is killed has lost nothing: another goes on over the same folder.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	hand := clock.NewHand(noon)
	disk := func() *store.Store {
		s, err := store.Open(dir)
		return must(t, s, err)
	}
	c := openAt(t, disk(), hand)
	c.execute(c.propose("killed", "first", types.ChangeSetTypeCreate, two))
	c.pass(8 * time.Second)
	c.status("killed", types.StackStatusCreateInProgress)
	other := openAt(t, disk(), hand)
	other.things.made = 2
	hand.Turn(time.Hour) // nobody looks for an hour: the story is the same
	other.rests("killed", types.StackStatusCreateComplete)
	want := open(t)
	want.create("killed", two)
	if got, want := strings.Join(other.story("killed"), "\n"), strings.Join(want.story("killed"), "\n"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// A resource that stalls holds up what needs it and nothing else, until it no longer does.
func TestStalls(t *testing.T) {
	c := open(t)
	c.faults.stall("CREATE Base", true)
	c.execute(c.propose("stalls", "first", types.ChangeSetTypeCreate, two))
	c.pass(5 * time.Minute)
	c.status("stalls", types.StackStatusCreateInProgress)
	c.faults.stall("CREATE Base", false)
	c.rests("stalls", types.StackStatusCreateComplete)
	story := strings.Join(c.story("stalls"), "\n")
	for _, want := range []string{"  15s Beside CREATE_COMPLETE", " 311s Base CREATE_COMPLETE", " 321s Top CREATE_COMPLETE"} {
		if !strings.Contains(story, want) {
			t.Errorf("no %q in\n%s", want, story)
		}
	}
}

func TestInjectedFailure(t *testing.T) {
	c := open(t)
	c.faults.fail("CREATE Top", "out of order")
	c.execute(c.propose("hurt", "first", types.ChangeSetTypeCreate, two))
	c.rests("hurt", types.StackStatusRollbackComplete)
	if story := strings.Join(c.story("hurt"), "\n"); !strings.Contains(story, "Top CREATE_FAILED: out of order") {
		t.Error(story)
	}
}

// At the clock's top speed everything is done at once.
func TestTopSpeed(t *testing.T) {
	c := open(t)
	for range 3 { // settling what is settled changes nothing
		must(t, 0, c.service.Settle(c.ctx()))
	}
}

// Policies keep resources when the stack goes, when they are replaced, and when the template no longer has them.
func TestPolicies(t *testing.T) {
	const kept = "DeletionPolicy: Retain\n    UpdateReplacePolicy: Retain"
	c := open(t)
	c.create("keep", resourceOne(kept, "Kind: a"))
	id := c.propose("keep", "second", types.ChangeSetTypeUpdate, resourceOne(kept, "Kind: b"))
	if r := c.values(id)["One"]; r.PolicyAction != types.PolicyActionReplaceAndRetain {
		t.Errorf("%s", r.PolicyAction)
	}
	c.execute(id)
	c.rests("keep", types.StackStatusUpdateComplete)
	if left := c.left(); len(left) != 2 {
		t.Errorf("left: %v", left)
	}
	id = c.propose("keep", "third", types.ChangeSetTypeUpdate, strings.Replace(two, "Outputs", "Outputs", 1))
	if r := c.values(id)["One"]; r.Action != types.ChangeActionRemove || r.PolicyAction != types.PolicyActionRetain {
		t.Errorf("%+v", r)
	}
	c.execute(id)
	c.rests("keep", types.StackStatusUpdateComplete)
	if left := c.left(); len(left) != 5 {
		t.Errorf("left: %v", left)
	}
	if story := strings.Join(c.story("keep"), "\n"); strings.Count(story, "One DELETE_SKIPPED") != 2 {
		t.Error(story)
	}
}

// What was made by the operation that fails goes in spite of RetainExceptOnCreate, and stays under Retain.
func TestRetainExceptOnCreate(t *testing.T) {
	for policy, want := range map[string]int{"Retain": 1, "RetainExceptOnCreate": 0} {
		c := open(t)
		text := strings.Replace(bad, "Good: {", "Good: {DeletionPolicy: "+policy+", ", 1)
		c.execute(c.propose("policy", "first", types.ChangeSetTypeCreate, text))
		c.rests("policy", types.StackStatusRollbackComplete)
		if n := len(c.left()); n != want {
			t.Errorf("%s: %d left", policy, n)
		}
	}
}

func TestRefusals(t *testing.T) {
	c := open(t)
	named := proposal("*odd", "first", types.ChangeSetTypeCreate, two)
	_, err := c.CreateChangeSet(c.ctx(), named)
	refused(t, err, "ValidationError", "1 validation error detected: Value '*odd' at 'stackName' failed to satisfy constraint: "+
		"Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*")
	for want, spoil := range map[string]func(*cfn.CreateChangeSetInput){
		"at 'changeSetName'": func(in *cfn.CreateChangeSetInput) { in.ChangeSetName = aws.String("1st") },
		"Member must have length less than or equal to 128": func(in *cfn.CreateChangeSetInput) {
			in.StackName = aws.String(strings.Repeat("a", 129))
		},
		"Parameters: [X, Y] do not exist in the template": func(in *cfn.CreateChangeSetInput) {
			in.Parameters = []types.Parameter{{ParameterKey: aws.String("X")}, {ParameterKey: aws.String("Y")}}
		},
		"the parameter ImportExistingResources of CreateChangeSet": func(in *cfn.CreateChangeSetInput) {
			in.ImportExistingResources = aws.Bool(true)
		},
		"the parameter DeploymentConfig of CreateChangeSet": func(in *cfn.CreateChangeSetInput) {
			in.DeploymentConfig = &types.DeploymentConfig{Mode: types.DeploymentConfigModeExpress}
		},
		"nested stacks": func(in *cfn.CreateChangeSetInput) { in.IncludeNestedStacks = aws.Bool(true) },
		"import":        func(in *cfn.CreateChangeSetInput) { in.ChangeSetType = types.ChangeSetTypeImport },
		"Either Template URL or Template Body must be specified.": func(in *cfn.CreateChangeSetInput) {
			in.TemplateBody = nil
		},
		"Template format error": func(in *cfn.CreateChangeSetInput) { in.TemplateBody = aws.String("[]") },
		"less than or equal to 50": func(in *cfn.CreateChangeSetInput) {
			for i := range 51 {
				in.Tags = append(in.Tags, types.Tag{Key: aws.String(fmt.Sprint("k", i)), Value: aws.String("v")})
			}
		},
	} {
		in := proposal("refused", "first", types.ChangeSetTypeCreate, two)
		spoil(in)
		_, err := c.CreateChangeSet(c.ctx(), in)
		refused(t, err, "ValidationError", want)
	}
	in := proposal("refused", "first", types.ChangeSetTypeCreate, resourceOne("", "Text: a"))
	in.Capabilities = nil
	_, err = c.CreateChangeSet(c.ctx(), in)
	refused(t, err, "InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]")
	_, err = c.DescribeStacks(c.ctx(), &cfn.DescribeStacksInput{StackName: aws.String("refused")})
	refused(t, err, "ValidationError", "Stack with id refused does not exist")
	_, err = c.SignalResource(c.ctx(), &cfn.SignalResourceInput{
		StackName: aws.String("x"), LogicalResourceId: aws.String("x"), UniqueId: aws.String("x"), Status: "SUCCESS",
	})
	refused(t, err, "InvalidAction", "Could not find operation SignalResource")
}

// An update that would give a resource another type is refused.
func TestAnotherType(t *testing.T) {
	c := open(t)
	c.create("typed", resourceOne("", "Text: a"))
	text := strings.Replace(resourceOne("", "Text: a"), "Role", "Thing", 1)
	_, err := c.UpdateStack(c.ctx(), &cfn.UpdateStackInput{StackName: aws.String("typed"), TemplateBody: &text})
	refused(t, err, "ValidationError", "Update of resource type is not permitted. The new template modifies resource type of "+
		"the following resources: [One]")
}

func TestSummaries(t *testing.T) {
	c := open(t)
	text := "Description: said\n" + resourceOne("", "Text: a")
	sum, err := c.GetTemplateSummary(c.ctx(), &cfn.GetTemplateSummaryInput{TemplateBody: &text})
	if s := must(t, sum, err); *s.Description != "said" || s.Capabilities[0] != types.CapabilityCapabilityIam ||
		*s.CapabilitiesReason != "The following resource(s) require capabilities: [AWS::Test::Role]" ||
		s.ResourceTypes[0] != "AWS::Test::Role" {
		t.Errorf("%+v", s)
	}
	c.create("sum", text)
	valid, err := c.GetTemplateSummary(c.ctx(), &cfn.GetTemplateSummaryInput{StackName: aws.String("sum")})
	if s := must(t, valid, err); *s.Description != "said" {
		t.Errorf("%+v", s)
	}
	one, err := c.DescribeStackResource(c.ctx(), &cfn.DescribeStackResourceInput{
		StackName: aws.String("sum"), LogicalResourceId: aws.String("One"),
	})
	if d := must(t, one, err).StackResourceDetail; *d.PhysicalResourceId != "One-1" || d.ResourceStatus != "CREATE_COMPLETE" {
		t.Errorf("%+v", d)
	}
	by, err := c.DescribeStackResources(c.ctx(), &cfn.DescribeStackResourcesInput{PhysicalResourceId: aws.String("One-1")})
	if r := must(t, by, err).StackResources; len(r) != 1 || *r[0].StackName != "sum" {
		t.Errorf("%+v", r)
	}
	all, err := c.DescribeStacks(c.ctx(), &cfn.DescribeStacksInput{})
	if n := len(must(t, all, err).Stacks); n != 1 {
		t.Errorf("%d stacks", n)
	}
}

func TestDrift(t *testing.T) {
	c := open(t)
	c.create("drift", two)
	change := func(work func(tx *store.Tx)) {
		must(t, 0, c.store.Update(c.ctx(), func(tx *store.Tx) error {
			work(tx)
			return nil
		}))
	}
	detect := func(want types.StackDriftStatus, drifted int32) {
		t.Helper()
		out, err := c.DetectStackDrift(c.ctx(), &cfn.DetectStackDriftInput{StackName: aws.String("drift")})
		in := &cfn.DescribeStackDriftDetectionStatusInput{StackDriftDetectionId: must(t, out, err).StackDriftDetectionId}
		d, err := c.DescribeStackDriftDetectionStatus(c.ctx(), in)
		if must(t, d, err).DetectionStatus != types.StackDriftDetectionStatusDetectionInProgress {
			t.Errorf("%+v", d)
		}
		c.pass(10 * time.Second)
		d, err = c.DescribeStackDriftDetectionStatus(c.ctx(), in)
		if must(t, d, err).StackDriftStatus != want || *d.DriftedStackResourceCount != drifted {
			t.Errorf("%s, %d", d.StackDriftStatus, *d.DriftedStackResourceCount)
		}
	}
	detect(types.StackDriftStatusInSync, 0)
	change(func(tx *store.Tx) {
		store.Put(tx, "test.things", "Base-1", map[string]any{"Text": "meddled", "Kind": "a", "Extra": 1})
		store.Delete(tx, "test.things", "Beside-2")
	})
	detect(types.StackDriftStatusDrifted, 2)
	out, err := c.DescribeStackResourceDrifts(c.ctx(), &cfn.DescribeStackResourceDriftsInput{
		StackName:                       aws.String("drift"),
		StackResourceDriftStatusFilters: []types.StackResourceDriftStatus{"MODIFIED", "DELETED"},
	})
	drifts := must(t, out, err).StackResourceDrifts
	if len(drifts) != 2 || drifts[1].StackResourceDriftStatus != types.StackResourceDriftStatusDeleted {
		t.Fatalf("%+v", drifts)
	}
	if d := drifts[0].PropertyDifferences; len(d) != 1 || *d[0].PropertyPath != "/Text" || *d[0].ActualValue != "meddled" ||
		*d[0].ExpectedValue != "base" || d[0].DifferenceType != types.DifferenceTypeNotEqual {
		t.Errorf("%+v", d)
	}
	if st := c.stack("drift"); st.DriftInformation.StackDriftStatus != types.StackDriftStatusDrifted {
		t.Errorf("%+v", st.DriftInformation)
	}
}

// The form of the answers, for what no SDK looks at: empty lists are there.
func TestForm(t *testing.T) {
	c := open(t)
	c.create("form", resourceOne("", "Text: a"))
	form := url.Values{"Action": {"DescribeStacks"}, "Version": {"2010-05-15"}, "StackName": {"form"}}
	endpoint := *c.Options().BaseEndpoint
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	must(t, request, err)
	request.Header.Set("Authorization",
		"AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20261122/eu-west-1/cloudformation/aws4_request")
	answer, err := http.DefaultClient.Do(request)
	must(t, answer, err)
	defer answer.Body.Close()
	var b strings.Builder
	if err := answer.Write(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"<DescribeStacksResult><Stacks><member><StackId>arn:aws:cloudformation:eu-west-1:123456789012:stack/form/",
		"<Tags></Tags>", "<NotificationARNs></NotificationARNs>", "<CreationTime>2026-11-22T12:00:00.000Z</CreationTime>",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in %s", want, b.String())
		}
	}
}
