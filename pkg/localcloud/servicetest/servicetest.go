// Package servicetest is for tests of the local cloud's services, like net/http/httptest for those of handlers: nothing
// but tests may import it. It puts one service behind a router, and does with it what callers and CloudFormation do.
package servicetest

import (
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// Cloud is a local cloud of one service. The access key AKIDA is of the account 111111111111, AKIDB of 222222222222.
type Cloud struct {
	T     *testing.T
	Hand  *clock.Hand // noon of 2 January 2026, UTC, until it is turned
	Store *store.Store
	Types map[string]resource.Type // the service's, by the ends of their names: "Table"
	Tags  map[string]string        // of the stack that CloudFormation works for

	name   string // of the service, as a signature's scope says it
	router *wire.Router
}

// New is a cloud without its service, which Serve adds: it is made of the cloud's store and clock.
func New(t *testing.T) *Cloud {
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	return &Cloud{T: t, Hand: clock.NewHand(noon), Store: store.Memory(), Types: map[string]resource.Type{}}
}

// Service is a service with resource types.
type Service interface {
	wire.Service
	Types() []resource.Type
}

// Serve puts the service behind a router, by its name in a signature's scope ("dynamodb").
func (c *Cloud) Serve(name string, service Service) {
	for _, typ := range service.Types() {
		c.Types[typ.Name[strings.LastIndexByte(typ.Name, ':')+1:]] = typ
	}
	accounts := map[string]string{"AKIDA": "111111111111", "AKIDB": "222222222222"}
	c.name, c.router = name, &wire.Router{
		Services:  map[string]wire.Service{name: service},
		Now:       c.Hand.Now,
		AccountOf: func(key string) string { return accounts[key] },
		Secure:    func() bool { return true },
	}
}

// Within runs something in a transaction, which is undone if it fails.
func Within[T any](c *Cloud, do func(tx *store.Tx) (T, error)) (T, error) {
	c.T.Helper()
	var value T
	err := c.Store.Update(c.T.Context(), func(tx *store.Tx) error {
		var err error
		value, err = do(tx)
		return err
	})
	return value, err
}
