package wire

import (
	"net"
	"regexp"
	"strings"
)

// amazon is a virtual-host style name of AWS: bucket, endpoint ("s3", "s3-fips", with the old hyphen before the region,
// dual-stack or not), the partition's suffix. A bucket's name may have dots, so the last ".s3" counts.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
// https://docs.aws.amazon.com/general/latest/gr/s3.html
var amazon = regexp.MustCompile(
	`^(.+)\.s3(-fips)?([.-][a-z0-9-]+){0,2}\.(amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu|api\.aws)$`)

// local are the endings of names that lead to loopback, the longer ones first: a client puts its bucket before the host of
// the endpoint that it was given.
func local() []string {
	return []string{".s3.localhost.localstack.cloud", ".s3.localhost", ".localhost"}
}

// Bucket is the bucket that a virtual-host style name begins with, "" where the host is a service's or an address.
func Bucket(host string) string {
	name := strings.ToLower(host)
	if h, _, err := net.SplitHostPort(name); err == nil {
		name = h
	}
	if name == "s3.localhost" {
		return ""
	}
	for _, suffix := range local() {
		if bucket, ok := strings.CutSuffix(name, suffix); ok {
			return bucket
		}
	}
	if found := amazon.FindStringSubmatch(name); found != nil {
		return found[1]
	}
	return ""
}
