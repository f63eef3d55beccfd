package dynamodb_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/dynamodb"
	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// cloud is the service behind a router, on a clock that stands still.
type cloud struct {
	t      *testing.T
	hand   *clock.Hand
	store  *store.Store
	typ    resource.Type
	router *wire.Router
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	hand, s := clock.NewHand(noon), store.Memory()
	service := dynamodb.New(dynamodb.Config{Store: s, Clock: hand})
	accounts := map[string]string{"AKIDA": "111111111111", "AKIDB": "222222222222"}
	return &cloud{t: t, hand: hand, store: s, typ: service.Types()[0], router: &wire.Router{
		Services:  map[string]wire.Service{"dynamodb": service},
		Now:       hand.Now,
		AccountOf: func(key string) string { return accounts[key] },
		Secure:    func() bool { return true },
	}}
}

// send calls an operation as the owner of an access key ("" for nobody), and gives the answer's status and body.
func (c *cloud) send(key, region, operation, body string) (int, map[string]any) {
	c.t.Helper()
	request := httptest.NewRequestWithContext(c.t.Context(), http.MethodPost, "/", strings.NewReader(body))
	request.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	if key != "" {
		request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+key+"/20260102/"+region+"/dynamodb/aws4_request")
	}
	w := httptest.NewRecorder()
	c.router.ServeHTTP(w, request)
	var answer map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		c.t.Fatalf("%s: %d %s: %v", operation, w.Code, w.Body, err)
	}
	return w.Code, answer
}

// do calls an operation that must succeed.
func (c *cloud) do(operation, body string) map[string]any {
	c.t.Helper()
	status, answer := c.send("AKIDA", "eu-west-1", operation, body)
	if status != http.StatusOK {
		c.t.Fatalf("%s %s: %d %v", operation, body, status, answer)
	}
	return answer
}

// refused calls an operation that must fail, and gives "Code: message".
func (c *cloud) refused(operation, body string) string {
	c.t.Helper()
	status, answer := c.send("AKIDA", "eu-west-1", operation, body)
	if status != http.StatusBadRequest {
		c.t.Fatalf("%s %s: %d %v", operation, body, status, answer)
	}
	kind, _ := answer["__type"].(string)
	message, _ := answer["message"].(string)
	return kind[strings.LastIndexByte(kind, '#')+1:] + ": " + message
}

// table describes a table.
func (c *cloud) table(name string) map[string]any {
	c.t.Helper()
	return c.do("DescribeTable", `{"TableName":"`+name+`"}`)["Table"].(map[string]any)
}

// indexes are the states of a table's global indexes by their names.
func (c *cloud) indexes(name string) map[string]string {
	c.t.Helper()
	states := map[string]string{}
	list, _ := c.table(name)["GlobalSecondaryIndexes"].([]any)
	for _, one := range list {
		index := one.(map[string]any)
		states[index["IndexName"].(string)] = index["IndexStatus"].(string)
	}
	return states
}

// input is what CloudFormation would give a handler.
func (c *cloud) input(physical string, properties map[string]any) resource.Input {
	return resource.Input{
		Account: "111111111111", Region: "eu-west-1", Partition: "aws", StackID: "arn:stack", StackName: "demo",
		LogicalID: "Sessions", PhysicalID: physical, Properties: properties, Now: c.hand.Now(),
		Tags: map[string]string{"team": "blue", "aws:cloudformation:stack-name": "demo"},
	}
}

// within runs something of a handler in a transaction, which is undone if it fails.
func within[T any](c *cloud, do func(tx *store.Tx) (T, error)) (T, error) {
	c.t.Helper()
	var value T
	err := c.store.Update(c.t.Context(), func(tx *store.Tx) error {
		var err error
		value, err = do(tx)
		return err
	})
	return value, err
}

func (c *cloud) create(properties map[string]any) (resource.Made, error) {
	c.t.Helper()
	return within(c, func(tx *store.Tx) (resource.Made, error) {
		return c.typ.Handler.Create(tx, c.input("", properties))
	})
}

func (c *cloud) update(name string, properties map[string]any) (resource.Made, error) {
	c.t.Helper()
	return within(c, func(tx *store.Tx) (resource.Made, error) {
		return c.typ.Handler.Update(tx, c.input(name, properties))
	})
}

func (c *cloud) remove(name string) (time.Duration, error) {
	c.t.Helper()
	return within(c, func(tx *store.Tx) (time.Duration, error) { return c.typ.Handler.Delete(tx, c.input(name, nil)) })
}

func (c *cloud) read(name string) (map[string]any, error) {
	c.t.Helper()
	return within(c, func(tx *store.Tx) (map[string]any, error) { return c.typ.Handler.Read(tx, c.input(name, nil)) })
}

// is tells whether an error is a handler's, with a code and a message.
func is(err error, code, message string) bool {
	e, ok := errors.AsType[*resource.Error](err)
	return ok && e.Code == code && e.Message == message
}

// parse reads properties written as JSON.
func parse(t *testing.T, text string) map[string]any {
	t.Helper()
	var properties map[string]any
	if err := json.Unmarshal([]byte(text), &properties); err != nil {
		t.Fatal(err)
	}
	return properties
}
