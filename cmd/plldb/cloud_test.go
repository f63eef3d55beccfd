package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

const (
	accountID    = "123456789012"
	otherAccount = "210987654321"
	region       = "eu-west-1"

	testsKey = "AKIDTESTS" // of the account, for what the tests do themselves
	otherKey = "AKIDOTHER" // of the other account
)

// cloud is the AWS of one script: the local cloud behind HTTP, where everything is done at once. What it is asked for
// is written down when it is asked, answered or not, but for what the tests do themselves.
type cloud struct {
	*localcloud.Cloud
	url string

	mu     sync.Mutex
	asked  []string // every operation, in order
	since  int      // how many there were when the scenario last changed
	calls  []func() // lift what goes wrong with calls
	things []func() // lift what goes wrong with resources
	goesOn bool     // the resources' faults are lifted once the events were looked at
}

// openCloud is an empty account.
func openCloud(ts *testscript.TestScript) *cloud {
	accounts := map[string]string{otherKey: otherAccount}
	for _, key := range []string{"AKIDEXAMPLE", "AKIDBASE", "ASIAEXAMPLE", testsKey} {
		accounts[key] = accountID
	}
	c := &cloud{}
	local, err := localcloud.Open(context.Background(), localcloud.Options{Clock: clock.Real(clock.Top), Accounts: accounts, Told: c.told})
	ts.Check(err)
	c.Cloud = local
	local.Faults().Call(localcloud.Fault{Match: func(in *wire.Call) bool {
		if fromScript(in) {
			c.note(in.Operation)
		}
		return false
	}})
	local.Faults().Call(localcloud.Fault{
		Service: "s3", Match: unowned,
		Refuse: wire.Errorf(http.StatusForbidden, "AccessDenied", "it is not said whose the bucket is"),
	})
	server := httptest.NewServer(c)
	c.url = server.URL
	ts.Defer(func() {
		ts.Check(local.Close()) // what stalls ends now
		server.Close()
	})
	return c
}

// ServeHTTP is the local cloud's, but for one answer that it does not model: credentials of a role.
func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.Contains(r.Header.Get("Authorization"), "/sts/") {
		c.Cloud.ServeHTTP(w, r)
		return
	}
	body, _ := io.ReadAll(r.Body) // what is missing is not understood
	if strings.Contains(string(body), "Action=AssumeRole&") {
		c.note("AssumeRole")
		assumeRole(w, string(body))
		return
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	c.Cloud.ServeHTTP(w, r)
}

// assumeRole answers as STS does for a role that wants a code, which is 123456.
func assumeRole(w http.ResponseWriter, form string) {
	answer := "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId>" +
		"<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration>" +
		"</Credentials></AssumeRoleResult></AssumeRoleResponse>"
	if !strings.Contains(form, "TokenCode=123456&") {
		w.WriteHeader(http.StatusForbidden)
		answer = "<ErrorResponse><Error><Code>AccessDenied</Code>" +
			"<Message>MultiFactorAuthentication failed with invalid MFA one time pass code. </Message></Error></ErrorResponse>"
	}
	_, _ = io.WriteString(w, answer)
}

// fromScript tells whether a call is the binary's, and not the tests' own.
func fromScript(in *wire.Call) bool { return in.AccessKey != testsKey && in.AccessKey != otherKey }

// unowned finds calls to S3 that do not say whose the bucket should be, as plldb promises (trap 17). S3 lets them in.
func unowned(in *wire.Call) bool {
	return fromScript(in) && in.Operation != "CreateBucket" && in.Header.Get("x-amz-expected-bucket-owner") != accountID
}

func (c *cloud) note(op string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, op)
}

// told hears of a call that was answered.
func (c *cloud) told(call localcloud.Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.goesOn && strings.HasSuffix(call.Operation, "Events") {
		lift(&c.things)
		c.goesOn = false
	}
}

func lift(lifts *[]func()) {
	for _, lift := range *lifts {
		lift()
	}
	*lifts = nil
}

// mark begins a new scenario.
func (c *cloud) mark() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.since = len(c.asked)
}

// was says whether the operation was asked for since the scenario last changed.
func (c *cloud) was(op string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Contains(c.asked[c.since:], op)
}

// operations returns what was asked for, in order, and of that only the writes if so wished.
func (c *cloud) operations(writes bool) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.asked), func(op string) bool {
		reads := slices.ContainsFunc([]string{"Get", "List", "Head", "Describe"},
			func(prefix string) bool { return strings.HasPrefix(op, prefix) })
		return writes && (reads || op == "AssumeRole")
	})
}

// as is how a client of the tests' own asks.
func (c *cloud) as(key string) aws.Config {
	return aws.Config{
		Region: region, BaseEndpoint: &c.url,
		Credentials: credentials.NewStaticCredentialsProvider(key, "secret", ""),
	}
}
