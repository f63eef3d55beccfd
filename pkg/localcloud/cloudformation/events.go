package cloudformation

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// pageOf is one page of a stack's events, the newest first: those that are told and not older than since. The token is
// the number of the last event that was told, so that what happens between two pages neither hides an event nor tells it
// twice. Nothing is read but the page and what lies within it: whoever follows a large stack asks often.
func (w *work) pageOf(st *stack, token string, since time.Time, told func(event) bool,
) (page []event, next string, err error) {
	last := st.Events + 1
	if token != "" {
		if last, err = pageToken(token); err != nil {
			return nil, "", err
		}
	}
	for n := min(last-1, st.Events); n > 0; n-- {
		e, ok := store.Get[event](w.tx, eventsTable, eventKey(st, n))
		switch {
		case !ok || e.Time.Before(since):
			return page, "", nil
		case !told(e):
		case len(page) == pageSize:
			return page, tokenOf(page[pageSize-1].number), nil
		default:
			e.number = n
			page = append(page, e)
		}
	}
	return page, "", nil
}

// eventKey is the key of a stack's n-th event.
func eventKey(st *stack, n int) string { return fmt.Sprintf("%s/%012d", st.key(), n) }

type eventAnswer struct {
	StackID              string `xml:"StackId"`
	EventID              string `xml:"EventId"`
	StackName            string
	OperationID          string `xml:"OperationId,omitempty"`
	LogicalResourceID    string `xml:"LogicalResourceId"`
	PhysicalResourceID   string `xml:"PhysicalResourceId"`
	ResourceType         string
	Timestamp            string
	ResourceStatus       string
	ResourceStatusReason string `xml:",omitempty"`
	ResourceProperties   string `xml:",omitempty"`
	ClientRequestToken   string `xml:",omitempty"`
}

// describeStackEvents tells a stack's story, the newest first. Failed validations are not in it.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackEvents.html
func (s *Service) describeStackEvents(w *work, c *wire.Call, in wire.Form) (any, error) {
	st, err := w.named(c, in)
	if err != nil {
		return nil, err
	}
	told := func(e event) bool { return e.Validation == "" }
	page, next, err := w.pageOf(st, in.Get("NextToken"), time.Time{}, told)
	out := struct {
		StackEvents list[eventAnswer]
		NextToken   string `xml:",omitempty"`
	}{NextToken: next}
	for _, e := range page {
		out.StackEvents.add(eventAnswer{
			StackID: st.arn(), EventID: e.ID, StackName: st.Name, OperationID: e.Operation, LogicalResourceID: e.LogicalID,
			PhysicalResourceID: e.Physical, ResourceType: e.Type, Timestamp: stamp(e.Time), ResourceStatus: e.Status,
			ResourceStatusReason: e.Reason, ResourceProperties: e.Properties, ClientRequestToken: e.Token,
		})
	}
	return out, err
}

type operationEvent struct {
	EventID                string `xml:"EventId"`
	StackID                string `xml:"StackId"`
	OperationID            string `xml:"OperationId,omitempty"`
	OperationType          string `xml:",omitempty"`
	OperationStatus        string `xml:",omitempty"`
	EventType              string
	LogicalResourceID      string `xml:"LogicalResourceId,omitempty"`
	PhysicalResourceID     string `xml:"PhysicalResourceId,omitempty"`
	ResourceType           string `xml:",omitempty"`
	Timestamp              string
	StartTime              string `xml:",omitempty"`
	EndTime                string `xml:",omitempty"`
	ResourceStatus         string `xml:",omitempty"`
	ResourceStatusReason   string `xml:",omitempty"`
	ResourceProperties     string `xml:",omitempty"`
	ClientRequestToken     string `xml:",omitempty"`
	ValidationFailureMode  string `xml:",omitempty"`
	ValidationName         string `xml:",omitempty"`
	ValidationStatus       string `xml:",omitempty"`
	ValidationStatusReason string `xml:",omitempty"`
	ValidationPath         string `xml:",omitempty"`
}

