package lambda

import (
	"encoding/json"
	"errors"
	"reflect"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// How long work takes on AWS. The figures are unverified: public event logs show functions made within some seconds
// (tradle/mycloud#26), and hashicorp/terraform-provider-aws#43954 permissions beside them.
const (
	createTakes = 6 * time.Second
	updateTakes = 6 * time.Second
	tagsTake    = time.Second
	deleteTakes = 2 * time.Second
	permitTakes = time.Second
)

// functions makes, changes and removes functions for CloudFormation.
type functions struct {
	clock   clock.Clock
	objects resource.Objects
	roles   Roles
}

// Create makes the function.
func (h *functions) Create(tx *store.Tx, in resource.Input) (resource.Made, error) {
	s, err := resource.Decode[settings](in, functionTypeName)
	if err != nil {
		return resource.Made{}, err
	}
	if s.FunctionName == "" {
		s.FunctionName = resource.PhysicalName(in, 64)
	}
	f := &function{settings: s, Place: in.Place()}
	if err := h.create(tx, f, in); err != nil {
		return resource.Made{}, told(err)
	}
	return f.made(createTakes), nil
}

func (h *functions) create(tx *store.Tx, f *function, in resource.Input) error {
	if err := f.check(); err != nil {
		return err
	}
	if _, there := find(tx, in.Place(), f.FunctionName); there {
		return conflict("Function already exist: %s", f.FunctionName)
	}
	if err := f.mayRunAs(tx, h.roles, f.Role); err != nil {
		return err
	}
	object, err := fetch(tx, h.objects, in.Account, in.Region, f.Code)
	if err != nil {
		return err
	}
	f.take(tx, object)
	f.Pending = h.clock.Due(in.Now, createTakes)
	f.AllTags, f.FromStack = resource.Retag(f.AllTags, f.FromStack, in, true)
	f.touch(in.Now)
	f.put(tx)
	return nil
}

// Update changes the function. Its code is read again only if the template says another place: the same key with new
// bytes is no change to CloudFormation.
func (h *functions) Update(tx *store.Tx, in resource.Input) (resource.Made, error) {
	s, err := resource.Decode[settings](in, functionTypeName)
	if err != nil {
		return resource.Made{}, err
	}
	f, ok := find(tx, in.Place(), in.PhysicalID)
	if !ok {
		return resource.Made{}, told(absent(f, in))
	}
	s.FunctionName = in.PhysicalID
	takes, err := h.update(tx, f, s, in)
	if err != nil {
		return resource.Made{}, told(err)
	}
	return f.made(takes), nil
}

func (h *functions) update(tx *store.Tx, f *function, s settings, in resource.Input) (time.Duration, error) {
	if err := f.busy(in.Now); err != nil {
		return 0, err
	}
	if err := s.check(); err != nil {
		return 0, err
	}
	if err := f.mayRunAs(tx, h.roles, s.Role); err != nil {
		return 0, err
	}
	if s.Code != f.Code {
		object, err := fetch(tx, h.objects, in.Account, in.Region, s.Code)
		if err != nil {
			return 0, err
		}
		f.take(tx, object)
	}
	before := f.settings
	before.Tags = s.Tags
	f.settings = s
	f.AllTags, f.FromStack = resource.Retag(f.AllTags, f.FromStack, in, true)
	takes := tagsTake
	if !reflect.DeepEqual(before, s) {
		takes = updateTakes
		f.Updating = h.clock.Due(in.Now, takes)
		f.touch(in.Now)
	}
	f.put(tx)
	return takes, nil
}

// Delete removes the function and its policy.
func (h *functions) Delete(tx *store.Tx, in resource.Input) (time.Duration, error) {
	f, ok := find(tx, in.Place(), in.PhysicalID)
	if !ok {
		return 0, told(absent(f, in))
	}
	f.remove(tx)
	return deleteTakes, nil
}

func (f *function) remove(tx *store.Tx) {
	store.Release(tx, f.CodeSum)
	store.Delete(tx, functionsTable, f.key())
}

// Read gives the function's properties, without the stack's tags. Code is where CloudFormation had it from: Lambda does
// not tell that, and it need not be what runs.
func (h *functions) Read(tx *store.Tx, in resource.Input) (map[string]any, error) {
	f, ok := find(tx, in.Place(), in.PhysicalID)
	if !ok {
		return nil, told(absent(f, in))
	}
	s := f.settings
	memory, timeout := s.memory(), s.timeout()
	s.MemorySize, s.Timeout = &memory, &timeout
	s.Architectures, s.PackageType, s.Tags = s.architectures(), "Zip", f.ownTags()
	return asProperties(s)
}

// asProperties is a structure as a template would say it.
func asProperties(value any) (map[string]any, error) {
	var properties map[string]any
	text, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(text, &properties)
	}
	if err != nil {
		return nil, resource.Errorf(resource.Internal, "reading properties: %v", err)
	}
	return properties, nil
}

func (f *function) made(takes time.Duration) resource.Made {
	return resource.Made{PhysicalID: f.FunctionName, Attributes: map[string]any{"Arn": f.arn()}, Takes: takes}
}

// absent is Lambda's word for a function that is not there.
func absent(f *function, in resource.Input) error {
	f.Place, f.FunctionName = in.Place(), in.PhysicalID
	return notFound("Function not found: %s", f.arn())
}

// told is how CloudFormation's handler tells Lambda's refusal.
func told(err error) error {
	if e, ok := errors.AsType[*wire.Error](err); ok {
		return resource.Refused("Lambda", e)
	}
	return err
}
