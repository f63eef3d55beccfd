package cloudformation

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// changeSet is one change set.
type changeSet struct {
	version
	Stack         string // the stack's key
	StackID       string // its ARN
	StackName     string
	Name, ID, ARN string
	Remark        string // its own description
	Kind          string // CREATE, UPDATE
	Token         string
	OnFailure     string // "" is not given
	Operation     string
	Created       time.Time

	Status, Execution, Reason string
	Changes                   []change
}

// The statuses of change sets.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html
const (
	pending     = "CREATE_PENDING"
	setFailed   = "FAILED"
	unavailable = "UNAVAILABLE"
	available   = "AVAILABLE"
	executing   = "EXECUTE_IN_PROGRESS"
	obsolete    = "OBSOLETE"
	noChange    = "The submitted information didn't contain changes. Submit different information to create a " +
		"change set."
	earlyValidation = "The following hook(s)/validation failed: [%s]. To troubleshoot Early Validation errors, use the " +
		"DescribeEvents API for detailed failure information."
)

func (s *Service) changeSetOperations() operations {
	return operations{
		"CreateChangeSet": {s.createChangeSet, []string{
			"StackName", "ChangeSetName", "ChangeSetType", "TemplateBody", "TemplateURL", "UsePreviousTemplate", "Parameters",
			"Capabilities", "RoleARN", "NotificationARNs", "Tags", "ClientToken", "Description", "OnStackFailure",
			"IncludeNestedStacks",
		}},
		"DescribeChangeSet": {s.describeChangeSet, []string{
			"ChangeSetName", "StackName", "NextToken", "IncludePropertyValues",
		}},
		"ExecuteChangeSet": {s.executeChangeSet, []string{
			"ChangeSetName", "StackName", "ClientRequestToken", "DisableRollback", "RetainExceptOnCreate",
		}},
		"DeleteChangeSet": {s.deleteChangeSet, []string{"ChangeSetName", "StackName"}},
		"ListChangeSets":  {s.listChangeSets, []string{"StackName", "NextToken"}},
	}
}

func (cs *changeSet) key() string { return cs.Stack + "/" + cs.ID }

func (w *work) saveSet(cs *changeSet) { store.Put(w.tx, setsTable, cs.key(), *cs) }

// setsOf are the change sets of a stack, or of all that a prefix of keys covers; the oldest first.
func (w *work) setsOf(prefix string) []*changeSet {
	var all []*changeSet
	store.Each(w.tx, setsTable, prefix, func(_ string, cs changeSet) bool {
		all = append(all, &cs)
		return true
	})
	slices.SortStableFunc(all, func(a, b *changeSet) int { return a.Created.Compare(b.Created) })
	return all
}

// set finds the change set that a request names, by its ARN, or by its name and its stack.
func (w *work) set(c *wire.Call, in wire.Form) (*changeSet, error) {
	name := in.Get("ChangeSetName")
	prefix := called(c)
	if !strings.HasPrefix(name, "arn:") {
		if in.Get("StackName") == "" {
			return nil, invalid("StackName must be specified if ChangeSetName is not specified as an ARN.")
		}
		st, err := w.named(c, in)
		if err != nil {
			return nil, err
		}
		prefix = st.key() + "/"
	}
	for _, cs := range slices.Backward(w.setsOf(prefix)) { // a name that was used again is the newest's
		if cs.ARN == name || cs.Name == name {
			return cs, nil
		}
	}
	return nil, wire.Errorf(http.StatusNotFound, "ChangeSetNotFound", "ChangeSet [%s] does not exist", name)
}

// createChangeSet asks for a change set, which is made in a while.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
func (s *Service) createChangeSet(w *work, c *wire.Call, in wire.Form) (any, error) {
	err := firstOf(checkStackName(in), checkName(in.Get("ChangeSetName"), "changeSetName", changeSetName,
		"[a-zA-Z][-a-zA-Z0-9]*"), checkToken(in, "ClientToken", "clientToken"), plain(in))
	if err != nil {
		return nil, err
	}
	st, found := w.found(c, in.Get("StackName"))
	if found {
		if made, err := w.sameName(st, in); made != nil || err != nil {
			return made, err
		}
	}
	kind, err := setKind(in, st)
	if err != nil {
		return nil, err
	}
	var before *stack
	if kind == "UPDATE" {
		before = st
	}
	want, err := w.asks(c, in, before)
	if err != nil {
		return nil, err
	}
	if !found {
		st = w.newStack(c, in.Get("StackName"))
		w.become(st, nil, c.Time, reviewInProgress, userInitiated)
	}
	cs := w.newSet(c, in, st, kind, want)
	return createdSet{cs.ARN, st.arn()}, nil
}

