package cloudformation

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// drift is how a resource differed from its template when it was last looked at.
type drift struct {
	Status           string // IN_SYNC, MODIFIED, DELETED
	Time             time.Time
	Expected, Actual map[string]any
	Differences      []apart
}

// apart is one property that is not what the template says.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_PropertyDifference.html
type apart struct {
	PropertyPath, ExpectedValue, ActualValue, DifferenceType string
}

// detection is one look at a whole stack.
type detection struct {
	ID, Stack, StackID string
	Begun, Ended       time.Time
	Only               []string // logical ids, nil is all
	Done               bool
	Status, Reason     string // of the stack, once it is done
	Drifted            int
}

// detecting is how long a look takes; AWS says "up to several minutes", the number is unverified.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DetectStackDrift.html
const detecting = 5 * time.Second

func (s *Service) driftOperations() operations {
	return operations{
		"DetectStackDrift":                  {s.detectStackDrift, []string{"StackName", "LogicalResourceIds"}},
		"DetectStackResourceDrift":          {s.detectResourceDrift, []string{"StackName", "LogicalResourceId"}},
		"DescribeStackDriftDetectionStatus": {s.describeDetection, []string{"StackDriftDetectionId"}},
		"DescribeStackResourceDrifts": {s.describeResourceDrifts, []string{
			"StackName", "StackResourceDriftStatusFilters", "NextToken", "MaxResults",
		}},
	}
}

func (s *Service) detectStackDrift(w *work, c *wire.Call, in wire.Form) (any, error) {
	st, err := w.lookedAt(c, in, in.List("LogicalResourceIds"))
	if err != nil {
		return nil, err
	}
	d := detection{
		ID: wire.NewID(), Stack: st.key(), StackID: st.arn(), Begun: c.Time, Only: in.List("LogicalResourceIds"),
	}
	store.Put(w.tx, driftsTable, called(c)+d.ID, d)
	store.Put(w.tx, dueTable, dueDrift+called(c)+d.ID, due{At: w.later(c.Time, detecting)})
	return struct {
		ID string `xml:"StackDriftDetectionId"`
	}{d.ID}, nil
}

// lookedAt is the stack whose drift is asked for, or that of some of its resources.
func (w *work) lookedAt(c *wire.Call, in wire.Form, only []string) (*stack, error) {
	st, err := w.alive(c, in)
	if err != nil {
		return nil, err
	}
	if !st.is(createComplete, updateComplete, updateRollbackComplete, updateRollbackFailed) {
		return nil, invalid("Drift detection cannot be performed on stack [%s] while it is in %s state.", st.arn(), st.Status)
	}
	for _, id := range only {
		if st.Resources[id] == nil {
			return nil, invalid("Resource %s does not exist for stack %s", id, st.Name) // the words are unverified
		}
	}
	return st, nil
}

// detectResourceDrift looks at one resource, and answers with what it saw. One that cannot be looked at has the status
// NOT_CHECKED (unverified).
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DetectStackResourceDrift.html
func (s *Service) detectResourceDrift(w *work, c *wire.Call, in wire.Form) (any, error) {
	id := in.Get("LogicalResourceId")
	st, err := w.lookedAt(c, in, []string{id})
	if err != nil {
		return nil, err
	}
	r := st.Resources[id]
	w.look(st, r, c.Time)
	w.save(st)
	a := driftAnswer{
		StackID: st.arn(), LogicalResourceID: id, PhysicalResourceID: r.Physical, ResourceType: r.Type,
		StackResourceDriftStatus: r.drifted().StackResourceDriftStatus, Timestamp: stamp(c.Time),
	}
	if r.Drift != nil {
		a = st.driftOf(r)
	}
	return struct{ StackResourceDrift driftAnswer }{a}, nil
}

// detect looks at the resources of a stack.
func (w *work) detect(key string, at time.Time) {
	d, ok := store.Get[detection](w.tx, driftsTable, key)
	st, there := w.load(d.Stack)
	if !ok {
		return
	}
	d.Done, d.Ended, d.Status = true, at, "IN_SYNC"
	if there && st.Status != deleteComplete {
		for _, id := range st.ids() {
			if len(d.Only) == 0 || slices.Contains(d.Only, id) {
				w.look(st, st.Resources[id], at)
			}
		}
		for _, r := range st.Resources {
			if r.Drift != nil && r.Drift.Status != "IN_SYNC" {
				d.Status = "DRIFTED"
				d.Drifted++
			}
		}
		st.Drift, st.Checked = d.Status, at
		w.save(st)
	}
	store.Put(w.tx, driftsTable, key, d)
}

