package apigateway

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// routes are the operations: those that read, change and remove. The paths are those of the API's model.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/operations.html
func (s *Service) routes() []wire.Route {
	const api = "/v2/apis/{ApiId}"
	const answers = api + "/routes/{RouteId}/routeresponses"
	return slices.Concat(
		offer(s, "Api", "/v2/apis", "/{ApiId}", "", "{ApiId}", apis()),
		offer(s, "Authorizer", api+"/authorizers", "/{Id}", "{ApiId}/", "{ApiId}/{Id}", authorizers()),
		offer(s, "Integration", api+"/integrations", "/{Id}", "{ApiId}/", "{ApiId}/{Id}", integrations()),
		offer(s, "Route", api+"/routes", "/{Id}", "{ApiId}/", "{ApiId}/{Id}", routes()),
		offer(s, "RouteResponse", answers, "/{Id}", "{ApiId}/{RouteId}/", "{ApiId}/{RouteId}/{Id}", responses()),
		offer(s, "Stage", api+"/stages", "/{Id}", "{ApiId}/", "{ApiId}/{Id}", stages()),
	)
}

// offer are the operations of a kind: where it is asked for, and where the records are kept.
func offer[T settings](s *Service, name, path, tail, all, single string, k *kind[T]) []wire.Route {
	on := func(operation, method, path string, status int, do reader) wire.Route {
		if strings.Contains(path, "{RouteId}") {
			do = ofRoute(do)
		}
		return wire.Route{Operation: operation, Method: method, Path: path, Status: status, Do: s.on(do)}
	}
	listing := on("Get"+name+"s", http.MethodGet, path, http.StatusOK, list(k, all))
	listing.Query = []string{"maxResults", "nextToken"}
	return []wire.Route{
		listing,
		on("Get"+name, http.MethodGet, path+tail, http.StatusOK, one(k, single)),
		on("Update"+name, http.MethodPatch, path+tail, http.StatusOK, change(s, k, single)),
		on("Delete"+name, http.MethodDelete, path+tail, http.StatusNoContent, remove(s, k, single)),
	}
}

type reader = func(tx *store.Tx, at wire.Place, c *wire.Call, labels map[string]string) (any, error)

// fill puts what labels stand for into a path.
func fill(path string, labels map[string]string) string {
	for name, value := range labels {
		path = strings.ReplaceAll(path, "{"+name+"}", value)
	}
	return path
}

// one answers with one record.
func one[T settings](k *kind[T], path string) reader {
	return func(tx *store.Tx, at wire.Place, _ *wire.Call, labels map[string]string) (any, error) {
		r, err := k.get(tx, at, fill(path, labels))
		if err != nil {
			return nil, err
		}
		return k.view(at, r)
	}
}

// ofRoute sees that the route is there.
func ofRoute(read reader) reader {
	return func(tx *store.Tx, at wire.Place, c *wire.Call, labels map[string]string) (any, error) {
		if _, err := routes().get(tx, at, labels["ApiId"]+"/"+labels["RouteId"]); err != nil {
			return nil, err
		}
		return read(tx, at, c, labels)
	}
}

// list answers with all records below a path, by pages if it is asked to. The next page's token is the last key,
// encoded.
func list[T settings](k *kind[T], path string) reader {
	return func(tx *store.Tx, at wire.Place, c *wire.Call, labels map[string]string) (any, error) {
		limit, after, err := page(c)
		if err != nil {
			return nil, err
		}
		items, answer, last := []any{}, map[string]any{}, ""
		k.each(tx, at, fill(path, labels), func(r *record[T]) {
			switch {
			case r.key() <= after || answer["nextToken"] != nil || err != nil:
			case len(items) == limit:
				answer["nextToken"] = base64.StdEncoding.EncodeToString([]byte(last))
			default:
				var m map[string]any
				m, err = k.view(at, r)
				items, last = append(items, m), r.key()
			}
		})
		answer["items"] = items
		return answer, err
	}
}

// page reads how many records are wanted, and the key after which. The largest page is unverified.
func page(c *wire.Call) (limit int, after string, err error) {
	limit = 500
	if text := c.URL.Query().Get("maxResults"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 { // unverified words
			return 0, "", bad("Invalid value for maxResults: %s", text)
		}
		limit = min(n, limit)
	}
	key, err := base64.StdEncoding.DecodeString(c.URL.Query().Get("nextToken"))
	if err != nil { // unverified words
		return 0, "", bad("Invalid nextToken specified")
	}
	return limit, string(key), nil
}
