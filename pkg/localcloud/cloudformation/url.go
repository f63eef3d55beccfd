package cloudformation

import (
	"errors"
	"net"
	"net/url"
	"regexp"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// s3Host is a host of S3: an optional bucket, then s3 or s3-REGION or s3.REGION or its dual-stack form.
var s3Host = regexp.MustCompile(`^(?:(.+)\.)?s3(?:[.-](?:dualstack\.)?[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?$`)

// object is where a template lies.
type object struct{ bucket, key, version string }

// locate reads a template's URL: S3's, path style or virtual host style, or that of a bucket on this machine.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
func locate(address string) (object, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return object{}, invalid("TemplateURL must be a supported URL.")
	}
	o := object{version: u.Query().Get("versionId")}
	path := strings.TrimPrefix(u.Path, "/")
	found := s3Host.FindStringSubmatch(u.Hostname())
	switch {
	case found != nil && u.Scheme == "https":
		o.bucket = found[1]
	case local(u.Hostname()): // over TLS or not
		o.bucket = strings.TrimSuffix(strings.TrimSuffix(u.Hostname(), "localhost"), ".")
	default:
		return object{}, invalid("TemplateURL must be an Amazon S3 URL.")
	}
	if o.bucket == "" || net.ParseIP(u.Hostname()) != nil {
		o.bucket, path, _ = strings.Cut(path, "/")
	}
	if o.key = path; o.bucket == "" || o.key == "" {
		return object{}, invalid("TemplateURL must reference a valid S3 object to which you have access.")
	}
	return o, nil
}

// local tells whether a host is this machine, or a bucket's name before "localhost".
func local(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// fetch reads a template from its bucket, as the caller.
func (w *work) fetch(c *wire.Call, address string) ([]byte, error) {
	o, err := locate(address)
	if err != nil {
		return nil, err
	}
	found, err := w.s.config.Objects.Object(w.tx, c.Account, "", o.bucket, o.key, o.version)
	if e, is := errors.AsType[*wire.Error](err); is {
		return nil, invalid("S3 error: %s\nFor more information check "+
			"http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html", e.Message)
	}
	switch {
	case err != nil:
		return nil, err
	case found.Size > longestObject:
		return nil, invalid("Template may not exceed %d bytes in size.", longestObject)
	}
	return store.Bytes(w.tx, found.Sum), nil
}
