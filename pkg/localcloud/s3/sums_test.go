package s3_test

import (
	"crypto/md5"
	"encoding/base64"
)

func md5Of(text string) string {
	sum := md5.Sum([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}
