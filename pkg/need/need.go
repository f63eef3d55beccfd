// Package need runs the functions that a mage target depends on, and returns their errors.
//
// mg.CtxDeps panics with text where a caller wants an error that errors.Is can ask, keeps results for the whole process,
// and goes on past a shared dependency that panicked (magefile/mage#371: a failed build, and the upload ran). All keeps
// mage's graph, each function once and side by side, without the three.
package need

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/magefile/mage/mg"
)

// Scope is one walk through the graph: within it a function runs once, and its error is remembered. Another scope in the
// same process runs it again.
type Scope struct {
	id      string
	mu      sync.Mutex
	results map[string]error
}

// NewScope returns a scope in which nothing has run.
func NewScope() *Scope { return &Scope{id: rand.Text(), results: map[string]error{}} }

type scopeKey struct{}

// In returns a context in which All counts as part of s.
func In(ctx context.Context, s *Scope) context.Context { return context.WithValue(ctx, scopeKey{}, s) }

// All runs each function once in the context's scope, side by side, and waits for all of them. The first failure cancels
// the context of the others; the error returned is the first one, in the order of fns, that is not such a cancellation.
// A function is known by its name: two closures made in the same place are the same function.
func All(ctx context.Context, fns ...func(context.Context) error) error {
	s, ok := ctx.Value(scopeKey{}).(*Scope)
	if !ok {
		s = NewScope()
		ctx = In(ctx, s)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	deps := make([]any, len(fns))
	names := make([]string, len(fns))
	for i, fn := range fns {
		dep := &dependency{scope: s, name: nameOf(fn), run: fn, failed: cancel}
		deps[i], names[i] = dep, dep.name
	}
	runAll(ctx, deps)

	return s.first(names)
}

// runAll gives the dependencies to mage. Its panic only repeats, as text, what the scope has remembered.
func runAll(ctx context.Context, deps []any) {
	defer func() { _ = recover() }()
	mg.CtxDeps(ctx, deps...)
}

// first returns the error to show among those of the named functions.
func (s *Scope) first(names []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()

	var cancelled error
	for _, name := range names {
		err, ran := s.results[name]
		switch {
		case !ran:
			return fmt.Errorf("%s did not run", name)
		case errors.Is(err, errSibling) || errors.Is(err, context.Canceled):
			cancelled = err
		case err != nil:
			return err
		}
	}
	return cancelled
}

// errSibling is the cause with which a failed function cancels those beside it.
var errSibling = errors.New("stopped because another step failed")

// dependency is one function as mage sees it; name and the scope's id together are its identity.
type dependency struct {
	scope  *Scope
	name   string
	run    func(context.Context) error
	failed context.CancelCauseFunc
}

var _ mg.Fn = (*dependency)(nil)

// Name is the function's own name.
func (d *dependency) Name() string { return d.name }

// ID keeps the walks of one process apart.
func (d *dependency) ID() string { return d.scope.id }

// Run runs the function, turns a panic into an error, and remembers the result.
func (d *dependency) Run(ctx context.Context) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%s panicked: %v\n%s", d.name, v, debug.Stack())
		}
		d.scope.mu.Lock()
		d.scope.results[d.name] = err
		d.scope.mu.Unlock()
		if err != nil {
			d.failed(errSibling)
		}
	}()

	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return d.run(ctx)
}

func nameOf(fn func(context.Context) error) string {
	return runtime.FuncForPC(reflect.ValueOf(fn).Pointer()).Name()
}
