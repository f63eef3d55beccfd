package lambda

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"

	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// The largest code: what is unpacked, in bytes. Packages from S3 have no limit of their own.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const unpackedLimit = 262144000

// fetch reads a package from its bucket, as Lambda does when a function is made: in COPY mode the function keeps what
// it read, whatever becomes of the object.
// https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCode.html
func fetch(tx *store.Tx, objects resource.Objects, account, region string, from location) (resource.Object, error) {
	if from.S3ObjectStorageMode == "REFERENCE" {
		return resource.Object{}, resource.Unmodelled("code that stays in its bucket (S3ObjectStorageMode REFERENCE)")
	}
	if from.S3Bucket == "" || from.S3Key == "" {
		// quoted by badmintoncryer/cdk-preflight, pf-lambda-code-s3-pair
		return resource.Object{}, invalid("S3 Bucket and Key are required for uploading with S3 parameters.")
	}
	object, err := objects.Object(tx, account, region, from.S3Bucket, from.S3Key, from.S3ObjectVersion)
	if refused, ok := errors.AsType[*wire.Error](err); ok {
		// serverless/serverless#13208 shows the words for NoSuchKey
		return resource.Object{}, invalid("Error occurred while GetObject. S3 Error Code: %s. S3 Error Message: %s",
			refused.Code, refused.Message)
	}
	if err != nil {
		return resource.Object{}, err
	}
	return object, unzip(store.Bytes(tx, object.Sum))
}

// unzip sees that the package can be unpacked. Lambda does not look at what is in it before it runs the function.
func unzip(data []byte) error {
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return unreadable() // hbwork/ec2-scheduler#3 shows the words
	}
	if len(r.File) == 0 {
		return invalid("Uploaded file must be a non-empty zip") // adieuadieu/serverless-chrome#331
	}
	left := int64(unpackedLimit)
	for _, file := range r.File {
		n, err := unpack(file, left)
		if err != nil {
			return unreadable()
		}
		if left -= n; left < 0 {
			return invalid("Unzipped size must be smaller than %d bytes", unpackedLimit)
		}
	}
	return nil
}

// unpack reads one file, which checks its CRC, and no more than a byte over the limit.
func unpack(file *zip.File, limit int64) (int64, error) {
	r, err := file.Open()
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(io.Discard, io.LimitReader(r, limit+1))
	return n, errors.Join(err, r.Close())
}

func unreadable() error {
	return invalid("Could not unzip uploaded file. Please check your file, then try to upload again.")
}

// take makes the object the function's code.
func (f *function) take(tx *store.Tx, object resource.Object) {
	store.Retain(tx, object.Sum)
	if f.CodeSum != "" {
		store.Release(tx, f.CodeSum)
	}
	f.CodeSum, f.CodeSize = object.Sum, object.Size
}
