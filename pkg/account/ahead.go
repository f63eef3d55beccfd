package account

import (
	"context"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// DialAhead begins n connections to S3 while other questions are still open. The function it returns closes those that
// nobody used; call it when the burst that they were for is over. Without an own dialer it does nothing.
func (s *Session) DialAhead(ctx context.Context, n int) (drop func()) {
	if s.dialer == nil {
		return func() {}
	}
	if u := s.s3Host(ctx); u != nil {
		s.dialer.dial(ctx, u, n)
	}
	return s.dialer.drop
}

// s3Host is the endpoint that S3 has without a bucket, by the SDK's own rules.
func (s *Session) s3Host(ctx context.Context) *url.URL {
	o := s.S3().Options()
	params := s3.EndpointParameters{
		Region:         &o.Region,
		Endpoint:       o.BaseEndpoint,
		UseDualStack:   new(o.EndpointOptions.UseDualStackEndpoint == aws.DualStackEndpointStateEnabled),
		UseFIPS:        new(o.EndpointOptions.UseFIPSEndpoint == aws.FIPSEndpointStateEnabled),
		ForcePathStyle: &o.UsePathStyle,
	}
	at, err := o.EndpointResolverV2.ResolveEndpoint(ctx, params)
	if err != nil {
		return nil
	}
	return &at.URI
}
