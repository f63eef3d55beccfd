package cloudformation

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// detection is one look at a whole stack.
type detection struct {
	ID, Stack, StackID string
	Begun, Ended       time.Time
	Only               []string // logical ids, nil is all
	Done               bool
	Status             string   // of the stack, once it is done
	Failed             []string // the resources that could not be looked at
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

// detectStackDrift begins to look at a stack, at which nobody else is looking. Public tools match the beginning of
// those words; the code, and that the ARN follows, are unverified.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DetectStackDrift.html
func (s *Service) detectStackDrift(w *work, c *wire.Call, in wire.Form) (any, error) {
	st, err := w.lookedAt(c, in, in.List("LogicalResourceIds"))
	if err != nil {
		return nil, err
	}
	if w.looksAt(st) {
		return nil, invalid("Drift detection is already in progress for stack [%s]", st.arn())
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

// looksAt tells whether a look at the stack goes on.
func (w *work) looksAt(st *stack) (goesOn bool) {
	store.Each(w.tx, driftsTable, st.Account+"/"+st.Region+"/", func(_ string, d detection) bool {
		goesOn = d.Stack == st.key() && !d.Done
		return !goesOn
	})
	return goesOn
}

// detect looks at the resources of a stack.
func (w *work) detect(key string, at time.Time) {
	d, ok := store.Get[detection](w.tx, driftsTable, key)
	if !ok {
		return
	}
	d.Done, d.Ended, d.Status = true, at, inSync
	if st, there := w.load(d.Stack); there && st.Status != deleteComplete {
		for _, id := range st.ids() {
			if len(d.Only) == 0 || slices.Contains(d.Only, id) {
				w.look(st, st.Resources[id], at)
			}
		}
		d.sum(st)
		st.Drift, st.Checked = d.Status, at
		w.save(st)
	}
	store.Put(w.tx, driftsTable, key, d)
}

// sum is what the look at the resources says of the stack. One that could not be looked at makes it unknown, unless
// another has drifted (unverified).
func (d *detection) sum(st *stack) {
	for _, id := range st.ids() {
		switch seen := st.Resources[id].Drift; {
		case seen == nil || seen.Status == inSync:
		case seen.Status == unknown:
			d.Failed = append(d.Failed, id)
		default:
			d.Drifted++
		}
	}
	switch {
	case d.Drifted > 0:
		d.Status = "DRIFTED"
	case d.Failed != nil:
		d.Status = unknown
	}
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
	if d.Failed != nil { // the words are unverified
		a.DetectionStatus = "DETECTION_FAILED"
		a.DetectionStatusReason = "Failed to detect drift on resource [" + strings.Join(d.Failed, ", ") + "]"
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
	DriftStatusReason        string `xml:",omitempty"`
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
		DriftStatusReason: r.Drift.Reason, Timestamp: stamp(r.Drift.Time), PropertyDifferences: list[apart]{r.Drift.Differences},
	}
	if r.Drift.Status != deleted {
		a.ActualProperties = plainText(r.Drift.Actual)
	}
	return a
}
