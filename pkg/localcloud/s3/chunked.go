package s3

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// chunked reads a body of Content-Encoding aws-chunked: chunks of a size in hexadecimal, perhaps a signature, and the
// bytes; a chunk of size 0; perhaps trailing headers. Signatures are not verified.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
type chunked struct {
	r        *bufio.Reader
	signed   bool
	trailing bool              // trailing headers are allowed
	trailers map[string]string // lower case; once the end was read

	chunk int64 // size of the present chunk
	left  int64 // of it
	err   error // io.EOF at the end
}

const (
	longestLine   = 4096    // of the framing: far more than any header of it needs
	smallestChunk = 8 << 10 // of a signed body, but the last
)

func newChunked(r io.Reader, signed, trailing bool) *chunked {
	return &chunked{
		r: bufio.NewReaderSize(r, longestLine), signed: signed, trailing: trailing,
		trailers: map[string]string{}, chunk: smallestChunk,
	}
}

// Read gives the bytes of the chunks. What is wrong with the framing is an *wire.Error.
func (c *chunked) Read(p []byte) (int, error) {
	for c.left == 0 && c.err == nil {
		c.err = c.next()
	}
	if c.err != nil || len(p) == 0 {
		return 0, c.err
	}
	n, err := c.r.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	if err != nil {
		c.err = broken(err)
		return n, c.err
	}
	if c.left == 0 {
		c.err = c.lineEnds()
	}
	return n, nil
}

// cutOff is what S3 answers to whatever is wrong with the framing.
// https://github.com/versity/versitygw/issues/1666
func cutOff() *wire.Error {
	return refuse(http.StatusBadRequest, "IncompleteBody", "The request body terminated unexpectedly")
}

// broken is what ends a body before its end: the client was waited for too long, or is gone.
func broken(err error) error {
	if e, is := errors.AsType[*wire.Error](err); is {
		return e
	}
	return cutOff()
}

// badTrailer: https://github.com/versity/versitygw/issues/1691
func badTrailer() *wire.Error {
	return refuse(http.StatusBadRequest, "MalformedTrailerError",
		"The request contained trailing data that was not well-formed or did not conform to our published schema.")
}

// next reads the line before a chunk, and behind the last one all that is left.
func (c *chunked) next() error {
	line, err := c.line()
	if err != nil {
		return err
	}
	digits, extension, _ := strings.Cut(line, ";")
	size, err := strconv.ParseUint(digits, 16, 40)
	if err != nil || !c.signature(extension) {
		return cutOff()
	}
	if size == 0 {
		return c.end()
	}
	if c.signed && c.chunk < smallestChunk {
		// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
		return refuse(http.StatusForbidden, "InvalidChunkSizeError",
			"Only the last chunk is allowed to have a size less than 8192 bytes")
	}
	c.chunk, c.left = int64(size), int64(size)
	return nil
}

func (c *chunked) signature(extension string) bool {
	if !c.signed {
		return extension == ""
	}
	value, ok := strings.CutPrefix(extension, "chunk-signature=")
	return ok && len(value) == 64
}

// line is a line without its end.
func (c *chunked) line() (string, error) {
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		return "", broken(err)
	}
	text, ok := bytes.CutSuffix(line, []byte("\r\n"))
	if !ok {
		return "", cutOff()
	}
	return string(text), nil
}

func (c *chunked) lineEnds() error {
	line, err := c.line()
	if err == nil && line != "" {
		return cutOff()
	}
	return err
}

// end reads the trailing headers, the empty line, and sees that nothing follows.
func (c *chunked) end() error {
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		if line == "" {
			break
		}
		name, value, ok := strings.Cut(line, ":")
		name = strings.ToLower(name)
		if _, twice := c.trailers[name]; !ok || twice || !c.trailing {
			return badTrailer()
		}
		c.trailers[name] = strings.TrimSpace(value)
	}
	_, err := c.r.ReadByte()
	if err == nil {
		return cutOff()
	}
	if err != io.EOF {
		return broken(err)
	}
	return io.EOF
}
