// Package sts is the local cloud's Security Token Service, as far as it says who is calling.
package sts

import (
	"context"
	"crypto/sha256"
	"encoding/base32"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// User is the name of the IAM user whom every access key of the local cloud belongs to. There is one in each account:
// the router knows accounts by their access keys, and no users.
const User = "plldb"

// Service is STS.
type Service struct{ wire.Query }

// New makes the service. AssumeRole and the other operations that hand out credentials are not modelled.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html
func New() *Service {
	return &Service{wire.Query{
		Version:   "2011-06-15",
		Namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
		Operations: map[string]wire.QueryOperation{
			"GetCallerIdentity": {Do: callerIdentity},
		},
	}}
}

type identity struct {
	Arn     string
	UserID  string `xml:"UserId"`
	Account string
}

// callerIdentity needs no permission, and no access to the state.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
func callerIdentity(_ context.Context, c *wire.Call, _ wire.Form) (any, error) {
	return identity{
		Arn:     "arn:" + c.Partition() + ":iam::" + c.Account + ":user/" + User,
		UserID:  userID(c.Account),
		Account: c.Account,
	}, nil
}

// userID is the unique id of the account's user: always the same, since nothing keeps it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
func userID(account string) string {
	sum := sha256.Sum256([]byte("user " + account))
	return "AIDA" + base32.StdEncoding.EncodeToString(sum[:])[:17]
}
