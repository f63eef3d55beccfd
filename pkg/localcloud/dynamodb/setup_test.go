package dynamodb_test

import (
	"errors"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/dynamodb"
	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/servicetest"
)

// cloud is DynamoDB.
type cloud struct{ servicetest.JSON }

func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := servicetest.New(t)
	c.Serve("dynamodb", dynamodb.New(dynamodb.Config{Store: c.Store, Clock: c.Hand}))
	c.Tags = map[string]string{"team": "blue", "aws:cloudformation:stack-name": "demo"}
	return &cloud{servicetest.JSON{Cloud: c, Target: "DynamoDB_20120810"}}
}

// table describes a table.
func (c *cloud) table(name string) map[string]any {
	c.T.Helper()
	return c.Do("DescribeTable", `{"TableName":"`+name+`"}`)["Table"].(map[string]any)
}

// indexes are the states of a table's global indexes by their names.
func (c *cloud) indexes(name string) map[string]string {
	c.T.Helper()
	states := map[string]string{}
	list, _ := c.table(name)["GlobalSecondaryIndexes"].([]any)
	for _, one := range list {
		index := one.(map[string]any)
		states[index["IndexName"].(string)] = index["IndexStatus"].(string)
	}
	return states
}

// is tells whether an error is a handler's, with a code and a message.
func is(err error, code, message string) bool {
	e, ok := errors.AsType[*resource.Error](err)
	return ok && e.Code == code && e.Message == message
}
