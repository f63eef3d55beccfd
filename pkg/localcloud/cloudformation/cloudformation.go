// Package cloudformation is the local cloud's CloudFormation: its API, and the engine that deploys stacks.
//
// The engine is a simulation by events that lives in the store. What goes on with a stack is an operation: a list of
// jobs, one a resource, each with the moment at which it is done. Settle carries out what is due, in the order of the
// moments, so nothing runs in between, and a process that is killed has lost nothing.
package cloudformation

import (
	"context"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// Config is what the service works with.
type Config struct {
	Store   *store.Store
	Clock   clock.Clock
	Types   map[string]resource.Type // by name: "AWS::DynamoDB::Table"
	Objects resource.Objects         // where templates are read from
	Faults  Faults                   // may be nil
}

// Faults are what goes wrong with resources. Actions are "CREATE", "UPDATE", "DELETE" and, when drift is looked for,
// "READ", which fails or does not.
type Faults interface {
	// Begin is asked when work on a resource begins: a reason to fail with, "" for none; whether it stalls; how much
	// longer it takes.
	Begin(logicalID, action string) (fail string, stalls bool, slow time.Duration)
	// Stalls tells whether work that stalled still does.
	Stalls(logicalID, action string) bool
}

// Service is CloudFormation. It is a wire.Service.
type Service struct {
	wire.Query
	config    Config
	templates parsed
	next      *store.Memo[coming]
}

// New makes the service.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/Welcome.html
func New(config Config) *Service {
	if config.Faults == nil {
		config.Faults = noFaults{}
	}
	s := &Service{config: config, next: store.NewMemo[coming](config.Store)}
	s.Query = wire.Query{
		Version:    "2010-05-15",
		Namespace:  "http://cloudformation.amazonaws.com/doc/2010-05-15/",
		Operations: map[string]wire.QueryOperation{},
	}
	s.offer(s.stackOperations())
	s.offer(s.repairOperations())
	s.offer(s.changeSetOperations())
	s.offer(s.readOperations())
	s.offer(s.templateOperations())
	s.offer(s.driftOperations())
	return s
}

// operations are a part of the API, by name.
type operations map[string]operationOf

// operationOf is one operation: what it does, and the parameters that it knows.
type operationOf struct {
	do     func(w *work, c *wire.Call, in wire.Form) (any, error)
	params []string
}

func (s *Service) offer(part operations) {
	for name, op := range part {
		s.Operations[name] = wire.QueryOperation{
			Params: op.params,
			Do: func(ctx context.Context, c *wire.Call, in wire.Form) (out any, err error) {
				err = s.work(ctx, func(w *work) error {
					out, err = op.do(w, c, in)
					return err
				})
				return out, err
			},
		}
	}
}

type noFaults struct{}

func (noFaults) Begin(string, string) (string, bool, time.Duration) { return "", false, 0 }
func (noFaults) Stalls(string, string) bool                         { return false }
