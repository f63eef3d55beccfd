package apigateway

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// holds sees that there is such an API. That the version 2 of the API says it like this is taken over from version 1.
func holds(tx *store.Tx, at wire.Place, api string) error {
	if _, ok := store.Get[record[apiSettings]](tx, apisTable, at.At(api)); !ok {
		return missing("Invalid API identifier specified %s:%s", at.Account, api)
	}
	return nil
}

// settings are what a template says of an API or of a part of one.
type settings interface {
	// of names what it is a part of: an API, and of a route response the route. Both are "" for an API itself.
	of() (api, route string)
}

// record is an API or a part of one.
type record[T settings] struct {
	Scope            string // the prefix of its key
	APIID            string
	ID               string
	Owner            string // the stack and the logical id
	Settings         T
	AllTags          map[string]string // its own and its stack's
	Created, Changed time.Time
	DeploymentID     string // of a stage
}

// key has the API first, so that an API's parts stand together.
func (r *record[T]) key() string {
	api, route := r.Settings.of()
	path := []string{r.ID}
	if api != "" {
		path = []string{api, r.ID}
	}
	if route != "" {
		path = []string{api, route, r.ID}
	}
	return r.Scope + strings.Join(path, "/")
}

// members are the settings by their names in the API's answers.
func members(value any) (map[string]any, error) {
	var m map[string]any
	text, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		return nil, resource.Errorf(resource.Internal, "reading settings: %v", err)
	}
	return m, nil
}

// properties are the settings by their names in a template: those of the answers, with a capital.
func properties(value any) (map[string]any, error) {
	m, err := members(value)
	if err != nil {
		return nil, err
	}
	named := map[string]any{}
	for name, v := range m {
		if inner, ok := v.(map[string]any); ok && name == "defaultRouteSettings" {
			v = capitals(inner)
		}
		named[capital(name)] = v
	}
	return named, nil
}

func capitals(m map[string]any) map[string]any {
	named := map[string]any{}
	for name, v := range m {
		named[capital(name)] = v
	}
	return named
}

func capital(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

// newID is an id as API Gateway makes them: lower-case letters and digits.
func newID(length int) string { return strings.ToLower(resource.Random(length)) }
