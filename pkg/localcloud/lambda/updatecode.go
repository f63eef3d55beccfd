package lambda

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// newCode is what UpdateFunctionCode may be told: a zip in the request, or one in a bucket.
type newCode struct {
	ZipFile                          []byte
	S3Bucket, S3Key, S3ObjectVersion string
	RevisionID                       string `json:"RevisionId"`
	Architectures                    []string
	Publish, DryRun                  bool
}

// wrong says what speaks against it before the function is looked at.
func (in *newCode) wrong() error {
	inBucket := in.S3Bucket != "" || in.S3Key != "" || in.S3ObjectVersion != ""
	switch {
	case in.Publish:
		return wire.Unmodelled("InvalidParameterValueException", "versions of functions (Publish)")
	case in.DryRun:
		return wire.Unmodelled("InvalidParameterValueException", "dry runs of UpdateFunctionCode")
	case in.ZipFile != nil && inBucket:
		return invalid("Please do not provide other FunctionCode parameters when providing a ZipFile.")
	case in.ZipFile == nil && !inBucket:
		return invalid("Please provide a source for function code.")
	}
	return nil
}

// updateCode gives the function other code. CloudFormation does not learn of it: what it made the function of stays
// what its template says.
// https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html
func (s *Service) updateCode(ctx context.Context, c *wire.Call, named map[string]string) (any, error) {
	return wire.In(func(ctx context.Context, c *wire.Call, in newCode) (any, error) {
		if err := in.wrong(); err != nil {
			return nil, err
		}
		draft, err := s.store.Draft(bytes.NewReader(in.ZipFile))
		if err != nil {
			return nil, err
		}
		answer, err := s.on(ctx, c, named["FunctionName"], func(tx *store.Tx, f *function, now time.Time) (any, error) {
			if err := f.ready(in.RevisionID, now); err != nil {
				return nil, err
			}
			if err := s.load(tx, f, in, draft); err != nil {
				return nil, err
			}
			f.Updating = s.clock.Due(now, updateTakes)
			f.touch(now)
			f.put(tx)
			return f.configuration(now), nil
		})
		if err := draft.Discard(); err != nil { // it is kept, if it was, under another name
			return nil, err
		}
		return answer, err
	})(ctx, c, c.Body)
}

// ready refuses a change of a function that is busy, or of another revision than the caller knows.
func (f *function) ready(revision string, now time.Time) error {
	if err := f.busy(now); err != nil {
		return err
	}
	if revision != "" && revision != f.Revision {
		return wire.Errorf(http.StatusPreconditionFailed, "PreconditionFailedException",
			"The Revision Id provided does not match the latest Revision Id. "+
				"Call the GetFunction/GetAlias API to retrieve the latest Revision Id")
	}
	return nil
}

// load takes the code from where it is.
func (s *Service) load(tx *store.Tx, f *function, in newCode, draft *store.Draft) error {
	if in.Architectures != nil {
		f.Architectures = in.Architectures
		if err := f.checkChoices(); err != nil {
			return err
		}
	}
	if in.ZipFile == nil {
		from := location{S3Bucket: in.S3Bucket, S3Key: in.S3Key, S3ObjectVersion: in.S3ObjectVersion}
		object, err := fetch(tx, s.objects, f.Account, f.Region, from)
		if err == nil {
			f.take(tx, object)
		}
		return err
	}
	if err := unzip(in.ZipFile); err != nil {
		return err
	}
	store.Keep(tx, draft)
	f.take(tx, resource.Object{Sum: draft.Sum, Size: draft.Size})
	store.Release(tx, draft.Sum) // Keep's own reference
	return nil
}
