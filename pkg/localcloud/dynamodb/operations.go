package dynamodb

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

type (
	nameInput struct{ TableName string }
	listInput struct {
		ExclusiveStartTableName string
		Limit                   *int
	}
	tagsInput struct{ ResourceArn, NextToken string }
	listed    struct {
		TableNames             []string
		LastEvaluatedTableName string `json:",omitempty"`
	}
	updateInput struct {
		TableName                 string
		BillingMode               string
		ProvisionedThroughput     *capacity
		DeletionProtectionEnabled *bool
	}
)

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
func (s *Service) createTable(ctx context.Context, c *wire.Call, in definition) (any, error) {
	var answer map[string]any
	err := s.within(ctx, func(tx *store.Tx, now time.Time) error {
		t, err := create(tx, s.clock, c.Place(), in, now)
		if err != nil {
			return err
		}
		answer = map[string]any{"TableDescription": t.describe(now)}
		return nil
	})
	return answer, err
}

// deleteTable begins to delete a table. For one that is being deleted that is no error.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteTable.html
func (s *Service) deleteTable(ctx context.Context, c *wire.Call, in nameInput) (any, error) {
	return s.on(ctx, c, in.TableName, func(tx *store.Tx, t *table, now time.Time) (any, error) {
		if t.Deleting == nil {
			if err := t.busy(now); err != nil {
				return nil, err
			}
		}
		if _, err := t.remove(tx, s.clock, now); err != nil {
			return nil, err
		}
		return map[string]any{"TableDescription": t.describe(now)}, nil
	})
}

// updateTable changes the billing, the throughput and the protection; indexes only through CloudFormation.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
func (s *Service) updateTable(ctx context.Context, c *wire.Call, in updateInput) (any, error) {
	if in.BillingMode == "" && in.ProvisionedThroughput == nil && in.DeletionProtectionEnabled == nil {
		return nil, nothingToUpdate()
	}
	return s.on(ctx, c, in.TableName, func(tx *store.Tx, t *table, now time.Time) (any, error) {
		if err := t.busy(now); err != nil {
			return nil, err
		}
		d := in.over(t.definition)
		if err := d.check(); err != nil {
			return nil, err
		}
		if err := t.otherThroughput(in.ProvisionedThroughput); err != nil {
			return nil, err
		}
		if _, err := t.become(tx, s.clock, d, now); err != nil {
			return nil, err
		}
		return map[string]any{"TableDescription": t.describe(now)}, nil
	})
}

// over is a table's definition with what UpdateTable says of it.
func (in updateInput) over(d definition) definition {
	if in.BillingMode != "" {
		d.BillingMode, d.ProvisionedThroughput = in.BillingMode, nil
	}
	if in.ProvisionedThroughput != nil {
		d.ProvisionedThroughput = in.ProvisionedThroughput
	}
	if in.DeletionProtectionEnabled != nil {
		d.DeletionProtectionEnabled = *in.DeletionProtectionEnabled
	}
	return d
}

// nothingToUpdate is the answer to an UpdateTable that changes nothing, whether or not there is the table: finding
// DDB-TABLE-015 of ack-api-quirks, measured. architect/dynalite's tests have it too, with fewer parameters.
func nothingToUpdate() error {
	return invalid("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, " +
		"GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, " +
		"MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required")
}

