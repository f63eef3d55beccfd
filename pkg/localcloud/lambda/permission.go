package lambda

import (
	"time"

	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/store"
)

// permissions makes and removes statements of functions' policies for CloudFormation. That the physical id is the
// statement's is unverified.
type permissions struct{}

// permission is a statement as a template says it.
type permission struct {
	FunctionName, Action, Principal string
	SourceArn                       string `json:",omitempty"`
	SourceAccount                   string `json:",omitempty"`
}

// Create adds the statement.
func (h *permissions) Create(tx *store.Tx, in resource.Input) (resource.Made, error) {
	p, err := resource.Decode[permission](in, permissionTypeName)
	if err != nil {
		return resource.Made{}, err
	}
	name, err := named(in.Account, in.Region, p.FunctionName, "")
	if err != nil {
		return resource.Made{}, told(err)
	}
	f, ok := find(tx, in.Place(), name)
	if !ok {
		in.PhysicalID = name
		return resource.Made{}, told(absent(f, in))
	}
	id := resource.PhysicalName(in, 100)
	ask := permit{
		StatementID: id, Action: p.Action, Principal: p.Principal, SourceArn: p.SourceArn, SourceAccount: p.SourceAccount,
	}
	if _, err := f.permit(ask); err != nil {
		return resource.Made{}, told(err)
	}
	f.put(tx)
	return resource.Made{PhysicalID: id, Attributes: map[string]any{"Id": id}, Takes: permitTakes}, nil
}

// Update has nothing to do: every property makes another statement.
func (h *permissions) Update(_ *store.Tx, in resource.Input) (resource.Made, error) {
	return resource.Made{}, resource.Errorf(resource.NotUpdatable, "the permission %s cannot be changed", in.PhysicalID)
}

// Delete removes the statement.
func (h *permissions) Delete(tx *store.Tx, in resource.Input) (time.Duration, error) {
	f := holder(tx, in)
	if f == nil {
		return 0, told(notFound("Statement %s is not found in resource policy.", in.PhysicalID))
	}
	if err := f.forbid(in.PhysicalID); err != nil {
		return 0, told(err)
	}
	f.put(tx)
	return permitTakes, nil
}

// Read gives the statement's properties. The function is named as it was: by its name.
func (h *permissions) Read(tx *store.Tx, in resource.Input) (map[string]any, error) {
	f := holder(tx, in)
	if f == nil {
		return nil, told(notFound("Statement %s is not found in resource policy.", in.PhysicalID))
	}
	s := f.Policy[f.statement(in.PhysicalID)]
	p := permission{FunctionName: f.FunctionName, Action: s.Action, Principal: s.Principal.Service}
	if s.Condition != nil {
		p.SourceArn, p.SourceAccount = s.Condition.ArnLike["AWS:SourceArn"], s.Condition.StringEquals["AWS:SourceAccount"]
	}
	return asProperties(p)
}

// holder is the function whose policy has the statement. The statement's id was made up, so it is in one.
func holder(tx *store.Tx, in resource.Input) *function {
	var found *function
	store.Each(tx, functionsTable, in.Place().At(""), func(_ string, f function) bool {
		if f.statement(in.PhysicalID) >= 0 {
			found = &f
		}
		return found == nil
	})
	return found
}
