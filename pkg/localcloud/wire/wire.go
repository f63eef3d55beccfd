// Package wire speaks AWS's protocols for the local cloud: it finds out which service, account and operation a request is
// meant for, hands it over, and writes answers and errors as that service's clients expect them.
//
// Signatures are not verified: whoever reaches the loopback listener is let in as the account that owns the access key.
package wire

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strings"
	"time"
)

// Call is one request to one service.
type Call struct {
	*http.Request
	ID        string // the request id that the answer names
	Service   string // the service's name in signatures: "s3", "cloudformation"
	Operation string // as AWS names it: "PutObject"
	Account   string // twelve digits; "" for nobody, who sent no signature
	AccessKey string
	Region    string
	Time      time.Time // when it came in, by the local cloud's clock
	Secure    bool      // aws:SecureTransport
	Body      []byte    // of every service but S3, whose bodies are read by the service

	form Form // of a Query service
}

// Partition is the partition of the call's region.
func (c *Call) Partition() string {
	switch {
	case strings.HasPrefix(c.Region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(c.Region, "us-gov-"):
		return "aws-us-gov"
	case strings.HasPrefix(c.Region, "eusc-"):
		return "aws-eusc"
	case strings.HasPrefix(c.Region, "us-iso-"):
		return "aws-iso"
	case strings.HasPrefix(c.Region, "us-isob-"):
		return "aws-iso-b"
	case strings.HasPrefix(c.Region, "eu-isoe-"):
		return "aws-iso-e"
	case strings.HasPrefix(c.Region, "us-isof-"):
		return "aws-iso-f"
	}
	return "aws"
}

// ARN is the name of a resource of the call's account and region.
func (c *Call) ARN(service, resource string) string {
	return c.Place().ARN(service, resource)
}

// Service is one of AWS's, behind the router.
type Service interface {
	// Operation names what the request asks for, and is an *Error if the service knows no such operation.
	Operation(c *Call) (string, error)
	// Serve answers. An error is written by Refuse; one that is no *Error is an internal failure.
	Serve(ctx context.Context, w http.ResponseWriter, c *Call) error
	// Refuse writes an error as clients of the service expect it.
	Refuse(w http.ResponseWriter, c *Call, e *Error)
}

// NewID is a request id: a random UUID.
func NewID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	s := hex.EncodeToString(b[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
