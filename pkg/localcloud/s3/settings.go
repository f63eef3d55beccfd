package s3

import (
	"context"
	"net/http"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// longestDocument is far more than a configuration needs: a lifecycle of 1 000 rules.
const longestDocument = 4 << 20

// reads is an operation that answers with a setting.
func (s *Service) reads(root string, find func(b *bucket) (any, error)) func(context.Context, *request) error {
	return func(ctx context.Context, r *request) error {
		var found any
		err := s.store.Update(ctx, func(tx *store.Tx) error {
			b, err := s.admit(tx, r)
			if err != nil {
				return err
			}
			found, err = find(b)
			return err
		})
		if err != nil {
			return err
		}
		return r.answer(root, found)
	}
}

// changes is an operation that writes a setting without a body, or with one that set has read.
func (s *Service) changes(status int, set func(r *request, b *bucket) error) func(context.Context, *request) error {
	return func(ctx context.Context, r *request) error {
		err := s.store.Update(ctx, func(tx *store.Tx) error {
			b, err := s.admit(tx, r)
			if err != nil {
				return err
			}
			if err := set(r, b); err != nil {
				return err
			}
			b.save(tx)
			return nil
		})
		if err == nil {
			r.w.WriteHeader(status)
		}
		return err
	}
}

// writes is an operation that writes a setting given in XML. Whether the caller may is asked before the body is read.
func writes[T any](
	s *Service, status int, root string, set func(r *request, b *bucket, in T) error,
) func(context.Context, *request) error {
	return func(ctx context.Context, r *request) error {
		if err := s.mayAsk(ctx, r); err != nil {
			return err
		}
		body, err := document(r, longestDocument)
		if err != nil {
			return err
		}
		var in T
		if err := read(body, root, &in); err != nil {
			return err
		}
		return s.changes(status, func(r *request, b *bucket) error { return set(r, b, in) })(ctx, r)
	}
}

func (s *Service) mayAsk(ctx context.Context, r *request) error {
	return s.store.Update(ctx, func(tx *store.Tx) error {
		_, err := s.admit(tx, r)
		return err
	})
}

func (s *Service) settingOperations() []operation {
	all := []operation{
		s.get("BucketVersioning", "versioning", "s3:GetBucketVersioning", s.reads(versioningRoot, getVersioning)),
		s.put("BucketVersioning", "versioning", "s3:PutBucketVersioning",
			writes(s, http.StatusOK, versioningRoot, s.putVersioning)),
		s.get("PublicAccessBlock", "publicAccessBlock", "s3:GetBucketPublicAccessBlock",
			s.reads(publicAccessRoot, getPublicAccess)),
		s.put("PublicAccessBlock", "publicAccessBlock", "s3:PutBucketPublicAccessBlock",
			writes(s, http.StatusOK, publicAccessRoot, putPublicAccess)),
		s.remove("PublicAccessBlock", "publicAccessBlock", "s3:PutBucketPublicAccessBlock",
			func(b *bucket) { b.PublicAccess = nil }),
		s.get("BucketOwnershipControls", "ownershipControls", "s3:GetBucketOwnershipControls",
			s.reads(ownershipRoot, getOwnership)),
		s.put("BucketOwnershipControls", "ownershipControls", "s3:PutBucketOwnershipControls",
			writes(s, http.StatusOK, ownershipRoot, putOwnership)),
		s.remove("BucketOwnershipControls", "ownershipControls", "s3:PutBucketOwnershipControls",
			func(b *bucket) { b.Ownership = "" }),
		s.get("BucketEncryption", "encryption", "s3:GetEncryptionConfiguration", s.reads(encryptionRoot, getEncryption)),
		s.put("BucketEncryption", "encryption", "s3:PutEncryptionConfiguration",
			writes(s, http.StatusOK, encryptionRoot, putEncryption)),
		// It does not remove the setting, it resets it.
		// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketEncryption.html
		s.remove("BucketEncryption", "encryption", "s3:PutEncryptionConfiguration",
			func(b *bucket) { b.Encryption = unset() }),
		s.get("BucketPolicy", "policy", "s3:GetBucketPolicy", s.getPolicy),
		s.put("BucketPolicy", "policy", "s3:PutBucketPolicy", s.putPolicy),
		s.remove("BucketPolicy", "policy", "s3:DeleteBucketPolicy", func(b *bucket) { b.Policy = "" }),
		s.get("BucketLifecycleConfiguration", "lifecycle", "s3:GetLifecycleConfiguration", s.getLifecycle),
		s.put("BucketLifecycleConfiguration", "lifecycle", "s3:PutLifecycleConfiguration", s.putLifecycle, minimumSize),
		s.remove("BucketLifecycle", "lifecycle", "s3:PutLifecycleConfiguration",
			func(b *bucket) { b.Lifecycle, b.MinimumSize = nil, "" }),
		s.get("BucketTagging", "tagging", "s3:GetBucketTagging", s.reads(taggingRoot, getTags)),
		s.put("BucketTagging", "tagging", "s3:PutBucketTagging",
			summed(writes(s, http.StatusNoContent, taggingRoot, putTags))),
		s.remove("BucketTagging", "tagging", "s3:PutBucketTagging", func(b *bucket) { b.Tags = nil }),
	}
	return all
}

func (s *Service) get(name, sub, action string, do func(context.Context, *request) error) operation {
	return operation{name: "Get" + name, method: http.MethodGet, on: onBucket, sub: sub, action: action, do: do}
}

func (s *Service) put(
	name, sub, action string, do func(context.Context, *request) error, headers ...string,
) operation {
	return operation{
		name: "Put" + name, method: http.MethodPut, on: onBucket, sub: sub, action: action, headers: headers,
		setting: true, do: do,
	}
}

func (s *Service) remove(name, sub, action string, clear func(b *bucket)) operation {
	return operation{
		name: "Delete" + name, method: http.MethodDelete, on: onBucket, sub: sub, action: action, setting: true,
		do: s.changes(http.StatusNoContent, func(_ *request, b *bucket) error {
			clear(b)
			return nil
		}),
	}
}

// summed is an operation whose body must come with a checksum.
func summed(do func(context.Context, *request) error) func(context.Context, *request) error {
	return func(ctx context.Context, r *request) error {
		if err := mustBeSummed(r); err != nil {
			return err
		}
		return do(ctx, r)
	}
}

// missing is the answer of a setting that is not there (trap 47).
func missing(code, message string, b *bucket) *wire.Error {
	return refuse(http.StatusNotFound, code, message, field("BucketName", b.Name))
}
