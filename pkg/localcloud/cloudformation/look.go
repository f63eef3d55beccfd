package cloudformation

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/resource"
)

// drift is how a resource differed from its template when it was last looked at.
type drift struct {
	Status           string // IN_SYNC, MODIFIED, DELETED, UNKNOWN
	Reason           string // of UNKNOWN
	Time             time.Time
	Expected, Actual map[string]any
	Differences      []apart
}

// The statuses.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackResourceDrift.html
const (
	inSync    = "IN_SYNC"
	modified  = "MODIFIED"
	deleted   = "DELETED"
	unknown   = "UNKNOWN"
	unchecked = "NOT_CHECKED"
)

// apart is one property that is not what the template says.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_PropertyDifference.html
type apart struct {
	PropertyPath, ExpectedValue, ActualValue, DifferenceType string
}

// look compares a resource with what its template says. Properties that the template leaves open do not count, nor do
// those that cannot be read back, and a resource that a rollback skipped is not looked at. All of the types here can be
// looked at: those that cannot are those that Cloud Control does not have, which had no AWS::Lambda::Permission until
// aws-cloudformation/cloudformation-coverage-roadmap#1145 and no AWS::ApiGatewayV2::Stage until go-to-k/cdk-real-drift#667.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-import-supported-resources.html
func (w *work) look(st *stack, r *res, at time.Time) {
	if r.Physical == "" || r.Skipped || r.Status == deleteSkipped {
		r.Drift = nil
		return
	}
	known := w.s.config.Types[r.Type].Properties
	expected := maps.Clone(r.Properties)
	maps.DeleteFunc(expected, func(name string, _ any) bool { return known[name].WriteOnly })
	r.Drift = &drift{Status: inSync, Time: at, Expected: expected, Actual: map[string]any{}}
	actual, err := w.read(st, r, at)
	switch {
	case err == nil:
		r.Drift.compare(known, actual)
	case missing(err):
		r.Drift.Status = deleted
	default:
		r.Drift.Status, r.Drift.Reason = unknown, err.Error()
	}
}

// read asks the service for a resource.
func (w *work) read(st *stack, r *res, at time.Time) (map[string]any, error) {
	if fail, _, _ := w.s.config.Faults.Begin(r.ID, "READ"); fail != "" {
		return nil, resource.Errorf(resource.Internal, "%s", fail)
	}
	return w.handler(r.Type).Read(w.tx, inputOf(st, r, at))
}

func (d *drift) compare(known resource.Properties, actual map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(d.Expected)) {
		if value, there := actual[name]; there {
			d.Actual[name] = value
		}
		d.Differences = append(d.Differences, compared("/"+name, known[name], d.Expected[name], actual[name])...)
	}
	if d.Differences != nil {
		d.Status = modified
	}
}

// compared finds the leaves in which two values differ, by their paths, as aws-samples/cfn101-workshop and
// the examples of DetectStackResourceDrift show them: "/ProvisionedThroughput", "/Environment/Variables/URL",
// "/Policies/1/PolicyDocument/Statement/0". Nothing and an empty list are the same (unverified).
func compared(path string, p resource.Property, expected, actual any) []apart {
	if reflect.DeepEqual(expected, actual) || empty(expected) && empty(actual) {
		return nil
	}
	switch was := expected.(type) {
	case map[string]any:
		if is, ok := actual.(map[string]any); ok {
			return members(path, p, was, is)
		}
	case []any:
		if is, ok := actual.([]any); ok {
			return items(path, p, was, is)
		}
	}
	return []apart{{path, plainText(expected), plainText(actual), kindOf(expected, actual)}}
}

func empty(v any) bool {
	list, is := v.([]any)
	return v == nil || is && len(list) == 0
}

// members compares two structures. Of those whose members are known, what the template leaves open does not count; of
// all others (a policy, variables) everything does, which is unverified.
func members(path string, p resource.Property, was, is map[string]any) []apart {
	names := maps.Clone(was)
	if p.Fields == nil {
		maps.Copy(names, is)
	}
	var all []apart
	for _, name := range slices.Sorted(maps.Keys(names)) {
		all = append(all, compared(path+"/"+name, p.Fields[name], was[name], is[name])...)
	}
	return all
}

// items compares two lists. Items that are the same are so wherever they stand; of the others the first is compared
// with the first, and so on; the rest was added or removed. How AWS pairs them is unverified.
func items(path string, p resource.Property, was, is []any) []apart {
	var item resource.Property
	if p.Item != nil {
		item = *p.Item
	}
	lost, found := unpaired(item, was, is)
	both := min(len(lost), len(found))
	var all []apart
	for i := range both {
		at := path + "/" + strconv.Itoa(lost[i])
		all = append(all, compared(at, item, was[lost[i]], is[found[i]])...)
	}
	for _, i := range lost[both:] {
		all = append(all, compared(path+"/"+strconv.Itoa(i), item, was[i], nil)...)
	}
	for _, i := range found[both:] {
		all = append(all, compared(path+"/"+strconv.Itoa(i), item, nil, is[i])...)
	}
	return all
}

// unpaired are the places of the items that the other list does not have.
func unpaired(item resource.Property, was, is []any) (lost, found []int) {
	for i := range is {
		found = append(found, i)
	}
	for i, one := range was {
		j := slices.IndexFunc(found, func(j int) bool { return compared("", item, one, is[j]) == nil })
		if j < 0 {
			lost = append(lost, i)
			continue
		}
		found = slices.Delete(found, j, j+1)
	}
	return lost, found
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
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // it is JSON already
	return string(bytes.TrimSpace(b.Bytes()))
}
