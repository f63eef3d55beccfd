package rollout_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
)

const retained = "  Kept:\n    DeletionPolicy: Retain\n    Type: AWS::DynamoDB::Table\n    Properties:\n" +
	"      BillingMode: PAY_PER_REQUEST\n      KeySchema: [{AttributeName: Id, KeyType: HASH}]\n" +
	"      AttributeDefinitions: [{AttributeName: Id, AttributeType: S}]\n"

// What a broken stack still holds is named before it goes: a table of either kind, but not one that its policy has left
// behind, which goes no more.
func TestTheTablesThatGo(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.makeStack(t, table+retained, ours())
	goes, stays := c.physical(t, "Precious"), c.physical(t, "Kept")
	lift := c.Faults().Resource(localcloud.ResourceFault{LogicalID: "Precious", Action: "DELETE", Fail: "no"})
	o := destroy(t, c, rollout.Settings{})
	wantProblem(t, o, report.Failed, report.ExitStack)
	lift()
	p := &person{answers: []bool{false, false}}
	asks := rollout.Settings{Confirm: true, Ask: p.ask}

	c.story.events = nil
	wantProblem(t, destroy(t, c, asks), report.Failed, report.ExitFailed, "nothing was deleted")
	if !c.story.says("the data of the table "+goes) || c.story.says(stays) {
		t.Errorf("of what goes it is said %q", c.story.texts())
	}
	c.client = &http.Client{Transport: global{c.client.Transport}}
	c.story.events = nil
	wantProblem(t, destroy(t, c, asks), report.Failed, report.ExitFailed, "nothing was deleted")
	if !c.story.says("the data of the table " + goes) {
		t.Errorf("of a global table that goes it is said %q", c.story.texts())
	}
}

// global makes every table a global one, a type that the local cloud does not know.
type global struct{ http.RoundTripper }

func (g global) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := g.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	text = []byte(strings.ReplaceAll(string(text), "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"))
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	return answer, nil
}
