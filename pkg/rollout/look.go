package rollout

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/render"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
	"github.com/plldb/plldb/pkg/store"
)

// lookWait bounds the look as a whole: an endpoint that falls silent half-way is found out within it.
const lookWait = 40 * time.Second

// atOnce is how many objects are asked for or sent at a time.
const atOnce = 8

// Seen is everything that a plan must know of the account. It is read in one burst that waits only for who we are, which
// the bucket's name needs: the longest chain of answers that wait for one another is two.
type Seen struct {
	Who      account.Identity
	Bucket   store.Bucket
	Store    store.Seen
	Stack    stack.Seen
	Deployed map[string]render.Function // by function, as the stack's own template tells
}

// sent says whether the bucket holds something under a key, whatever it is.
func (s Seen) sent(key string) bool {
	newest, there := s.Store.Newest[key]
	return there && !newest.Deleted
}

// Look reads the account. Nothing is written.
func (r *Run) Look(ctx context.Context) (Seen, error) {
	return r.seen.get(func() (Seen, error) { return r.look(ctx) })
}

func (r *Run) look(ctx context.Context) (Seen, error) {
	session, err := r.account(ctx)
	if err != nil {
		return Seen{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, lookWait)
	drop := session.DialAhead(ctx, store.Burst)
	defer drop()

	later := concurrently(func() (Seen, error) { return r.lookAtDeployed(ctx, session) })
	defer later() // whoever leaves first stops it and waits: nothing is told after the look has ended
	defer cancel()
	who, err := r.WhoAmI(ctx)
	if err != nil {
		return Seen{}, err
	}
	seen := Seen{Who: who, Bucket: bucketOf(who)}
	if seen.Store, err = r.store(session, seen.Bucket).Look(ctx, artifact.Prefix(artifact.Version)); err != nil {
		return Seen{}, err
	}
	deployed, err := later()
	seen.Stack, seen.Deployed = deployed.Stack, deployed.Deployed
	return seen, err
}

// lookAtDeployed reads the stack, and what its template says of its functions. A template that cannot be read says
// nothing: what was deployed is then compared, and sent, anew.
func (r *Run) lookAtDeployed(ctx context.Context, session *account.Session) (Seen, error) {
	found, err := r.stack(session).Look(ctx)
	if err != nil || found.Template == "" {
		return Seen{Stack: found}, err
	}
	functions, _ := render.Deployed([]byte(found.Template))
	return Seen{Stack: found, Deployed: functions}, nil
}

// concurrently starts f and returns a function that waits for its result, as often as it is called.
func concurrently[T any](f func() (T, error)) (wait func() (T, error)) {
	var val T
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		val, err = f()
	}()
	return func() (T, error) {
		<-done
		return val, err
	}
}

// account opens the session and signs in. The look's bound begins after it: a person may be typing an MFA code here.
func (r *Run) account(ctx context.Context) (*account.Session, error) {
	return r.session.get(func() (*account.Session, error) {
		if err := r.mayConfirm(); err != nil {
			return nil, err
		}
		session, err := r.open(ctx)
		if err != nil {
			return nil, err
		}
		return session, session.SignIn(ctx)
	})
}

// WhoAmI asks whose credentials these are, says so, and refuses another account than the one asked for.
func (r *Run) WhoAmI(ctx context.Context) (account.Identity, error) {
	return r.identity.get(func() (account.Identity, error) {
		session, err := r.account(ctx)
		if err != nil {
			return account.Identity{}, err
		}
		who, err := session.WhoAmI(ctx)
		if err != nil {
			return account.Identity{}, err
		}
		r.sink.Tell(report.Account{
			ID: who.Account, Region: who.Region, Caller: who.Caller, Endpoint: who.Endpoint,
			Local: r.settings.Local,
		})
		return who, who.Expect(r.settings.Account)
	})
}

func bucketOf(who account.Identity) store.Bucket {
	return store.Bucket{
		Name:      store.BucketName(who.Region, who.Account),
		Account:   who.Account,
		Region:    who.Region,
		Partition: who.Partition,
	}
}

func (r *Run) store(s *account.Session, b store.Bucket) *store.Store {
	return store.New(s.S3(), b, store.WithSink(r.sink), store.WithSleep(r.clock.Sleep))
}

func (r *Run) stack(s *account.Session) *stack.Stack {
	return stack.New(s.CloudFormation(), StackName, r.sink, r.clock)
}

// holds finds the version in the bucket that holds each archive. It asks only for those of which the newest version is not
// the one that the stack's template names; for all others it is known without asking.
func (r *Run) holds(ctx context.Context, seen Seen, archives []artifact.Archive) (Held, error) {
	session, err := r.account(ctx)
	if err != nil {
		return nil, err
	}
	answers := make([]string, len(archives))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	bucket := r.store(session, seen.Bucket)
	for i, a := range archives {
		version, known := held(seen, a)
		if known {
			answers[i] = version
			continue
		}
		group.Go(func() error {
			key := artifact.ArchiveKey(artifact.Version, a.Name)
			is, err := bucket.Holds(ctx, key, version, a.Digest)
			if err != nil {
				return fmt.Errorf("asking for %s: %w", key, err)
			}
			if is {
				answers[i] = version
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	found := make(Held, len(archives))
	for i, a := range archives {
		found[a.Name] = answers[i]
	}
	return found, nil
}

// held is the version that holds an archive, "" for none, as far as it is known without asking; else the newest, which
// may. A version that the deployed template names is preferred to a newer one of the same code: two first setups at once
// leave two, and the stack needs no update to the other.
func held(seen Seen, a artifact.Archive) (version string, known bool) {
	key := artifact.ArchiveKey(artifact.Version, a.Name)
	newest, deployed := seen.Store.Newest[key], seen.Deployed[a.Name]
	ours := deployed.Key == key
	switch {
	case ours && deployed.Digest == a.Digest && seen.Store.Has(key, deployed.Version, a.Size):
		return deployed.Version, true
	case !newest.Usable(), newest.Size != a.Size, ours && deployed.Version == newest.ID:
		return "", true
	}
	return newest.ID, false
}
