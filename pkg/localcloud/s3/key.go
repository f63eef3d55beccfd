package s3

import (
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// longestKey is how many bytes an object's key may have.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
const longestKey = 1024

// goodKey sees that a key is one that an object may have. That a NUL is an InvalidURI is unverified. The rows of the
// versions rely on there being none (versions).
func goodKey(key string) error {
	if len(key) > longestKey {
		return refuse(http.StatusBadRequest, "KeyTooLongError", "Your key is too long",
			field("Size", strconv.Itoa(len(key))), field("MaxSizeAllowed", strconv.Itoa(longestKey)))
	}
	if !plainText(key) {
		return invalidURI()
	}
	return nil
}

// plainText is what keys are made of, and what asks for some of them.
func plainText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

func invalidURI() *wire.Error {
	return refuse(http.StatusBadRequest, "InvalidURI", "Couldn't parse the specified URI.")
}