// look compares a resource with what its template says. Properties that the template leaves open do not count, and a
// resource that a rollback skipped is not looked at.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
func (w *work) look(st *stack, r *res, at time.Time) {
	if r.Physical == "" || r.Skipped || r.Status == deleteSkipped {
		r.Drift = nil
		return
	}
	actual, err := w.handler(r.Type).Read(w.tx, inputOf(st, r, at))
	r.Drift = &drift{Status: "IN_SYNC", Time: at, Expected: r.Properties, Actual: map[string]any{}}
	switch {
	case err != nil && missing(err):
		r.Drift.Status = "DELETED"
		return
	case err != nil:
		r.Drift = nil
		return
	}
	for _, name := range slices.Sorted(maps.Keys(r.Properties)) {
		if value, there := actual[name]; there {
			r.Drift.Actual[name] = value
		}
		r.Drift.Differences = append(r.Drift.Differences, compared("/"+name, r.Properties[name], actual[name])...)
	}
	if r.Drift.Differences != nil {
		r.Drift.Status = "MODIFIED"
	}
}

// compared finds the leaves in which two values differ. Structures are compared member by member, all else as a
// whole.
func compared(path string, expected, actual any) []apart {
	if reflect.DeepEqual(expected, actual) {
		return nil
	}
	was, one := expected.(map[string]any)
	is, two := actual.(map[string]any)
	if !one || !two {
		return []apart{{path, plainText(expected), plainText(actual), kindOf(expected, actual)}}
	}
	names := maps.Clone(was)
	maps.Copy(names, is)
	var all []apart
	for _, name := range slices.Sorted(maps.Keys(names)) {
		all = append(all, compared(path+"/"+name, was[name], is[name])...)
	}
	return all
}

func kindOf(expected, actual any) string {
	switch {
	case expected == nil:
		return "ADD"
	case actual == nil:
		return "REMOVE"
	}
	return "NOT_EQUAL"
}

// plainText is a string as it is, and all else as JSON; "null" where there is nothing.
func plainText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	text, _ := json.Marshal(v) // it is JSON already
	return string(text)
}

type detectionAnswer struct {
	StackID                   string `xml:"StackId"`
	ID                        string `xml:"StackDriftDetectionId"`
	StackDriftStatus          string `xml:",omitempty"`
	DetectionStatus           string
	DetectionStatusReason     string `xml:",omitempty"`
	DriftedStackResourceCount *int
	Timestamp                 string
}

// describeDetection tells how far a look at a stack is.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackDriftDetectionStatus.html
func (s *Service) describeDetection(w *work, c *wire.Call, in wire.Form) (any, error) {
	id := in.Get("StackDriftDetectionId")
	d, ok := store.Get[detection](w.tx, driftsTable, called(c)+id)
	if !ok {
		return nil, wire.Errorf(http.StatusBadRequest, "ValidationError", // the words are unverified
			"Drift detection with id %s does not exist", id)
	}
	a := detectionAnswer{StackID: d.StackID, ID: d.ID, DetectionStatus: "DETECTION_IN_PROGRESS", Timestamp: stamp(d.Begun)}
	if d.Done {
		a.DetectionStatus, a.StackDriftStatus, a.DriftedStackResourceCount = "DETECTION_COMPLETE", d.Status, &d.Drifted
	}
	return a, nil
}

type driftAnswer struct {
	StackID                  string `xml:"StackId"`
	LogicalResourceID        string `xml:"LogicalResourceId"`
	PhysicalResourceID       string `xml:"PhysicalResourceId,omitempty"`
	ResourceType             string
	ExpectedProperties       string `xml:",omitempty"`
	ActualProperties         string `xml:",omitempty"`
	PropertyDifferences      list[apart]
	StackResourceDriftStatus string
	Timestamp                string
}

// mostDrifts is the largest and the usual page of DescribeStackResourceDrifts.
const mostDrifts = 100

// describeResourceDrifts tells how resources differ, those that were looked at.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResourceDrifts.html
func (s *Service) describeResourceDrifts(w *work, c *wire.Call, in wire.Form) (any, error) {
	st, err := w.alive(c, in)
	if err != nil {
		return nil, err
	}
	size, err := in.Int("MaxResults", mostDrifts)
	if err != nil {
		return nil, err
	}
	if size < 1 || size > mostDrifts {
		return nil, constraint(strconv.Itoa(size), "maxResults", "have value between 1 and 100")
	}
	filter := in.List("StackResourceDriftStatusFilters")
	var all []driftAnswer
	for _, id := range st.ids() {
		if r := st.Resources[id]; r.Drift != nil && (len(filter) == 0 || slices.Contains(filter, r.Drift.Status)) {
			all = append(all, st.driftOf(r))
		}
	}
	page, next, err := paged(all, in.Get("NextToken"), size)
	return struct {
		StackResourceDrifts list[driftAnswer]
		NextToken           string `xml:",omitempty"`
	}{list[driftAnswer]{page}, next}, err
}

func (st *stack) driftOf(r *res) driftAnswer {
	a := driftAnswer{
		StackID: st.arn(), LogicalResourceID: r.ID, PhysicalResourceID: r.Physical, ResourceType: r.Type,
		ExpectedProperties: plainText(r.Drift.Expected), StackResourceDriftStatus: r.Drift.Status,
		Timestamp: stamp(r.Drift.Time), PropertyDifferences: list[apart]{r.Drift.Differences},
	}
	if r.Drift.Status != "DELETED" {
		a.ActualProperties = plainText(r.Drift.Actual)
	}
	return a
}
