package dynamodb

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// definition is a table as CreateTable and a template describe it: the names are the same.
type definition struct {
	TableName                 string
	AttributeDefinitions      []attribute
	KeySchema                 []key
	BillingMode               string       `json:",omitempty"`
	ProvisionedThroughput     *capacity    `json:",omitempty"`
	GlobalSecondaryIndexes    []definedGSI `json:",omitempty"`
	LocalSecondaryIndexes     []definedLSI `json:",omitempty"`
	DeletionProtectionEnabled bool         `json:",omitempty"`
	Tags                      []tag        `json:",omitempty"`
}

type (
	attribute struct{ AttributeName, AttributeType string }
	key       struct{ AttributeName, KeyType string }
	tag       struct{ Key, Value string }
	capacity  struct{ ReadCapacityUnits, WriteCapacityUnits int }

	projected struct {
		ProjectionType   string
		NonKeyAttributes []string `json:",omitempty"`
	}
	definedLSI struct {
		IndexName  string
		KeySchema  []key
		Projection *projected
	}
	definedGSI struct {
		IndexName             string
		KeySchema             []key
		Projection            *projected
		ProvisionedThroughput *capacity `json:",omitempty"`
	}
)

// table is the state of one: what it is, and the moments at which its states end. A state whose moment has come is
// over.
type table struct {
	definition
	wire.Place
	ID            string
	Created       time.Time
	OnDemandSince *time.Time           // the moment it became PAY_PER_REQUEST
	Creating      time.Time            // until then
	Updating      time.Time            // until then
	Deleting      *time.Time           // until then; nil if nobody deletes it
	IndexCreating map[string]time.Time // by name: until then
	IndexDeleting map[string]time.Time // by name: until then
	IndexGone     []definedGSI         // what IndexDeleting names
	StackTags     []tag                // of its stack, not of the template's table
}

const tablesTable = "dynamodb.tables"

func (t *table) key() string { return t.At(t.TableName) }

func (t *table) arn() string { return t.ARN("dynamodb", "table/"+t.TableName) }

func (t *table) put(tx *store.Tx) { store.Put(tx, tablesTable, t.key(), *t) }

// find gives a table. One that has been deleted is not there any more.
func find(tx *store.Tx, at wire.Place, name string, now time.Time) (*table, bool) {
	t, ok := store.Get[table](tx, tablesTable, at.At(name))
	if !ok {
		return nil, false
	}
	if t.Deleting != nil && !t.Deleting.After(now) {
		store.Delete(tx, tablesTable, t.key())
		return nil, false
	}
	t.settle(now)
	return &t, true
}

// settle forgets the indexes that are gone.
func (t *table) settle(now time.Time) {
	over := func(g definedGSI) bool { return !t.IndexDeleting[g.IndexName].After(now) }
	t.IndexGone = slices.DeleteFunc(t.IndexGone, over)
}

// status is the table's state.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
func (t *table) status(now time.Time) string {
	switch {
	case t.Deleting != nil:
		return "DELETING"
	case t.Creating.After(now):
		return "CREATING"
	case t.Updating.After(now):
		return "UPDATING"
	}
	return "ACTIVE"
}

// indexStatus is the state of one of the table's global indexes; those of a new table are made with it.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GlobalSecondaryIndexDescription.html
func (t *table) indexStatus(name string, now time.Time) string {
	switch {
	case t.Deleting != nil:
		return "DELETING"
	case t.Creating.After(now), t.IndexCreating[name].After(now):
		return "CREATING"
	}
	return "ACTIVE"
}

// named is the table's name in an input, where its ARN may stand instead.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html
func named(c *wire.Call, text string) (string, error) {
	if text == "" {
		return "", invalid("1 validation error detected: Value null at 'tableName' failed to satisfy constraint: " +
			"Member must not be null")
	}
	if !strings.HasPrefix(text, "arn:") {
		return text, checkName("tableName", text)
	}
	name, ours := strings.CutPrefix(text, c.ARN("dynamodb", "table/"))
	if !ours {
		return "", wire.Unmodelled("ValidationException", "tables of another account or region: %s", text)
	}
	return name, nil
}

func missing(name string) *wire.Error {
	return wire.Errorf(http.StatusBadRequest, "ResourceNotFoundException",
		"Requested resource not found: Table: %s not found", name)
}

func inUse(format string, args ...any) *wire.Error {
	return wire.Errorf(http.StatusBadRequest, "ResourceInUseException", format, args...)
}
