package rollout

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// What AWS takes of tags: their lengths (CloudFormation's API_Tag, which wants a value too), fifty of them on a stack
// (CreateChangeSet's Tags), and these characters beside letters, digits and spaces (tag naming limits of the AWS General
// Reference).
const (
	keyLength   = 128
	valueLength = 256
	mostTags    = 50
	symbols     = "_.:/=+-@"
)

// The beginnings of keys that are nobody else's. CloudFormation puts a stack's tags on its roles and functions: plldb:debug
// there would give the manager role rights over plldb's own functions.
const (
	ownPrefix = "plldb:"
	awsPrefix = "aws:"
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
		if other, found := double(tags, key); found {
			return nil, fmt.Errorf("the tags %q and %q differ in upper and lower case alone, and are one to AWS", other, key)
		}
		tags[key] = value
	}
	if most := mostTags - 1; len(tags) > most {
		return nil, fmt.Errorf("%d tags are more than a stack can have beside plldb's own: %d", len(tags), most)
	}
	return tags, nil
}

func tagKey(pair, key string) error {
	switch {
	case key == "":
		return fmt.Errorf("the tag %q has no key", pair)
	case begins(key, ownPrefix):
		return fmt.Errorf("the tag %q is plldb's own, because its key begins so", pair)
	case begins(key, awsPrefix):
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

// begins ignores upper and lower case, as AWS does.
func begins(key, prefix string) bool {
	return len(key) >= len(prefix) && strings.EqualFold(key[:len(prefix)], prefix)
}

// double finds among tags a key that differs from this one in upper and lower case alone. Roles get the tags of their stack,
// and IAM takes the two for one.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#case-sensitivity
func double(tags map[string]string, key string) (other string, found bool) {
	for _, other := range slices.Sorted(maps.Keys(tags)) {
		if other != key && strings.EqualFold(other, key) {
			return other, true
		}
	}
	return "", false
}

// clash says why tags cannot be put beside those that a stack has, which stay on it; nil if they can.
func clash(there, asked map[string]string) *report.Problem {
	for _, key := range slices.Sorted(maps.Keys(asked)) {
		if other, found := double(there, key); found {
			return unusable(fmt.Sprintf("write it %q, as it is there", other),
				"the tag %q and the tag %q, which the stack %s has, differ in upper and lower case alone, and are one to AWS",
				key, other, StackName)
		}
	}
	both := map[string]string{stack.TagKey: stack.TagValue}
	maps.Copy(both, there)
	maps.Copy(both, asked)
	maps.DeleteFunc(both, func(key, _ string) bool { return begins(key, awsPrefix) }) // which do not count
	if len(both) > mostTags {
		return unusable("ask for fewer, or take away some of those that others have put on it",
			"the stack %s would have %d tags, and can have %d", StackName, len(both), mostTags)
	}
	return nil
}

func unusable(hint, format string, args ...any) *report.Problem {
	return &report.Problem{Message: fmt.Sprintf(format, args...), Hint: hint, Code: report.ExitUsage}
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
