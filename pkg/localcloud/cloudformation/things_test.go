package cloudformation_test

import (
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// things is a service of the test's own: AWS::Test::Thing, whose state is in the store as that of any service.
type things struct {
	mu    sync.Mutex
	calls []string
	made  int
	tags  map[string]map[string]string // by logical id, as last given

	attributes []string // properties that are attributes, too
}

const thingsTable = "test.things"

func (h *things) called(what string, in resource.Input) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls = append(h.calls, what+" "+in.LogicalID)
	if h.tags == nil {
		h.tags = map[string]map[string]string{}
	}
	h.tags[in.LogicalID] = in.Tags
}

func (h *things) Create(tx *store.Tx, in resource.Input) (resource.Made, error) {
	h.called("create", in)
	if resource.Text(in.Properties, "Text") == "refused" {
		return resource.Made{}, resource.Errorf(resource.InvalidRequest, "the text is refused")
	}
	id := resource.Text(in.Properties, "Name")
	if id == "" {
		h.mu.Lock()
		h.made++
		id = fmt.Sprintf("%s-%d", in.LogicalID, h.made)
		h.mu.Unlock()
	}
	if _, there := store.Get[map[string]any](tx, thingsTable, id); there {
		return resource.Made{}, resource.Errorf(resource.AlreadyExists, "%s already exists", id)
	}
	store.Put(tx, thingsTable, id, in.Properties)
	return h.thing(id, in), nil
}

func (h *things) thing(id string, in resource.Input) resource.Made {
	attributes := map[string]any{"Arn": "arn:thing/" + id}
	for _, name := range h.attributes {
		attributes[name] = in.Properties[name]
	}
	return resource.Made{
		PhysicalID: id, Attributes: attributes,
		Takes: time.Duration(resource.Whole(in.Properties, "Takes", 10)) * time.Second,
	}
}

func (h *things) Update(tx *store.Tx, in resource.Input) (resource.Made, error) {
	h.called("update", in)
	switch {
	case resource.Text(in.Properties, "Text") == "refused":
		return resource.Made{}, resource.Errorf(resource.InvalidRequest, "the text is refused")
	case resource.Text(in.Properties, "Maybe") == "replace":
		return resource.Made{}, resource.Errorf(resource.NotUpdatable, "not in place")
	}
	store.Put(tx, thingsTable, in.PhysicalID, in.Properties)
	return h.thing(in.PhysicalID, in), nil
}

func (h *things) Delete(tx *store.Tx, in resource.Input) (time.Duration, error) {
	h.called("delete", in)
	properties, there := store.Get[map[string]any](tx, thingsTable, in.PhysicalID)
	switch {
	case !there:
		return 0, resource.Errorf(resource.NotFound, "%s is not there", in.PhysicalID)
	case resource.Text(properties, "Text") == "stuck":
		return 0, resource.Errorf(resource.Conflict, "%s is in use", in.PhysicalID)
	}
	store.Delete(tx, thingsTable, in.PhysicalID)
	return 5 * time.Second, nil
}

func (h *things) Read(tx *store.Tx, in resource.Input) (map[string]any, error) {
	properties, there := store.Get[map[string]any](tx, thingsTable, in.PhysicalID)
	if !there {
		return nil, resource.Errorf(resource.NotFound, "%s is not there", in.PhysicalID)
	}
	return properties, nil
}

// faults are a test's Faults, by "ACTION ID".
type faults struct {
	mu     sync.Mutex
	fails  map[string]string
	stalls map[string]bool
}

func (f *faults) fail(what, reason string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fails[what] = reason
}

func (f *faults) stall(what string, on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stalls[what] = on
}

func (f *faults) Begin(id, action string) (string, bool, time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fails[action+" "+id], f.stalls[action+" "+id], 0
}

func (f *faults) Stalls(id, action string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stalls[action+" "+id]
}

// bucket is the test's S3: texts by "bucket/key" and "bucket/key?version".
type bucket struct {
	store *store.Store
	texts map[string]string
}

func (b bucket) Object(tx *store.Tx, account, _, name, key, version string) (resource.Object, error) {
	at := name + "/" + key
	if version != "" {
		at += "?" + version
	}
	switch text, ok := b.texts[at]; {
	case name == "denied":
		return resource.Object{}, wire.Errorf(403, "AccessDenied", "Access Denied")
	case !ok && version != "":
		return resource.Object{}, wire.Errorf(404, "NoSuchVersion", "The specified version does not exist.")
	case !ok:
		return resource.Object{}, wire.Errorf(404, "NoSuchKey", "The specified key does not exist.")
	default:
		draft, err := b.store.Draft(strings.NewReader(text))
		if err != nil {
			return resource.Object{}, err
		}
		store.Keep(tx, draft)
		return resource.Object{Sum: draft.Sum, Size: draft.Size, Version: version}, nil
	}
}

// thingTypes are the test's types: things, and roles, which need a capability and take tags.
func thingTypes(h resource.Handler) map[string]resource.Type {
	text := resource.Property{Kind: resource.String}
	tag := resource.Property{Kind: resource.Struct, Fields: resource.Properties{"Key": text, "Value": text}}
	properties := resource.Properties{
		"Text":  text,
		"Takes": {Kind: resource.Integer},
		"Kind":  {Kind: resource.String, Change: resource.Replaces},
		"Maybe": {Kind: resource.String, Change: resource.Conditional},
		"Name":  {Kind: resource.String, Change: resource.Replaces},
		"Part":  {Kind: resource.Struct, Fields: resource.Properties{"Inner": text}},
		"Any":   {Kind: resource.Free},
		"List":  {Kind: resource.List, Item: &text},
		"Once":  {Kind: resource.String, WriteOnly: true},
	}
	tagged := maps.Clone(properties)
	tagged["Tags"] = resource.Property{Kind: resource.List, Item: &tag}
	return map[string]resource.Type{
		"AWS::Test::Thing": {
			Name: "AWS::Test::Thing", Properties: properties, Attributes: []string{"Arn", "Missing"},
			NameProperty: "Name", Handler: h,
		},
		"AWS::Test::Role": {
			Name: "AWS::Test::Role", Properties: tagged, Attributes: []string{"Arn", "Missing"}, IAM: true, NameProperty: "Name",
			Handler: h,
		},
	}
}
