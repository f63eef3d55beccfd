// Package artifact holds the values that walk from the source to the stack, one type a room:
//
//	source ─Build→ Binary ─Zip→ Archive ─Upload→ Object ─Render→ Template
//
// A step takes the type that the step before it gives, so none can be skipped. The values have no behaviour but their own.
package artifact

import "io"

// Binary is one compiled function.
type Binary struct {
	Name string // the function's name: its folder under functions/
	Path string // the executable
	ID   string // Go's build ID, which holds a digest of the content: equal IDs, equal bytes
	Size int64  // bytes
}

// Archive is one function's zip, ready for Lambda.
type Archive struct {
	Name   string // the function's name
	Digest Digest // SHA-256 of the zip
	Size   int64  // bytes of the zip
	Reused bool   // nothing was packed: the binary had not changed, or the archive came with plldb

	// Open returns the zip's bytes. Whoever calls it closes it; it may be called again.
	Open func() (io.ReadSeekCloser, error)
}

// Object is one archive in the bucket, at the version that the template names.
type Object struct {
	Name      string // the function's name
	Bucket    string
	Key       string
	VersionID string
	Digest    Digest
	Size      int64 // bytes
	Uploaded  bool  // sent by this run; false when it was there already
}

// Template is the rendered CloudFormation template, with the object version at which the bucket holds it.
type Template struct {
	Text      []byte
	Bucket    string
	Key       string
	VersionID string // the version that holds the text: sent by this run, or found there
	URL       string // https URL with versionId, for CloudFormation
}
