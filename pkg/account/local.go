package account

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/plldb/plldb/pkg/report"
)

// Local makes a session with the local cloud at an endpoint on this machine. Nothing of the caller's AWS configuration is
// read, neither variables nor files, and no proxy is used, so no request goes anywhere else. Its credentials are no
// secret: the local cloud looks at nothing but the key's name.
func Local(endpoint, region, key string, sink report.Sink) *Session {
	d := newDialer(nil)
	direct := d.buildable().WithTransportOptions(func(t *http.Transport) { t.Proxy = nil })
	return &Session{
		cfg: watched(aws.Config{
			Region:       region,
			BaseEndpoint: &endpoint,
			Credentials:  localKey(key),
			HTTPClient:   d.client(direct),
		}, sink),
		dialer: d,
		asked:  new(atomic.Pointer[time.Timer]),
	}
}

func localKey(key string) aws.CredentialsProviderFunc {
	return func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: key, SecretAccessKey: "local", Source: "plldb --local"}, nil
	}
}
