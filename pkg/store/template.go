package store

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"path"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/plldb/plldb/pkg/artifact"
)

// PutTemplate sends a rendered template and returns it with its URL. Unlike an archive it is not looked for afterwards:
// CreateChangeSet reads it by its version at once, and says so if it is not there.
func (s *Store) PutTemplate(ctx context.Context, text []byte, key string, careful bool) (artifact.Template, error) {
	id, err := s.send(ctx, upload{
		name:        path.Base(key),
		key:         key,
		contentType: "application/yaml", // RFC 9512
		body:        bytes.NewReader(text),
		size:        int64(len(text)),
		digest:      artifact.DigestOf(text),
		quick:       true,
	}, careful)
	if err != nil {
		return artifact.Template{}, err
	}
	address, err := s.TemplateURL(ctx, key, id)
	if err != nil {
		return artifact.Template{}, err
	}
	return artifact.Template{Text: text, Bucket: s.bucket.Name, Key: key, VersionID: id, URL: address}, nil
}

// TemplateURL is where CloudFormation finds one version of a template. The SDK's own endpoint rules make it, so it has
// the partition's suffix (trap 15), or a set endpoint with the bucket in the path. FIPS and dual-stack names are left
// out: they choose how plldb connects, and this connection is CloudFormation's.
func (s *Store) TemplateURL(ctx context.Context, key, versionID string) (string, error) {
	options := s.client.Options()
	endpoint, err := options.EndpointResolverV2.ResolveEndpoint(ctx, s3.EndpointParameters{
		Bucket:         &s.bucket.Name,
		Region:         &s.bucket.Region,
		Endpoint:       options.BaseEndpoint,
		ForcePathStyle: aws.Bool(options.UsePathStyle),
	})
	if err != nil {
		return "", fmt.Errorf("making the URL of %s: %w", key, err)
	}
	address := endpoint.URI.JoinPath(key)
	address.RawQuery = url.Values{"versionId": {versionID}}.Encode()
	return address.String(), nil
}
