package dynamodb

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// tables makes, changes and removes tables for CloudFormation.
type tables struct{ clock clock.Clock }

// Create makes the table.
func (h *tables) Create(tx *store.Tx, in resource.Input) (resource.Made, error) {
	d, err := define(in)
	if err != nil {
		return resource.Made{}, err
	}
	if d.TableName == "" {
		d.TableName = resource.PhysicalName(in, 255)
	}
	t, err := create(tx, h.clock, in.Place(), d, in.Now)
	if err != nil {
		return resource.Made{}, told(err, d.TableName)
	}
	t.StackTags = stackTags(in)
	t.put(tx)
	return made(t, createTakes), nil
}

// Update changes the table.
func (h *tables) Update(tx *store.Tx, in resource.Input) (resource.Made, error) {
	d, err := define(in)
	if err != nil {
		return resource.Made{}, err
	}
	d.TableName = in.PhysicalID
	t, ok := find(tx, in.Place(), in.PhysicalID, in.Now)
	if !ok {
		return resource.Made{}, gone(in.PhysicalID)
	}
	if err := t.busy(in.Now); err != nil {
		return resource.Made{}, told(err, in.PhysicalID)
	}
	if err := d.check(); err != nil {
		return resource.Made{}, told(err, in.PhysicalID)
	}
	t.StackTags = stackTags(in)
	takes, err := t.become(tx, h.clock, d, in.Now)
	if err != nil {
		return resource.Made{}, told(err, in.PhysicalID)
	}
	return made(t, takes), nil
}

// Delete begins to delete the table.
func (h *tables) Delete(tx *store.Tx, in resource.Input) (time.Duration, error) {
	t, ok := find(tx, in.Place(), in.PhysicalID, in.Now)
	if !ok {
		return 0, gone(in.PhysicalID)
	}
	takes, err := t.remove(tx, h.clock, in.Now)
	if err != nil {
		return 0, told(err, in.PhysicalID)
	}
	return takes, nil
}

// Read gives the table's properties. The stack's tags are not among them: drift does not look at those.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
func (h *tables) Read(tx *store.Tx, in resource.Input) (map[string]any, error) {
	t, ok := find(tx, in.Place(), in.PhysicalID, in.Now)
	if !ok || t.Deleting != nil {
		return nil, gone(in.PhysicalID)
	}
	text, err := json.Marshal(t.definition)
	if err != nil {
		return nil, resource.Errorf(resource.Internal, "reading the table %s: %v", t.TableName, err)
	}
	var properties map[string]any
	if err := json.Unmarshal(text, &properties); err != nil {
		return nil, resource.Errorf(resource.Internal, "reading the table %s: %v", t.TableName, err)
	}
	properties["DeletionProtectionEnabled"] = t.DeletionProtectionEnabled
	properties["BillingMode"] = t.billing()
	return properties, nil
}

func define(in resource.Input) (definition, error) {
	return resource.Decode[definition](in, tableTypeName)
}

func made(t *table, takes time.Duration) resource.Made {
	return resource.Made{PhysicalID: t.TableName, Attributes: map[string]any{"Arn": t.arn()}, Takes: takes}
}

// stackTags are those that the table has of its stack, beside its own. DynamoDB gets none of aws:cloudformation:*, as
// the type's schema says.
func stackTags(in resource.Input) []tag {
	all, names := resource.Retag(nil, nil, in, false)
	var tags []tag
	for _, name := range names {
		tags = append(tags, tag{name, all[name]})
	}
	return tags
}

// told is how CloudFormation's handler tells DynamoDB's refusal: without its first words, and without the SDK's last
// ones, as aws-amplify/amplify-category-api#1924 and pulumi/pulumi-aws-native#729 show it.
func told(err error, name string) error {
	e, ok := errors.AsType[*wire.Error](err)
	switch {
	case !ok:
		return err
	case strings.HasPrefix(e.Message, "Table already exists"): // the words are unverified for this type
		return resource.Errorf(resource.AlreadyExists, "Resource of type '%s' with identifier '%s' already exists.",
			tableTypeName, name)
	}
	refused := resource.Refused("DynamoDb", e)
	refused.Message = strings.TrimPrefix(e.Message, "One or more parameter values were invalid: ")
	return refused
}

func gone(name string) error {
	return resource.Errorf(resource.NotFound, "Resource of type '%s' with identifier '%s' was not found.",
		tableTypeName, name)
}
