package servicetest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/store"
)

// Handle runs a method of a type's handler (resource.Handler.Update) as CloudFormation does for the stack demo, in which
// the resource is called like its type. What an input says of its stack is filled in; its tags are the cloud's if it has
// none.
func Handle[T any](
	c *Cloud, kind string, in resource.Input, method func(resource.Handler, *store.Tx, resource.Input) (T, error),
) (T, error) {
	c.T.Helper()
	in.Account, in.Region, in.Partition = "111111111111", "eu-west-1", "aws"
	in.StackID, in.StackName, in.LogicalID, in.Now = "arn:stack", "demo", kind, c.Hand.Now()
	if in.Tags == nil {
		in.Tags = c.Tags
	}
	return Within(c, func(tx *store.Tx) (T, error) { return method(c.Types[kind].Handler, tx, in) })
}

// Create makes a resource of a type.
func (c *Cloud) Create(kind string, properties map[string]any) (resource.Made, error) {
	c.T.Helper()
	return Handle(c, kind, resource.Input{Properties: properties}, resource.Handler.Create)
}

// Make makes a resource that nothing speaks against.
func (c *Cloud) Make(kind string, properties map[string]any) resource.Made {
	c.T.Helper()
	made, err := c.Create(kind, properties)
	if err != nil {
		c.T.Fatalf("%s %v: %v", kind, properties, err)
	}
	return made
}

// Update changes a resource.
func (c *Cloud) Update(kind, id string, properties map[string]any) (resource.Made, error) {
	c.T.Helper()
	return Handle(c, kind, resource.Input{PhysicalID: id, Properties: properties}, resource.Handler.Update)
}

// Delete removes a resource.
func (c *Cloud) Delete(kind, id string) (time.Duration, error) {
	c.T.Helper()
	return Handle(c, kind, resource.Input{PhysicalID: id}, resource.Handler.Delete)
}

// Read gives the properties that a resource has.
func (c *Cloud) Read(kind, id string) (map[string]any, error) {
	c.T.Helper()
	return Handle(c, kind, resource.Input{PhysicalID: id}, resource.Handler.Read)
}

// Parse reads properties written as JSON.
func Parse(t *testing.T, text string) map[string]any {
	t.Helper()
	var properties map[string]any
	if err := json.Unmarshal([]byte(text), &properties); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return properties
}
