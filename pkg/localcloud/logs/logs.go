// Package logs is the local cloud's CloudWatch Logs, as far as log groups go. Nothing is logged into them: their
// streams and events are not modelled.
package logs

import (
	"context"

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

// Service is CloudWatch Logs.
type Service struct {
	wire.JSON
	config Config
}

// New makes the service. It knows the operations on log groups that are named here, and no others.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_Operations.html
func New(config Config) *Service {
	s := &Service{config: config}
	s.JSON = wire.JSON{
		Target:  "Logs_20140328",
		Version: "1.1",
		Operations: map[string]wire.JSONOperation{
			"CreateLogGroup":        wire.In(s.createLogGroup),
			"DeleteLogGroup":        wire.In(s.deleteLogGroup),
			"DeleteRetentionPolicy": wire.In(s.deleteRetentionPolicy),
			"DescribeLogGroups":     wire.In(s.describeLogGroups),
			"ListTagsForResource":   wire.In(s.listTagsForResource),
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
