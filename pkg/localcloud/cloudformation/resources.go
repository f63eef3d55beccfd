package cloudformation

import (
	"encoding/json"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

type resourceDrift struct {
	StackResourceDriftStatus string
	LastCheckTimestamp       string `xml:",omitempty"`
}

func (r *res) drifted() resourceDrift {
	if r.Drift == nil {
		return resourceDrift{StackResourceDriftStatus: unchecked}
	}
	return resourceDrift{r.Drift.Status, stamp(r.Drift.Time)}
}

type resourceSummary struct {
	LogicalResourceID    string `xml:"LogicalResourceId"`
	PhysicalResourceID   string `xml:"PhysicalResourceId,omitempty"`
	ResourceType         string
	LastUpdatedTimestamp string
	ResourceStatus       string
	ResourceStatusReason string `xml:",omitempty"`
	DriftInformation     resourceDrift
}

// listStackResources lists what is in a stack, and of a stack that was deleted, what was in it.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackResources.html
func (s *Service) listStackResources(w *work, c *wire.Call, in wire.Form) (any, error) {
	st, err := w.named(c, in)
	if err != nil {
		return nil, invalid("Stack with id %s does not exist", in.Get("StackName"))
	}
	var all []resourceSummary
	for _, id := range st.ids() {
		r := st.Resources[id]
		all = append(all, resourceSummary{
			LogicalResourceID: id, PhysicalResourceID: r.Physical, ResourceType: r.Type, LastUpdatedTimestamp: stamp(r.Changed),
			ResourceStatus: r.Status, ResourceStatusReason: r.Reason, DriftInformation: r.drifted(),
		})
	}
	page, next, err := paged(all, in.Get("NextToken"), pageSize)
	return struct {
		StackResourceSummaries list[resourceSummary]
		NextToken              string `xml:",omitempty"`
	}{list[resourceSummary]{page}, next}, err
}

type resourceAnswer struct {
	StackName            string
	StackID              string `xml:"StackId"`
	LogicalResourceID    string `xml:"LogicalResourceId"`
	PhysicalResourceID   string `xml:"PhysicalResourceId,omitempty"`
	ResourceType         string
	Timestamp            string `xml:",omitempty"`
	LastUpdatedTimestamp string `xml:",omitempty"`
	ResourceStatus       string
	ResourceStatusReason string `xml:",omitempty"`
	Metadata             string `xml:",omitempty"`
	DriftInformation     resourceDrift
}

func (st *stack) resource(r *res) resourceAnswer {
	return resourceAnswer{
		StackName: st.Name, StackID: st.arn(), LogicalResourceID: r.ID, PhysicalResourceID: r.Physical,
		ResourceType: r.Type, ResourceStatus: r.Status, ResourceStatusReason: r.Reason, DriftInformation: r.drifted(),
	}
}

// mostResources is how many resources DescribeStackResources gives; it does not page.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResources.html
const mostResources = 100

// describeStackResources tells of the resources of a stack, or of the stack that has a physical resource.
func (s *Service) describeStackResources(w *work, c *wire.Call, in wire.Form) (any, error) {
	var found *stack
	physical, logical := in.Get("PhysicalResourceId"), in.Get("LogicalResourceId")
	switch {
	case physical != "" && in.Has("StackName"):
		return nil, invalid("Only one of StackName and PhysicalResourceId may be specified") // the words are unverified
	case physical != "":
		w.eachStack(c, func(st *stack) {
			for _, r := range st.Resources {
				if r.Physical == physical && r.Status != deleteComplete {
					found = st
				}
			}
		})
		if found == nil {
			return nil, invalid("Stack for %s does not exist", physical)
		}
	default:
		st, err := w.named(c, in)
		if err != nil {
			return nil, invalid("Stack with id %s does not exist", in.Get("StackName"))
		}
		found = st
	}
	if logical != "" && found.Resources[logical] == nil {
		return nil, invalid("Resource %s does not exist for stack %s", logical, found.Name)
	}
	var all list[resourceAnswer]
	for _, id := range found.ids() {
		if (logical == "" || logical == id) && len(all.Members) < mostResources {
			one := found.resource(found.Resources[id])
			one.Timestamp = stamp(found.Resources[id].Changed)
			all.add(one)
		}
	}
	return struct{ StackResources list[resourceAnswer] }{all}, nil
}

// describeStackResource tells of one resource.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResource.html
func (s *Service) describeStackResource(w *work, c *wire.Call, in wire.Form) (any, error) {
	st, err := w.named(c, in)
	if err != nil {
		return nil, invalid("Stack '%s' does not exist", in.Get("StackName"))
	}
	r, ok := st.Resources[in.Get("LogicalResourceId")]
	if !ok {
		return nil, invalid("Resource %s does not exist for stack %s", in.Get("LogicalResourceId"), in.Get("StackName"))
	}
	one := st.resource(r)
	one.LastUpdatedTimestamp = stamp(r.Changed)
	if r.Metadata != nil {
		text, _ := json.Marshal(r.Metadata) // it is JSON already
		one.Metadata = string(text)
	}
	return struct{ StackResourceDetail resourceAnswer }{one}, nil
}
