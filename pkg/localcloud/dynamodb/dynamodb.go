// Package dynamodb is DynamoDB's control plane as far as the template and its readers need it: tables, their indexes
// and their states. There are no items yet.
//
// The words of a refusal that has no source beside it are written from memory, and so unverified.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB.html
package dynamodb

import (
	"context"
	"maps"
	"net/http"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// Config is what the service stands on.
type Config struct {
	Store *store.Store
	Clock clock.Clock
}

// Service is DynamoDB: a wire.Service, and the resource types that CloudFormation makes of it.
type Service struct {
	wire.JSON
	store *store.Store
	clock clock.Clock
}

// New is the service on a store.
func New(c Config) *Service {
	s := &Service{store: c.Store, clock: c.Clock}
	s.JSON = wire.JSON{Target: "DynamoDB_20120810", Version: "1.0", Operations: map[string]wire.JSONOperation{
		"CreateTable":               wire.In(s.createTable),
		"DeleteTable":               wire.In(s.deleteTable),
		"DescribeContinuousBackups": wire.In(s.describeContinuousBackups),
		"DescribeTable":             wire.In(s.describeTable),
		"DescribeTimeToLive":        wire.In(s.describeTimeToLive),
		"ListTables":                wire.In(s.listTables),
		"ListTagsOfResource":        wire.In(s.listTagsOfResource),
		"UpdateTable":               wire.In(s.updateTable),
	}}
	return s
}

// Types are the resource types of DynamoDB.
func (s *Service) Types() []resource.Type {
	return []resource.Type{tableType(&tables{s.clock})}
}

// Refuse writes the error. DynamoDB names two model namespaces in __type: its own for its exceptions, and that of AWS's
// framework for what the framework refuses.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
func (s *Service) Refuse(w http.ResponseWriter, c *wire.Call, e *wire.Error) {
	namespace := "com.amazonaws.dynamodb.v20120810#"
	switch e.Code {
	case "ValidationException", "UnknownOperationException", "SerializationException", "UnrecognizedClientException",
		"MissingAuthenticationTokenException":
		namespace = "com.amazon.coral.service#"
	}
	maps.Copy(w.Header(), e.Header)
	body := map[string]string{"__type": namespace + e.Code, "message": e.Message}
	_ = wire.WriteJSON(w, c, e.Status, "application/x-amz-json-1.0", body) // the client is told, or is gone
}

// within runs an operation in a transaction, with the moment at which it happens.
func (s *Service) within(ctx context.Context, do func(tx *store.Tx, now time.Time) error) error {
	return s.store.Update(ctx, func(tx *store.Tx) error { return do(tx, s.clock.Now()) })
}

// invalid is DynamoDB's refusal of an input.
func invalid(format string, args ...any) *wire.Error {
	return wire.Errorf(http.StatusBadRequest, "ValidationException", format, args...)
}

// wrong is how most of the refusals begin.
func wrong(format string, args ...any) *wire.Error {
	return invalid("One or more parameter values were invalid: "+format, args...)
}
