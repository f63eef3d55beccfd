package s3

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// deleted is what a deletion did.
type deleted struct {
	id     string // the version that was removed or, of a marker, made; "" where the bucket does not version
	marker bool
}

// deleteObject: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
func (s *Service) deleteObject(ctx context.Context, r *request) error {
	var done deleted
	err := s.store.Update(ctx, func(tx *store.Tx) error {
		b, err := s.admit(tx, r)
		if err != nil {
			return err
		}
		id := r.query.Get("versionId")
		if r.query.Has("versionId") && !versionID.MatchString(id) {
			return invalidVersion(id)
		}
		done = b.delete(tx, r.key, id, r.Time)
		return nil
	})
	if err != nil {
		return err
	}
	h := r.w.Header()
	if done.id != "" {
		h.Set("x-amz-version-id", done.id)
	}
	if done.marker {
		h.Set("x-amz-delete-marker", "true")
	}
	r.w.WriteHeader(http.StatusNoContent)
	return nil
}

// delete removes a version or, where none is named, hides the object behind a marker. What is not there is removed just
// so (https://github.com/versity/versitygw/issues/1758).
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html
func (b *bucket) delete(tx *store.Tx, key, id string, now time.Time) deleted {
	if id != "" {
		done := deleted{id: id}
		if e, ok := versionOf(tx, b, key, id); ok {
			done.marker = e.Marker
			drop(tx, e)
		}
		return done
	}
	marker := version{Marker: true, Modified: now.Truncate(time.Second)}
	switch b.state(now) {
	case "":
		dropNull(tx, b, key)
		return deleted{}
	case "Suspended":
		dropNull(tx, b, key)
		marker.ID = nullVersion
	}
	return deleted{id: keep(tx, b, key, marker), marker: true}
}

type deletion struct {
	Quiet  bool
	Object []struct {
		Key       string
		VersionId *string

		// Conditions, which are not modelled.
		ETag, LastModifiedTime, Size *string
	}
}

type deleteResult struct {
	Deleted []deletedEntry
	Error   []errorEntry
}

type deletedEntry struct {
	Key                   string
	VersionId             string `xml:",omitempty"`
	DeleteMarker          bool   `xml:",omitempty"`
	DeleteMarkerVersionId string `xml:",omitempty"`
}

type errorEntry struct {
	Key       string
	VersionId string `xml:",omitempty"`
	Code      string
	Message   string
}

// mostDeleted is how many objects one DeleteObjects takes.
const mostDeleted = 1000

// deleteObjects answers 200 with what could be deleted and what not.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
func (s *Service) deleteObjects(ctx context.Context, r *request) error {
	if err := s.store.Update(ctx, func(tx *store.Tx) error {
		_, err := s.enter(tx, r)
		return err
	}); err != nil {
		return err
	}
	if err := mustBeSummed(r); err != nil {
		return err
	}
	body, err := document(r, longestDocument)
	if err != nil {
		return err
	}
	var in deletion
	if err := read(body, "Delete", &in); err != nil {
		return err
	}
	if len(in.Object) == 0 || len(in.Object) > mostDeleted {
		return malformedXML()
	}
	var out deleteResult
	err = s.store.Update(ctx, func(tx *store.Tx) error {
		b, err := s.enter(tx, r)
		if err != nil {
			return err
		}
		for _, o := range in.Object {
			if o.Key == "" { // unverified: S3's schema wants one character at least
				return malformedXML()
			}
			if o.ETag != nil || o.LastModifiedTime != nil || o.Size != nil {
				return notModelled("conditions of DeleteObjects")
			}
			out.add(in.Quiet, o.Key, o.VersionId, func(id string) (deleted, error) { return b.deleteOne(tx, r, o.Key, id) })
		}
		return nil
	})
	if err != nil {
		return err
	}
	return r.answer("DeleteResult", out)
}

// deleteOne judges each object by itself. The code of an invalid version is that of
// https://github.com/versity/versitygw/issues/2119.
func (b *bucket) deleteOne(tx *store.Tx, r *request, key, id string) (deleted, error) {
	if err := goodKey(key); err != nil {
		return deleted{}, err
	}
	action := "s3:DeleteObject"
	if id != "" {
		action += "Version"
	}
	if err := b.allows(r.Account, r.Secure, action, key); err != nil {
		return deleted{}, err
	}
	if id != "" && !versionID.MatchString(id) {
		return deleted{}, noSuchVersion(key, id)
	}
	return b.delete(tx, key, id, r.Time), nil
}

func (out *deleteResult) add(quiet bool, key string, version *string, do func(id string) (deleted, error)) {
	id := ""
	if version != nil {
		id = *version
	}
	done, err := do(id)
	if e, is := errors.AsType[*wire.Error](err); is {
		out.Error = append(out.Error, errorEntry{key, id, e.Code, e.Message})
		return
	}
	if quiet {
		return
	}
	entry := deletedEntry{Key: key, VersionId: id, DeleteMarker: done.marker}
	if done.marker {
		entry.DeleteMarkerVersionId = done.id
	}
	out.Deleted = append(out.Deleted, entry)
}
