package apigateway

import (
	"errors"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// How long CloudFormation takes for each. The figures are unverified: they are of the order that public event logs
// show.
const (
	partTakes  = time.Second
	stageTakes = 2 * time.Second
)

// kind is a kind of record, and makes, changes and removes those of it for CloudFormation.
type kind[T settings] struct {
	typeName string
	table    string
	what     string // in messages: "Route"
	idName   string // in answers: "routeId"
	idLength int    // 0: the stage's name is its id
	takes    time.Duration
	// check says what API Gateway has against r. before is what r was, nil if it is new.
	check func(tx *store.Tx, at wire.Place, r *record[T], before *T) error
	// release says what speaks against removing r, and removes what goes with it. It may be nil.
	release func(tx *store.Tx, at wire.Place, r *record[T]) error
	// show adds what API Gateway tells of r beyond its settings.
	show func(at wire.Place, r *record[T], m map[string]any)
}

// Create makes one.
func (k *kind[T]) Create(tx *store.Tx, in resource.Input) (resource.Made, error) {
	s, err := resource.Decode[T](in, k.typeName)
	if err != nil {
		return resource.Made{}, err
	}
	at := in.Place()
	r := &record[T]{
		Scope: at.At(""), ID: newID(k.idLength), Owner: in.StackID + "/" + in.LogicalID, Settings: s,
		Created: stamp(in.Now), Changed: stamp(in.Now),
	}
	r.AllTags, _ = resource.Retag(nil, nil, in, true)
	r.APIID, _ = s.of()
	if r.APIID == "" {
		r.APIID = r.ID
	} else if err := holds(tx, at, r.APIID); err != nil {
		return resource.Made{}, told(err)
	}
	if err := k.check(tx, at, r, nil); err != nil {
		return resource.Made{}, told(err)
	}
	return k.keep(tx, at, r, in), nil
}

// Update changes one.
func (k *kind[T]) Update(tx *store.Tx, in resource.Input) (resource.Made, error) {
	s, err := resource.Decode[T](in, k.typeName)
	if err != nil {
		return resource.Made{}, err
	}
	at := in.Place()
	r, ok := k.locate(tx, in)
	if !ok {
		return resource.Made{}, k.gone()
	}
	before := r.Settings
	r.Settings, r.Changed = s, stamp(in.Now)
	r.AllTags, _ = resource.Retag(nil, nil, in, true)
	if err := k.check(tx, at, r, &before); err != nil {
		return resource.Made{}, told(err)
	}
	return k.keep(tx, at, r, in), nil
}

// Delete removes one.
func (k *kind[T]) Delete(tx *store.Tx, in resource.Input) (time.Duration, error) {
	at := in.Place()
	r, ok := k.locate(tx, in)
	if !ok {
		return 0, k.gone()
	}
	if err := k.drop(tx, at, r, in.Now); err != nil {
		return 0, told(err)
	}
	return k.takes, nil
}

// drop removes one, if nothing speaks against it.
func (k *kind[T]) drop(tx *store.Tx, at wire.Place, r *record[T], now time.Time) error {
	if k.release != nil {
		if err := k.release(tx, at, r); err != nil {
			return err
		}
	}
	store.Delete(tx, k.table, r.key())
	deploy(tx, at, r.APIID, now)
	return nil
}

// Read gives the properties of one. The stack's tags are not among them.
func (k *kind[T]) Read(tx *store.Tx, in resource.Input) (map[string]any, error) {
	r, ok := k.locate(tx, in)
	if !ok {
		return nil, k.gone()
	}
	return properties(r.Settings)
}

func (k *kind[T]) keep(tx *store.Tx, at wire.Place, r *record[T], in resource.Input) resource.Made {
	store.Put(tx, k.table, r.key(), *r)
	deploy(tx, at, r.APIID, in.Now)
	m := map[string]any{}
	if k.idLength > 0 {
		m[capital(k.idName)] = r.ID
	}
	if k.typeName == apiTypeName {
		m["ApiEndpoint"] = endpoint(at, r.ID)
	}
	return resource.Made{PhysicalID: r.ID, Attributes: m, Takes: k.takes}
}

// locate finds one by its physical id. Ids are made up, and so are only one's; but a stage's is its name, which stages
// of other APIs may have too. Then it is the one that this resource made, and if it made two, because the stage moved
// to another API, the one of the API that in.Before names, else the older one, which is the one to be removed.
func (k *kind[T]) locate(tx *store.Tx, in resource.Input) (*record[T], bool) {
	var found *record[T]
	api := resource.Text(in.Before, "ApiId")
	store.Each(tx, k.table, in.Place().At(""), func(_ string, r record[T]) bool {
		mine := k.idLength > 0 || r.Owner == in.StackID+"/"+in.LogicalID && (api == "" || api == r.APIID)
		if r.ID == in.PhysicalID && mine && (found == nil || r.Created.Before(found.Created)) {
			found = &r
		}
		return true
	})
	return found, found != nil
}

// gone is said of a part that is not there, in the words of REST APIs; unverified here.
func (k *kind[T]) gone() error { return told(missing("Invalid %s identifier specified", k.what)) }

// get finds one of an API, or of a route.
func (k *kind[T]) get(tx *store.Tx, at wire.Place, path string) (*record[T], error) {
	r, ok := store.Get[record[T]](tx, k.table, at.At(path))
	if !ok {
		return nil, missing("Invalid %s identifier specified", k.what)
	}
	return &r, nil
}

// each visits those below a path: "API/", "API/ROUTE/", or "" for all of a region.
func (k *kind[T]) each(tx *store.Tx, at wire.Place, path string, visit func(r *record[T])) {
	store.Each(tx, k.table, at.At(path), func(_ string, r record[T]) bool {
		visit(&r)
		return true
	})
}

// view is one as API Gateway tells it.
func (k *kind[T]) view(at wire.Place, r *record[T]) (map[string]any, error) {
	m, err := members(r.Settings)
	if err != nil {
		return nil, err
	}
	delete(m, "apiId")
	delete(m, "routeId")
	if k.idLength > 0 {
		m[k.idName] = r.ID
	}
	if k.show != nil {
		k.show(at, r, m)
	}
	return m, nil
}

// told is how CloudFormation's handler tells API Gateway's refusal.
func told(err error) error {
	if e, ok := errors.AsType[*wire.Error](err); ok {
		return resource.Refused("ApiGatewayV2", e)
	}
	return err
}
