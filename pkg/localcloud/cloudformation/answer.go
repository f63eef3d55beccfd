package cloudformation

import (
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
)

// list is a list as the query protocol writes it.
type list[T any] struct {
	Members []T `xml:"member"`
}

func (l *list[T]) add(item T) { l.Members = append(l.Members, item) }

// pageSize is how many events, resources and stacks an answer has. AWS pages by size, 1 MB; the number is unverified.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackEvents.html
const pageSize = 100

// paged is one page of a list: from the token of the page before, "" for the first.
func paged[T any](all []T, token string, size int) (page []T, next string, err error) {
	from := 0
	if token != "" {
		if from, err = pageToken(token); err != nil {
			return nil, "", err
		}
	}
	page = all[min(from, len(all)):]
	if len(page) > size {
		page, next = page[:size], tokenOf(from+size)
	}
	return page, next, nil
}

// pageToken is the number that a token was made of, which is positive.
func pageToken(token string) (int, error) {
	text, _ := base64.RawURLEncoding.DecodeString(token)
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 1 {
		return 0, invalid("Token is invalid or has expired: %s", token) // the words are unverified
	}
	return n, nil
}

func tokenOf(n int) string { return base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(n))) }

type tagAnswer struct{ Key, Value string }

func tagList(tags map[string]string) list[tagAnswer] {
	var l list[tagAnswer]
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		l.add(tagAnswer{key, tags[key]})
	}
	return l
}

func texts(all []string) list[string] { return list[string]{all} }

type setAnswer struct {
	ChangeSetName         string
	ChangeSetID           string `xml:"ChangeSetId"`
	StackID               string `xml:"StackId"`
	StackName             string
	Description           string `xml:",omitempty"`
	CreationTime          string
	ExecutionStatus       string
	Status                string
	StatusReason          string `xml:",omitempty"`
	NotificationARNs      list[string]
	RollbackConfiguration struct{}
	Capabilities          list[string]
	Tags                  list[tagAnswer]
	Changes               list[changeAnswer]
	NextToken             string `xml:",omitempty"`
	IncludeNestedStacks   bool
	OnStackFailure        string `xml:",omitempty"`
}

type changeAnswer struct {
	Type           string
	ResourceChange resourceChange
}

type resourceChange struct {
	PolicyAction       string `xml:",omitempty"`
	Action             string
	LogicalResourceID  string `xml:"LogicalResourceId"`
	PhysicalResourceID string `xml:"PhysicalResourceId,omitempty"`
	ResourceType       string
	Replacement        string `xml:",omitempty"`
	Scope              list[string]
	Details            list[changeDetail]
	BeforeContext      string `xml:",omitempty"`
	AfterContext       string `xml:",omitempty"`
}

type changeDetail struct {
	Target        changeTarget
	Evaluation    string
	ChangeSource  string
	CausingEntity string `xml:",omitempty"`
}

type changeTarget struct {
	Attribute           string
	Name                string `xml:",omitempty"`
	RequiresRecreation  string
	Path                string `xml:",omitempty"`
	BeforeValue         string `xml:",omitempty"`
	AfterValue          string `xml:",omitempty"`
	AttributeChangeType string `xml:",omitempty"`
}

// describedSet is the answer of DescribeChangeSet. Values, paths and contexts are there only when they were asked
// for; then there is no reason (boto/boto3#4178).
func describedSet(cs *changeSet, page []change, next string, values bool) setAnswer {
	a := setAnswer{
		ChangeSetName: cs.Name, ChangeSetID: cs.ARN, StackID: cs.StackID, StackName: cs.StackName,
		Description: cs.Remark, CreationTime: stamp(cs.Created), ExecutionStatus: cs.Execution,
		Status: cs.Status, StatusReason: cs.Reason, Capabilities: texts(cs.Capabilities), Tags: tagList(cs.Tags),
		NextToken: next, OnStackFailure: cs.OnFailure,
	}
	if values {
		a.StatusReason = ""
	}
	for _, c := range page {
		if values && c.vague() {
			continue
		}
		a.Changes.add(changeAnswer{"Resource", describedChange(c, values)})
	}
	return a
}

// vague tells whether nothing is known to change: some attribute of another resource, which is updated, may. AWS leaves
// such a change out when values are asked for, and lists it when they are not, of the same change set, as
// localstack/localstack's test_change_set_fn_get_attr recorded on AWS; see also aws/aws-cdk-cli#1780.
func (c *change) vague() bool {
	return c.Replacement == "False" && !slices.ContainsFunc(c.Details, func(d detail) bool {
		return d.Source != "ResourceAttribute" || d.Evaluation != "Dynamic"
	})
}

func describedChange(c change, values bool) resourceChange {
	r := resourceChange{
		PolicyAction: c.Policy, Action: c.Action, LogicalResourceID: c.ID, PhysicalResourceID: c.Physical,
		ResourceType: c.Type, Replacement: c.Replacement, Scope: texts(c.Scope),
	}
	if values {
		r.BeforeContext, r.AfterContext = c.Before, c.After
	}
	for _, d := range c.Details {
		one := changeDetail{
			Target:     changeTarget{Attribute: d.Attribute, Name: d.Name, RequiresRecreation: d.Recreation},
			Evaluation: d.Evaluation, ChangeSource: d.Source, CausingEntity: d.Entity,
		}
		if values {
			one.Target.Path, one.Target.AttributeChangeType = d.Path, d.Kind
			one.Target.BeforeValue, one.Target.AfterValue = d.Before, d.After
		}
		r.Details.add(one)
	}
	return r
}

// shown is a template as GetTemplate gives it: characters outside ASCII have become question marks (trap 49).
// https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/814
func shown(text []byte) string {
	var out []rune
	for _, r := range string(text) {
		if r > 127 {
			r = '?'
		}
		out = append(out, r)
	}
	return string(out)
}