// otherThroughput refuses a throughput that the table has already. The words are quoted in cortexproject/cortex#441.
func (t *table) otherThroughput(wanted *capacity) error {
	now := t.ProvisionedThroughput
	if wanted == nil || now == nil || *wanted != *now {
		return nil
	}
	return invalid("The provisioned throughput for the table will not change. "+
		"The requested value equals the current value. "+
		"Current ReadCapacityUnits provisioned for the table: %d. Requested ReadCapacityUnits: %d. "+
		"Current WriteCapacityUnits provisioned for the table: %d. Requested WriteCapacityUnits: %d. "+
		"Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
		now.ReadCapacityUnits, wanted.ReadCapacityUnits, now.WriteCapacityUnits, wanted.WriteCapacityUnits)
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html
func (s *Service) describeTable(ctx context.Context, c *wire.Call, in nameInput) (any, error) {
	return s.on(ctx, c, in.TableName, func(_ *store.Tx, t *table, now time.Time) (any, error) {
		return map[string]any{"Table": t.describe(now)}, nil
	})
}

// describeTimeToLive tells that items do not expire: a table that says otherwise is refused.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTimeToLive.html
func (s *Service) describeTimeToLive(ctx context.Context, c *wire.Call, in nameInput) (any, error) {
	return s.on(ctx, c, in.TableName, func(*store.Tx, *table, time.Time) (any, error) {
		return map[string]any{"TimeToLiveDescription": map[string]any{"TimeToLiveStatus": "DISABLED"}}, nil
	})
}

// describeContinuousBackups tells what every table has: backups are on, point-in-time recovery is off.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeContinuousBackups.html
func (s *Service) describeContinuousBackups(ctx context.Context, c *wire.Call, in nameInput) (any, error) {
	answer, err := s.on(ctx, c, in.TableName, func(*store.Tx, *table, time.Time) (any, error) {
		return map[string]any{"ContinuousBackupsDescription": map[string]any{
			"ContinuousBackupsStatus":        "ENABLED",
			"PointInTimeRecoveryDescription": map[string]any{"PointInTimeRecoveryStatus": "DISABLED"},
		}}, nil
	})
	if e, ok := errors.AsType[*wire.Error](err); ok && e.Code == "ResourceNotFoundException" {
		return nil, wire.Errorf(e.Status, "TableNotFoundException", "Table not found: %s", in.TableName)
	}
	return answer, err
}

// on finds the table that an input names, and answers with what do makes of it.
func (s *Service) on(ctx context.Context, c *wire.Call, text string,
	do func(tx *store.Tx, t *table, now time.Time) (any, error),
) (any, error) {
	name, err := named(c, text)
	if err != nil {
		return nil, err
	}
	var answer any
	err = s.within(ctx, func(tx *store.Tx, now time.Time) error {
		t, ok := find(tx, c.Place(), name, now)
		if !ok {
			return missing(name)
		}
		var err error
		answer, err = do(tx, t, now)
		return err
	})
	return answer, err
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTables.html
func (s *Service) listTables(ctx context.Context, c *wire.Call, in listInput) (any, error) {
	limit := 100
	if in.Limit != nil {
		limit = *in.Limit
	}
	if limit < 1 || limit > 100 {
		return nil, invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: "+
			"Member must have value between 1 and 100", limit)
	}
	answer := listed{TableNames: []string{}}
	err := s.within(ctx, func(tx *store.Tx, now time.Time) error {
		store.Each(tx, tablesTable, c.Place().At(""), func(key string, _ table) bool {
			name := key[strings.LastIndexByte(key, '/')+1:]
			if _, there := find(tx, c.Place(), name, now); !there || name <= in.ExclusiveStartTableName {
				return true
			}
			if len(answer.TableNames) == limit {
				answer.LastEvaluatedTableName = answer.TableNames[limit-1]
				return false
			}
			answer.TableNames = append(answer.TableNames, name)
			return true
		})
		return nil
	})
	return answer, err
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTagsOfResource.html
func (s *Service) listTagsOfResource(ctx context.Context, c *wire.Call, in tagsInput) (any, error) {
	if !strings.HasPrefix(in.ResourceArn, "arn:") {
		return nil, invalid("Invalid TableArn: Invalid ResourceArn provided as input %s", in.ResourceArn)
	}
	answer, err := s.on(ctx, c, in.ResourceArn, func(_ *store.Tx, t *table, _ time.Time) (any, error) {
		return map[string]any{"Tags": slices.Concat([]tag{}, t.StackTags, t.Tags)}, nil
	})
	if e, ok := errors.AsType[*wire.Error](err); ok && e.Code == "ResourceNotFoundException" {
		return nil, wire.Errorf(e.Status, e.Code, "Requested resource not found: ResourcArn: %s not found", in.ResourceArn)
	}
	return answer, err
}
