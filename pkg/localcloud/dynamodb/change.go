package dynamodb

import (
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// How long work takes on AWS. Only the order of magnitude is known: hashicorp/terraform-provider-aws#3194 shows tables
// made, tagged and deleted within 53 s in all, and tests that add an index take 7 minutes. The figures are unverified.
const (
	createTakes      = 12 * time.Second
	updateTakes      = 8 * time.Second // of the table's own settings
	tagsTake         = time.Second
	deleteTakes      = 8 * time.Second
	indexCreateTakes = 5 * time.Minute
	indexDeleteTakes = time.Minute
)

// create makes a table that is ACTIVE after createTakes.
func create(tx *store.Tx, c clock.Clock, at wire.Place, d definition, now time.Time) (*table, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	if _, ok := find(tx, at, d.TableName, now); ok {
		return nil, inUse("Table already exists: %s", d.TableName)
	}
	t := &table{
		definition: d, Place: at, ID: newID(), Created: now, Creating: c.Due(now, createTakes),
	}
	if d.onDemand() {
		t.OnDemandSince = &now
	}
	t.put(tx)
	return t, nil
}

// remove begins to delete a table. One that is still busy is deleted after that, as CloudFormation waits to do. For one
// that is being deleted this is no error, and changes nothing.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteTable.html
func (t *table) remove(tx *store.Tx, c clock.Clock, now time.Time) (time.Duration, error) {
	switch {
	case t.Deleting != nil:
		return deleteTakes, nil
	case t.DeletionProtectionEnabled:
		return 0, invalid("Resource cannot be deleted as it is currently protected against deletion. " +
			"Disable deletion protection first.")
	}
	takes := deleteTakes
	if t.status(now) != "ACTIVE" {
		takes += createTakes
	}
	until := c.Due(now, takes)
	t.Deleting = &until
	t.put(tx)
	return takes, nil
}

// busy refuses to change a table that is not ACTIVE.
func (t *table) busy(now time.Time) error {
	doing := map[string]string{"CREATING": "created", "UPDATING": "updated", "DELETING": "deleted"}[t.status(now)]
	if doing == "" {
		return nil
	}
	return inUse("Attempt to change a resource which is still in use: Table is being %s: %s", doing, t.TableName)
}

// become makes the table what d describes, which has been checked, and says how long that takes.
func (t *table) become(tx *store.Tx, c clock.Clock, d definition, now time.Time) (time.Duration, error) {
	if err := t.keeps(d); err != nil {
		return 0, err
	}
	made, gone := t.indexChanges(d)
	if len(made)+len(gone) > 1 { // aws/aws-cdk#14920; the index's own page says that both at once fail
		return 0, resource.Errorf(resource.InvalidRequest,
			"Cannot perform more than one GSI creation or deletion in a single update")
	}
	takes := t.takes(d, len(made), len(gone))
	until := c.Due(now, takes)
	for _, index := range made {
		t.IndexCreating = with(t.IndexCreating, index.IndexName, until)
	}
	for _, index := range gone {
		t.IndexDeleting = with(t.IndexDeleting, index.IndexName, until)
		t.IndexGone = append(t.IndexGone, index)
	}
	if takes > tagsTake {
		t.Updating = until
	}
	if d.onDemand() && !t.onDemand() {
		t.OnDemandSince = &now
	}
	t.definition = d
	t.put(tx)
	return takes, nil
}

// keeps tells a change that can only be made with a new table.
func (t *table) keeps(d definition) error {
	local := reflect.DeepEqual(t.LocalSecondaryIndexes, d.LocalSecondaryIndexes)
	if !local || !reflect.DeepEqual(t.KeySchema, d.KeySchema) {
		return resource.Errorf(resource.NotUpdatable,
			"the keys and local indexes of the table %s cannot be changed", t.TableName)
	}
	for _, a := range t.AttributeDefinitions {
		for _, other := range d.AttributeDefinitions {
			if a.AttributeName == other.AttributeName && a.AttributeType != other.AttributeType {
				return resource.Errorf(resource.NotUpdatable,
					"the type of the attribute %s of the table %s cannot be changed", a.AttributeName, t.TableName)
			}
		}
	}
	return nil
}

// indexChanges are the global indexes that d has and t has not, and the reverse. One whose keys or projection changed
// is both: see GlobalSecondaryIndexes in
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
func (t *table) indexChanges(d definition) (made, gone []definedGSI) {
	return without(d.GlobalSecondaryIndexes, t.GlobalSecondaryIndexes),
		without(t.GlobalSecondaryIndexes, d.GlobalSecondaryIndexes)
}

func without(some, others []definedGSI) []definedGSI {
	var left []definedGSI
	for _, index := range some {
		same := func(other definedGSI) bool {
			other.ProvisionedThroughput = index.ProvisionedThroughput
			return reflect.DeepEqual(index, other)
		}
		if !slices.ContainsFunc(others, same) {
			left = append(left, index)
		}
	}
	return left
}

func (t *table) takes(d definition, made, gone int) time.Duration {
	before := t.definition
	before.Tags, before.AttributeDefinitions = d.Tags, d.AttributeDefinitions
	switch {
	case made > 0:
		return indexCreateTakes
	case gone > 0:
		return indexDeleteTakes
	case reflect.DeepEqual(before, d):
		return tagsTake
	}
	return updateTakes
}

func with(m map[string]time.Time, name string, until time.Time) map[string]time.Time {
	m = maps.Clone(m)
	if m == nil {
		m = map[string]time.Time{}
	}
	m[name] = until
	return m
}
