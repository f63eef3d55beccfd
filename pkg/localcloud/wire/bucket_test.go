package wire_test

import (
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

func TestBucket(t *testing.T) {
	for host, want := range map[string]string{
		"127.0.0.1:4566":                              "",
		"[::1]:4566":                                  "",
		"localhost":                                   "",
		"localhost:4566":                              "",
		"s3.localhost:4566":                           "",
		"s3.amazonaws.com":                            "",
		"s3.eu-west-1.amazonaws.com":                  "",
		"example.com":                                 "",
		"bucket.localhost":                            "bucket",
		"bucket.localhost:4566":                       "bucket",
		"BUCKET.LocalHost:4566":                       "bucket",
		"bucket.s3.localhost:4566":                    "bucket",
		"my.bucket.localhost:4566":                    "my.bucket",
		"my.bucket.s3.localhost:4566":                 "my.bucket",
		"a.s3.localhost.localstack.cloud:4566":        "a",
		"s3.localhost.localstack.cloud:4566":          "",
		"bucket.s3.amazonaws.com":                     "bucket",
		"bucket.s3.eu-west-1.amazonaws.com":           "bucket",
		"bucket.s3-eu-west-1.amazonaws.com":           "bucket",
		"bucket.s3.dualstack.eu-west-1.amazonaws.com": "bucket",
		"bucket.s3-fips.us-east-1.amazonaws.com":      "bucket",
		"bucket.s3.cn-north-1.amazonaws.com.cn":       "bucket",
		"a.s3.b.s3.eu-west-1.amazonaws.com":           "a.s3.b",
		"bucket.s3.evil.com":                          "",
		"bucket.s3.eu-west-1.amazonaws.com.evil.com":  "",
	} {
		if got := wire.Bucket(host); got != want {
			t.Errorf("%s: %q, not %q", host, got, want)
		}
	}
}
