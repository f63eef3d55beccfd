// Package s3 is the part of Amazon S3 that the local cloud models: buckets with their settings, versioned objects sent
// and read whole, listings and deletions. What is not modelled is refused with NotImplemented.
//
// Three things are other than in AWS and cannot be seen in an answer: an object is at most 100 MB long, a lifecycle
// configuration is checked and kept but expires nothing, and KMS keys are named but encrypt nothing.
package s3

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// Config is what a Service works with.
type Config struct {
	Store *store.Store
	Clock clock.Clock
	// VersioningTakes is how long, on AWS, a bucket does not yet version after versioning was first enabled. nil is at
	// once. In the first half of that time objects get the version "null"; in the second half they get versions that
	// cannot be read before the time is over.
	// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html
	VersioningTakes func() time.Duration
}

// Service is S3, for the router.
type Service struct {
	store      *store.Store
	clock      clock.Clock
	takes      func() time.Duration
	operations []operation
	writing    writers
}

// New is S3 on a state.
func New(c Config) *Service {
	s := &Service{store: c.Store, clock: c.Clock, takes: c.VersioningTakes}
	if s.takes == nil {
		s.takes = func() time.Duration { return 0 }
	}
	s.operations = slices.Concat(s.bucketOperations(), s.settingOperations(), s.objectOperations())
	return s
}

// request is one call, as the operations see it.
type request struct {
	*wire.Call
	w      http.ResponseWriter
	op     *operation
	bucket string
	key    string
	query  url.Values
}

func (s *Service) request(w http.ResponseWriter, c *wire.Call) (*request, error) {
	query, err := url.ParseQuery(c.URL.RawQuery)
	if err != nil {
		return nil, invalidURI()
	}
	r := &request{Call: c, w: w, query: query}
	r.bucket, r.key = address(c.Host, c.URL.Path)
	return r, nil
}

// Operation is what the method, the path and the query ask for. What the operation does not know of parameters and
// headers is refused here.
func (s *Service) Operation(c *wire.Call) (string, error) {
	r, err := s.request(nil, c)
	if err != nil {
		return "", err
	}
	op, err := s.find(r)
	if err != nil {
		return "", err
	}
	if err := goodKey(r.key); err != nil {
		return op.name, err
	}
	return op.name, op.knows(r)
}

// Serve answers. Of the writes to one bucket's settings only one is served at a time; another that comes in meanwhile
// is told so.
func (s *Service) Serve(ctx context.Context, w http.ResponseWriter, c *wire.Call) error {
	r, err := s.request(w, c)
	if err != nil {
		return err
	}
	if r.op, err = s.find(r); err != nil {
		return err
	}
	if r.op.setting {
		if !s.writing.begin(r.bucket) {
			return operationAborted()
		}
		defer s.writing.end(r.bucket)
	}
	s.identify(r)
	return r.op.do(ctx, r)
}

// identify writes the headers that every answer has.
// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTCommonResponseHeaders.html
func (s *Service) identify(r *request) {
	h := r.w.Header()
	h.Set("x-amz-request-id", r.ID)
	h.Set("x-amz-id-2", hostID(r.ID))
	h.Set("Server", "AmazonS3")
}
