package s3

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// intake reads a body and takes its sums on the way. verify compares them, once all is read.
type intake struct {
	declared
	src     io.Reader
	chunks  *chunked // nil for a plain body
	limit   int64
	n       int64 // bytes read
	length  int64 // bytes announced
	payload string
	sentMD5 []byte

	md5, sha256, sum hash.Hash
}

const (
	unsigned       = "UNSIGNED-PAYLOAD"
	streaming      = "STREAMING-"
	streamUnsigned = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
	streamSigned   = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	streamTrailer  = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
)

// receive prepares to read a request's body of at most limit bytes.
func receive(r *request, limit int64) (*intake, error) {
	d, err := checksumOf(r)
	if err != nil {
		return nil, err
	}
	in := &intake{
		declared: d, src: r.Request.Body, limit: limit, length: r.ContentLength, md5: md5.New(), sha256: sha256.New(),
	}
	if in.algorithm == "" {
		in.algorithm = byDefault
	}
	in.sum = newHash(in.algorithm)
	if err := in.signedHow(r); err != nil {
		return nil, err
	}
	if err := in.announcedMD5(r); err != nil {
		return nil, err
	}
	if in.length < 0 {
		return nil, noLength()
	}
	if in.length > limit {
		return nil, tooLarge(in.length, limit)
	}
	return in, nil
}

func noLength() *wire.Error {
	return refuse(http.StatusLengthRequired, "MissingContentLength", "You must provide the Content-Length HTTP header.")
}

// signedHow reads x-amz-content-sha256: a digest of the body, a word for none, or one for a chunked body.
func (in *intake) signedHow(r *request) error {
	in.payload = r.Header.Get("x-amz-content-sha256")
	switch in.payload {
	case "", unsigned:
		return in.plain()
	case streamUnsigned, streamSigned, streamTrailer:
		trailing := strings.HasSuffix(in.payload, "-TRAILER")
		if in.trailer && !trailing {
			return badTrailer()
		}
		in.chunks = newChunked(r.Request.Body, in.payload != streamUnsigned, trailing)
		in.src = in.chunks
		// https://github.com/versity/versitygw/issues/1656
		n, err := strconv.ParseInt(r.Header.Get("x-amz-decoded-content-length"), 10, 64)
		if err != nil || n < 0 || r.ContentLength < 0 {
			return noLength()
		}
		in.length = n
		return nil
	}
	if raw, err := hex.DecodeString(in.payload); err != nil || len(raw) != sha256.Size {
		return invalidArgument("x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "+
			"STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
			"x-amz-content-sha256", in.payload)
	}
	return in.plain()
}

// plain sees that a body without chunks announces no trailer.
func (in *intake) plain() error {
	if in.trailer {
		return invalidRequest("The value specified in the x-amz-trailer header is not supported")
	}
	return nil
}

func (in *intake) announcedMD5(r *request) error {
	text := r.Header.Get("Content-MD5")
	if text == "" {
		return nil
	}
	sum, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(sum) != md5.Size {
		return refuse(http.StatusBadRequest, "InvalidDigest", "The Content-MD5 you specified was invalid.",
			field("Content-MD5", text))
	}
	in.sentMD5 = sum
	return nil
}

// Read passes the bytes on. A body that breaks off is an *wire.Error.
func (in *intake) Read(p []byte) (int, error) {
	n, err := in.src.Read(p)
	in.n += int64(n)
	for _, h := range []hash.Hash{in.md5, in.sha256, in.sum} {
		_, _ = h.Write(p[:n]) // it never fails
	}
	if in.n > in.limit {
		return n, tooLarge(in.n, in.limit)
	}
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	return n, broken(err)
}

// verify compares what was read with what was announced.
func (in *intake) verify() error {
	if in.n != in.length {
		// https://github.com/versity/versitygw/issues/1684
		return refuse(http.StatusBadRequest, "IncompleteBody",
			"You did not provide the number of bytes specified by the Content-Length HTTP header",
			field("NumberBytesExpected", strconv.FormatInt(in.length, 10)),
			field("NumberBytesProvided", strconv.FormatInt(in.n, 10)))
	}
	got := hex.EncodeToString(in.sha256.Sum(nil))
	if in.payload != "" && in.payload != unsigned && in.chunks == nil && !strings.EqualFold(in.payload, got) {
		return refuse(http.StatusBadRequest, "XAmzContentSHA256Mismatch",
			"The provided 'x-amz-content-sha256' header does not match what was computed.",
			field("ClientComputedContentSHA256", in.payload), field("S3ComputedContentSHA256", got))
	}
	if sum := in.md5.Sum(nil); in.sentMD5 != nil && !bytes.Equal(in.sentMD5, sum) {
		return refuse(http.StatusBadRequest, "BadDigest", "The Content-MD5 you specified did not match what we received.",
			field("ExpectedDigest", base64.StdEncoding.EncodeToString(in.sentMD5)),
			field("CalculatedDigest", base64.StdEncoding.EncodeToString(sum)))
	}
	if err := in.trailed(); err != nil {
		return err
	}
	if in.value != "" && in.value != in.checksum() {
		// https://github.com/aws/aws-sdk-ruby/issues/3322
		return wire.Errorf(http.StatusBadRequest, "BadDigest",
			"The %s you specified did not match the calculated checksum.", in.algorithm)
	}
	return nil
}

// trailed takes the checksum out of the trailer: the one that x-amz-trailer announced, and no other.
func (in *intake) trailed() error {
	if in.chunks == nil {
		return nil
	}
	announced := ""
	if in.trailer {
		announced = checksumHeader + strings.ToLower(in.algorithm)
	}
	for name := range in.chunks.trailers {
		if name != announced && (name != "x-amz-trailer-signature" || !in.chunks.signed) {
			return badTrailer()
		}
	}
	if announced == "" {
		return nil
	}
	value := in.chunks.trailers[announced]
	if value == "" {
		return badTrailer()
	}
	if !validChecksum(in.algorithm, value) {
		return invalidRequest("Value for %s trailing header is invalid.", announced)
	}
	in.value = value
	return nil
}

// checksum is what the body has.
func (in *intake) checksum() string { return base64.StdEncoding.EncodeToString(in.sum.Sum(nil)) }

// document reads a whole body that is XML or JSON.
func document(r *request, limit int64) ([]byte, error) {
	in, err := receive(r, limit)
	if err != nil {
		if e, is := errors.AsType[*wire.Error](err); is && e.Code == "EntityTooLarge" {
			return nil, refuse(http.StatusBadRequest, "MaxMessageLengthExceeded", "Your request was too big.")
		}
		return nil, err
	}
	body, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	return body, in.verify()
}

// mustBeSummed: some operations take a body only with a checksum of any kind.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html#API_DeleteObjects_RequestSyntax
func mustBeSummed(r *request) error {
	if r.Header.Get("Content-MD5") != "" || r.Header.Get("x-amz-trailer") != "" {
		return nil
	}
	for name := range r.Header {
		if _, ok := algorithmOf(name); ok {
			return nil
		}
	}
	return invalidRequest("Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
}