// describeEvents tells the story of a stack, of a change set or of one operation, failed validations included; the
// newest first, as far as is known (the order is unverified).
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeEvents.html
func (s *Service) describeEvents(w *work, c *wire.Call, in wire.Form) (any, error) {
	failedOnly, err := in.Bool("Filters.FailedEvents")
	if err != nil {
		return nil, err
	}
	key, wanted, err := w.scope(c, in)
	if err != nil {
		return nil, err
	}
	st, ok := w.load(key)
	if !ok {
		return nil, invalid("Stack [%s] does not exist", in.Get("StackName"))
	}
	told := func(e event) bool { return (wanted == "" || e.Operation == wanted) && (!failedOnly || e.failed()) }
	p, _ := store.Get[place](w.tx, operationsTable, called(c)+wanted)
	page, next, err := w.pageOf(st, in.Get("NextToken"), p.Begun, told)
	out := struct {
		OperationEvents list[operationEvent]
		NextToken       string `xml:",omitempty"`
	}{NextToken: next}
	for _, e := range page {
		out.OperationEvents.add(w.operationEvent(st, e))
	}
	return out, err
}

// scope finds out whose events are asked for: a stack's, and of which of its operations, "" for all. A change set's
// name alone is not enough, its ARN is.
// https://github.com/aws-cloudformation/cloudformation-cli/issues/1116
func (w *work) scope(c *wire.Call, in wire.Form) (key, operation string, err error) {
	set := in.Get("ChangeSetName")
	switch {
	case in.Get("OperationId") != "":
		p, ok := store.Get[place](w.tx, operationsTable, called(c)+in.Get("OperationId"))
		if !ok {
			return "", "", invalid("Operation [%s] does not exist", in.Get("OperationId")) // the words are unverified
		}
		return p.Stack, in.Get("OperationId"), nil
	case strings.HasPrefix(set, "arn:"):
		store.Each(w.tx, operationsTable, called(c), func(id string, p place) bool {
			if p.ChangeSet == set {
				key, operation = p.Stack, strings.TrimPrefix(id, called(c))
			}
			return key == ""
		})
		if key == "" {
			return "", "", wire.Errorf(http.StatusNotFound, "ChangeSetNotFound", "ChangeSet [%s] does not exist", set)
		}
		return key, operation, nil
	case in.Get("StackName") == "":
		return "", "", invalid("One of ChangeSetName, OperationId or StackName must be specified")
	case set != "":
		cs, err := w.set(c, in)
		if err != nil {
			return "", "", err
		}
		return cs.Stack, cs.Operation, nil
	}
	st, err := w.named(c, in)
	if err != nil {
		return "", "", err
	}
	return st.key(), "", nil
}

func (e event) failed() bool { return e.Validation != "" || strings.HasSuffix(e.Status, "_FAILED") }

// operationEvent is an event as DescribeEvents tells it. Which type AWS gives to which event is documented by its
// name only (unverified).
func (w *work) operationEvent(st *stack, e event) operationEvent {
	p, _ := store.Get[place](w.tx, operationsTable, st.Account+"/"+st.Region+"/"+e.Operation)
	o := operationEvent{
		EventID: e.ID, StackID: st.arn(), OperationID: e.Operation, OperationType: p.Type, EventType: "PROGRESS_EVENT",
		LogicalResourceID: e.LogicalID, PhysicalResourceID: e.Physical, ResourceType: e.Type, Timestamp: stamp(e.Time),
		ResourceStatus: e.Status, ResourceStatusReason: e.Reason, ResourceProperties: e.Properties,
		ClientRequestToken: e.Token,
	}
	switch {
	case e.Validation != "":
		o.EventType, o.ValidationFailureMode, o.ValidationStatus = "VALIDATION_ERROR", "FAIL", "FAILED"
		o.ValidationName, o.ValidationStatusReason, o.ValidationPath = e.Validation, e.Words, e.Path
	case e.Type == stackType:
		o.EventType = "STACK_EVENT"
		if e.Of != nil {
			o.OperationStatus, o.StartTime, o.EndTime = e.Of.Status, stamp(e.Of.Begun), stamp(e.Of.End)
		}
	case e.failed():
		o.EventType = "PROVISIONING_ERROR"
	}
	return o
}
