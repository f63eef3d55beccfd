package rollout

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/plldb/plldb/pkg/stack"
)

// What AWS takes of tags: their lengths (CloudFormation's API_Tag, which wants a value too), fifty of them on a stack, of
// which one is plldb's own (CreateChangeSet's Tags), and these characters beside letters, digits and spaces (tag naming
// limits of the AWS General Reference).
const (
	keyLength   = 128
	valueLength = 256
	mostTags    = 50 - 1
	symbols     = "_.:/=+-@"
)

// Tags reads tags as people write them, KEY=VALUE. The first one that AWS would not take, or that is plldb's own, is the
// error: a sentence that names it.
func Tags(pairs []string) (map[string]string, error) {
	tags := map[string]string{}
	for _, pair := range pairs {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, fmt.Errorf("the tag %q is not of the form KEY=VALUE", pair)
		}
		if err := tagKey(pair, key); err != nil {
			return nil, err
		}
		if err := tagValue(pair, value); err != nil {
			return nil, err
		}
		if _, twice := tags[key]; twice {
			return nil, fmt.Errorf("the tag %q is given twice", key)
		}
		tags[key] = value
	}
	if len(tags) > mostTags {
		return nil, fmt.Errorf("%d tags are more than a stack can have beside plldb's own: %d", len(tags), mostTags)
	}
	return tags, nil
}

func tagKey(pair, key string) error {
	switch {
	case key == "":
		return fmt.Errorf("the tag %q has no key", pair)
	case key == stack.TagKey:
		return fmt.Errorf("the tag %s is plldb's own: it says whose the stack is", stack.TagKey)
	case len(key) >= len("aws:") && strings.EqualFold(key[:len("aws:")], "aws:"): // in upper and lower case
		return fmt.Errorf("the tag %q is AWS's own, because its key begins so", pair)
	case utf8.RuneCountInString(key) > keyLength:
		return fmt.Errorf("the key of the tag %q is longer than %d characters", pair, keyLength)
	case wrong(key) != nil:
		return fmt.Errorf("the key of the tag %q has %w", pair, wrong(key))
	}
	return nil
}

func tagValue(pair, value string) error {
	switch {
	case value == "":
		return fmt.Errorf("the tag %q has no value", pair)
	case utf8.RuneCountInString(value) > valueLength:
		return fmt.Errorf("the value of the tag %q is longer than %d characters", pair, valueLength)
	case wrong(value) != nil:
		return fmt.Errorf("the value of the tag %q has %w", pair, wrong(value))
	}
	return nil
}

// wrong names what AWS does not allow in a tag.
func wrong(text string) error {
	if !utf8.ValidString(text) {
		return errors.New("bytes that are no UTF-8")
	}
	for _, c := range text {
		if !unicode.In(c, unicode.L, unicode.N, unicode.Z) && !strings.ContainsRune(symbols, c) {
			return fmt.Errorf("the character %q; letters, digits, spaces and %s are allowed", c, symbols)
		}
	}
	return nil
}
