package dynamodb

import (
	"time"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

func newID() string { return wire.NewID() }

// epoch is how AWS JSON writes a time: seconds since 1970.
// https://smithy.io/2.0/spec/protocol-traits.html#timestampformat-trait
func epoch(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func (t *table) billing() string {
	if t.BillingMode == "" {
		return "PROVISIONED"
	}
	return t.BillingMode
}

// describe is the table as DynamoDB tells it. There are no items yet, so counts and sizes are 0.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
func (t *table) describe(now time.Time) map[string]any {
	d := map[string]any{
		"AttributeDefinitions":      t.AttributeDefinitions,
		"TableName":                 t.TableName,
		"KeySchema":                 t.KeySchema,
		"TableStatus":               t.status(now),
		"CreationDateTime":          epoch(t.Created),
		"ProvisionedThroughput":     described(t.ProvisionedThroughput),
		"TableSizeBytes":            0,
		"ItemCount":                 0,
		"TableArn":                  t.arn(),
		"TableId":                   t.ID,
		"DeletionProtectionEnabled": t.DeletionProtectionEnabled,
	}
	if t.OnDemandSince != nil {
		d["BillingModeSummary"] = map[string]any{
			"BillingMode": t.billing(), "LastUpdateToPayPerRequestDateTime": epoch(*t.OnDemandSince),
		}
	}
	var local []any
	for _, index := range t.LocalSecondaryIndexes {
		local = append(local, t.describeIndex(index.IndexName, index.KeySchema, index.Projection))
	}
	if local != nil {
		d["LocalSecondaryIndexes"] = local
	}
	if global := t.describeGlobal(now); global != nil {
		d["GlobalSecondaryIndexes"] = global
	}
	return d
}

func (t *table) describeGlobal(now time.Time) []any {
	var global []any
	describe := func(index definedGSI, status string) {
		g := t.describeIndex(index.IndexName, index.KeySchema, index.Projection)
		g["IndexStatus"], g["ProvisionedThroughput"] = status, described(index.ProvisionedThroughput)
		global = append(global, g)
	}
	for _, index := range t.GlobalSecondaryIndexes {
		describe(index, t.indexStatus(index.IndexName, now))
	}
	for _, index := range t.IndexGone {
		describe(index, "DELETING")
	}
	return global
}

func (t *table) describeIndex(name string, keys []key, p *projected) map[string]any {
	return map[string]any{
		"IndexName": name, "KeySchema": keys, "Projection": p,
		"IndexSizeBytes": 0, "ItemCount": 0, "IndexArn": t.arn() + "/index/" + name,
	}
}

// described is the throughput: 0 of a table that is paid by the request.
func described(c *capacity) map[string]any {
	if c == nil {
		c = &capacity{}
	}
	return map[string]any{
		"NumberOfDecreasesToday": 0, "ReadCapacityUnits": c.ReadCapacityUnits, "WriteCapacityUnits": c.WriteCapacityUnits,
	}
}
