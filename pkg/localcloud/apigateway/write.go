package apigateway

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// change changes what the body says, and leaves the rest; of a stage's default route settings, too, which is
// unverified. Stages that deploy themselves do so.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages-stagename.html
func change[T settings](s *Service, k *kind[T], path string) reader {
	return func(tx *store.Tx, at wire.Place, c *wire.Call, labels map[string]string) (any, error) {
		r, err := k.get(tx, at, fill(path, labels))
		if err != nil {
			return nil, err
		}
		if err := changeable(c); err != nil {
			return nil, err
		}
		before, _ := k.get(tx, at, fill(path, labels)) // a copy that shares nothing
		if err := wire.Over(c, c.Body, &r.Settings, s.Wrong); err != nil {
			return nil, err
		}
		if err := k.check(tx, at, r, &before.Settings); err != nil {
			return nil, err
		}
		r.Changed = stamp(s.clock.Now())
		store.Put(tx, k.table, r.key(), *r)
		deploy(tx, at, r.APIID, r.Changed)
		r, err = k.get(tx, at, fill(path, labels)) // deployed
		if err != nil {
			return nil, err
		}
		return k.view(at, r)
	}
}

// changeable refuses what no Update operation has a parameter for.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid.html
func changeable(c *wire.Call) error {
	fixed := []string{"apiId", "protocolType", "routeId", "stageName", "tags"}
	var body map[string]any
	_ = json.Unmarshal(c.Body, &body) // one that cannot be read is refused when it is read
	for _, name := range slices.Sorted(maps.Keys(body)) {
		if slices.Contains(fixed, name) {
			return unmodelled("the parameter %q of %s", name, c.Operation)
		}
	}
	return nil
}

// remove removes one, and what goes with it.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-routes-routeid.html
func remove[T settings](s *Service, k *kind[T], path string) reader {
	return func(tx *store.Tx, at wire.Place, _ *wire.Call, labels map[string]string) (any, error) {
		r, err := k.get(tx, at, fill(path, labels))
		if err != nil {
			return nil, err
		}
		return nil, k.drop(tx, at, r, s.clock.Now())
	}
}
