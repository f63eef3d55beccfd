package cloudformation

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// The tables. Keys begin with account and region.
const (
	stacksTable     = "cloudformation.stacks"     // …/STACKID
	namesTable      = "cloudformation.names"      // …/NAME: the id of the stack that has the name now
	eventsTable     = "cloudformation.events"     // …/STACKID/000000000001
	templatesTable  = "cloudformation.templates"  // …/STACKID/TEMPLATEID
	setsTable       = "cloudformation.changesets" // …/STACKID/CHANGESETID
	operationsTable = "cloudformation.operations" // …/OPERATIONID
	driftsTable     = "cloudformation.drifts"     // …/DETECTIONID
	dueTable        = "cloudformation.due"        // KIND/…
)

// work is one transaction of the service. Stacks are read once, and written when it ends.
type work struct {
	s       *Service
	tx      *store.Tx
	stacks  map[string]*stack
	touched map[string]bool
}

func (s *Service) work(ctx context.Context, do func(*work) error) error {
	return s.config.Store.Update(ctx, func(tx *store.Tx) error {
		w := &work{s: s, tx: tx, stacks: map[string]*stack{}, touched: map[string]bool{}}
		if err := do(w); err != nil {
			return err
		}
		for _, key := range slices.Sorted(maps.Keys(w.touched)) {
			store.Put(tx, stacksTable, key, *w.stacks[key])
		}
		return tx.Err()
	})
}

// load reads a stack by its key.
func (w *work) load(key string) (*stack, bool) {
	if st, ok := w.stacks[key]; ok {
		return st, true
	}
	st, ok := store.Get[stack](w.tx, stacksTable, key)
	if !ok {
		return nil, false
	}
	w.stacks[key] = &st
	return &st, true
}

// save has the stack written, and sees to it that it is looked at when something is due.
func (w *work) save(st *stack) {
	w.stacks[st.key()], w.touched[st.key()] = st, true
	if st.Running == nil {
		store.Delete(w.tx, dueTable, dueStack+st.key())
		return
	}
	store.Put(w.tx, dueTable, dueStack+st.key(), st.Running.next())
}

// called is the beginning of the keys of the caller.
func called(c *wire.Call) string { return c.Account + "/" + c.Region + "/" }

// found looks a stack up by its name or its id. One that was deleted has lost its name and is found by its id only.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
func (w *work) found(c *wire.Call, nameOrID string) (*stack, bool) {
	id, is := "", strings.HasPrefix(nameOrID, "arn:")
	if is {
		id = stackOfARN(c, nameOrID)
	} else {
		id, _ = store.Get[string](w.tx, namesTable, called(c)+nameOrID)
	}
	if id == "" {
		return nil, false
	}
	st, ok := w.load(called(c) + id)
	if !ok || is && st.arn() != nameOrID {
		return nil, false
	}
	return st, true
}

// stackOfARN is the last part of a stack's ARN of the caller's account and region, "" if it is none.
func stackOfARN(c *wire.Call, arn string) string {
	rest, ok := strings.CutPrefix(arn, c.ARN("cloudformation", "stack/"))
	_, id, two := strings.Cut(rest, "/")
	if !ok || !two {
		return ""
	}
	return id
}

// named is the stack that a request names; it must exist. The words are those of most operations; DescribeStacks and
// some others have their own.
func (w *work) named(c *wire.Call, in wire.Form) (*stack, error) {
	name := in.Get("StackName")
	if name == "" {
		return nil, invalid("1 validation error detected: Value null at 'stackName' failed to satisfy constraint: " +
			"Member must not be null")
	}
	if st, ok := w.found(c, name); ok {
		return st, nil
	}
	return nil, invalid("Stack [%s] does not exist", name)
}

// alive is named for the operations that do not know deleted stacks.
func (w *work) alive(c *wire.Call, in wire.Form) (*stack, error) {
	st, err := w.named(c, in)
	if err == nil && st.Status == deleteComplete {
		return nil, invalid("Stack [%s] does not exist", in.Get("StackName"))
	}
	return st, err
}

// invalid is the error that CloudFormation gives to most requests that it refuses.
func invalid(format string, args ...any) error {
	return wire.Errorf(http.StatusBadRequest, "ValidationError", format, args...)
}

// eachStack visits the caller's stacks, the newest first.
func (w *work) eachStack(c *wire.Call, visit func(*stack)) {
	var all []*stack
	store.Each(w.tx, stacksTable, called(c), func(key string, st stack) bool {
		all = append(all, &st)
		return true
	})
	slices.SortStableFunc(all, func(a, b *stack) int { return b.Created.Compare(a.Created) })
	for _, st := range all {
		visit(st)
	}
}

// put keeps a template, and returns its id.
func (w *work) put(st *stack, text []byte) string {
	id := wire.NewID()
	store.Put(w.tx, templatesTable, st.key()+"/"+id, text)
	return id
}

// text is a kept template.
func (w *work) text(st *stack, id string) []byte {
	text, _ := store.Get[[]byte](w.tx, templatesTable, st.key()+"/"+id)
	return text
}

// forget removes all that there is of a stack.
func (w *work) forget(st *stack) {
	for _, table := range []string{eventsTable, templatesTable, setsTable} {
		w.drop(table, st.key()+"/")
	}
	here := st.Account + "/" + st.Region + "/"
	store.Each(w.tx, operationsTable, here, func(key string, p place) bool {
		if p.Stack == st.key() {
			store.Delete(w.tx, operationsTable, key)
		}
		return true
	})
	store.Each(w.tx, driftsTable, here, func(key string, d detection) bool {
		if d.Stack == st.key() {
			store.Delete(w.tx, driftsTable, key)
		}
		return true
	})
	delete(w.touched, st.key())
	delete(w.stacks, st.key())
	store.Delete(w.tx, stacksTable, st.key())
}

func (w *work) drop(table, prefix string) {
	store.Each(w.tx, table, prefix, func(key string, _ any) bool {
		store.Delete(w.tx, table, key)
		return true
	})
}

// later is when work that begins at start and takes d on AWS is done.
func (w *work) later(start time.Time, d time.Duration) time.Time {
	return w.s.config.Clock.Due(start, d)
}

// record writes an event down.
func (w *work) record(st *stack, e event) {
	st.Events++
	e.Time = st.notBefore(e.Time)
	st.Latest = e.Time
	if e.Type == stackType {
		if p, ok := store.Get[place](w.tx, operationsTable, st.Account+"/"+st.Region+"/"+e.Operation); ok {
			e.Of = &p
		}
	}
	if e.ID == "" {
		e.ID = wire.NewID()
	}
	store.Put(w.tx, eventsTable, eventKey(st, st.Events), e)
}