type createdSet struct {
	ID      string `xml:"Id"`
	StackID string `xml:"StackId"`
}

// plain refuses what is not modelled of change sets.
func plain(in wire.Form) error {
	nested, err := in.Bool("IncludeNestedStacks")
	switch {
	case err != nil:
		return err
	case nested:
		return wire.Unmodelled("ValidationError", "nested stacks")
	case in.Has("OnStackFailure"):
		return checkOnFailure(in.Get("OnStackFailure"), "onStackFailure")
	}
	return nil
}

// spent tells whether the change set was executed, to its end. Its name may be used again.
func (cs *changeSet) spent() bool {
	return cs.Execution == "EXECUTE_COMPLETE" || cs.Execution == "EXECUTE_FAILED"
}

// sameName is the answer where there is a change set of that name: the one that was made, if it was asked for with the
// same token (trap 24). Otherwise the name is taken.
func (w *work) sameName(st *stack, in wire.Form) (any, error) {
	for _, cs := range w.setsOf(st.key() + "/") {
		switch {
		case cs.Name != in.Get("ChangeSetName"), cs.spent(), st.Status == deleteComplete:
		case cs.Token != "" && cs.Token == in.Get("ClientToken"):
			return createdSet{cs.ARN, st.arn()}, nil
		default:
			return nil, wire.Errorf(http.StatusBadRequest, "AlreadyExistsException",
				"ChangeSet %s cannot be created due to a mismatch with existing attribute Template", cs.Name)
		}
	}
	return nil, nil
}

// setKind sees that the type of the change set fits the stack (trap 18): a stack in review is one that is to be
// created.
func setKind(in wire.Form, st *stack) (string, error) {
	name, kind := in.Get("StackName"), in.Get("ChangeSetType")
	if kind == "" {
		kind = "UPDATE"
	}
	fresh := st == nil || st.Status == reviewInProgress
	switch {
	case kind == "IMPORT":
		return "", wire.Unmodelled("ValidationError", "change sets that import resources")
	case kind != "CREATE" && kind != "UPDATE":
		return "", constraint(kind, "changeSetType", "satisfy enum value set: [IMPORT, UPDATE, CREATE]")
	case kind == "CREATE" && !fresh:
		return "", invalid("Stack [%s] already exists and cannot be created again with the changeSet [%s].", name,
			in.Get("ChangeSetName"))
	case st == nil && strings.HasPrefix(name, "arn:"), kind == "UPDATE" && (fresh || st.Status == deleteComplete):
		return "", invalid("Stack [%s] does not exist", name)
	case kind == "UPDATE" && in.Get("OnStackFailure") == "DELETE":
		return "", invalid("OnStackFailure DELETE is only valid for change sets of type CREATE") // unverified
	case kind == "UPDATE":
		return kind, st.updatable()
	}
	return kind, nil
}

func (w *work) newSet(c *wire.Call, in wire.Form, st *stack, kind string, want *asked) *changeSet {
	cs := &changeSet{
		version: want.version, Stack: st.key(), StackID: st.arn(), StackName: st.Name,
		Name: in.Get("ChangeSetName"), ID: wire.NewID(), Remark: in.Get("Description"), Kind: kind,
		Token: in.Get("ClientToken"), OnFailure: in.Get("OnStackFailure"), Operation: wire.NewID(),
		Created: c.Time, Status: pending, Execution: unavailable,
	}
	cs.ARN = c.ARN("cloudformation", "changeSet/"+cs.Name+"/"+cs.ID)
	cs.Template = w.put(st, want.text)
	w.saveSet(cs)
	w.place(st, cs.Operation, place{Type: makesChanges, ChangeSet: cs.ARN, Begun: c.Time, Status: opRunning})
	st.begun(cs.Operation, makesChanges)
	w.save(st)
	store.Put(w.tx, dueTable, dueSet+cs.key(), due{At: w.later(c.Time, failing)})
	return cs
}
