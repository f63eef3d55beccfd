// Package logs is the local cloud's CloudWatch Logs: log groups, their streams and events, and who reads them.
package logs

import (
	"context"
	"net/http"

	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// Config is what the service stands on.
type Config struct {
	Store *store.Store
	Clock clock.Clock
	// Life is the context of what is written between calls. It outlives them all, and Close. Only Log needs it.
	Life context.Context
}

// Service is CloudWatch Logs.
type Service struct {
	wire.JSON
	config Config
	buffer buffer
}

// New makes the service. It knows the operations that are named here, and no others. Close it in the end, if functions
// log.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_Operations.html
func New(config Config) *Service {
	s := &Service{config: config, buffer: buffer{turn: make(chan struct{}, 1)}}
	s.JSON = wire.JSON{
		Target:  "Logs_20140328",
		Version: "1.1",
		Operations: map[string]wire.JSONOperation{
			"CreateLogGroup":        wire.In(s.createLogGroup),
			"DeleteLogGroup":        wire.In(s.deleteLogGroup),
			"CreateLogStream":       wire.In(s.createLogStream),
			"DeleteLogStream":       wire.In(s.deleteLogStream),
			"DeleteRetentionPolicy": wire.In(s.deleteRetentionPolicy),
			"DescribeLogGroups":     wire.In(s.describeLogGroups),
			"DescribeLogStreams":    wire.In(s.describeLogStreams),
			"FilterLogEvents":       wire.In(s.filterLogEvents),
			"GetLogEvents":          wire.In(s.getLogEvents),
			"ListTagsForResource":   wire.In(s.listTagsForResource),
			"PutLogEvents":          wire.In(s.putLogEvents),
			"PutRetentionPolicy":    wire.In(s.putRetentionPolicy),
		},
	}
	return s
}

// Types are the resource types that the service offers to CloudFormation.
func (s *Service) Types() []resource.Type { return []resource.Type{logGroupType()} }

// nothing is the answer of an operation without one. AWS sends no body at all; clients take both.
type nothing struct{}

// change runs a call that writes and answers nothing.
func (s *Service) change(ctx context.Context, work func(*store.Tx) error) (any, error) {
	if err := s.config.Store.Update(ctx, work); err != nil {
		return nil, err
	}
	return nothing{}, nil
}

// changeEvents is change, for what must not be overtaken by what was logged before.
func (s *Service) changeEvents(ctx context.Context, work func(*store.Tx) error) (any, error) {
	if err := s.flush(ctx); err != nil {
		return nil, err
	}
	return s.change(ctx, work)
}

// read runs a call that sees all that was logged before it.
func (s *Service) read(ctx context.Context, work func(*store.Tx) error) error {
	if err := s.flush(ctx); err != nil {
		return err
	}
	return s.config.Store.Update(ctx, work)
}

// largest is how long a body may be, in bytes: a batch of PutLogEvents, whose limit counts texts and not their JSON.
const largest = 8 << 20

// Bound is how long the body of a call may be.
func (s *Service) Bound(*wire.Call) (int, *wire.Error) {
	return largest, wire.Errorf(http.StatusBadRequest, "InvalidParameterException",
		"Upload too large: it exceeds %d bytes", largest)
}
