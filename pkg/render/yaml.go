package render

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	errEmpty  = errors.New("there is nothing in it")
	errSecond = errors.New("a second document begins")
)

// parse reads text as one YAML document and returns its root. The error has no line in it: the parser's own is often
// that of the mapping around the fault, or one less.
func parse(text []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document, second yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, errEmpty
	case err != nil:
		return nil, withoutLine(err)
	}
	switch err := decoder.Decode(&second); {
	case errors.Is(err, io.EOF):
		return document.Content[0], nil
	case err != nil:
		return nil, withoutLine(err)
	}
	return nil, errSecond
}

var lineOf = regexp.MustCompile(`^yaml: (line \d+: )?`)

func withoutLine(err error) error { return errors.New(lineOf.ReplaceAllString(err.Error(), "")) }

// brokenAt returns where in text the line begins at which parse met err: the last line of the shortest beginning of
// text that fails in the same way. For a quote or a bracket that is never closed that is the line where it opens.
func brokenAt(text []byte, err error) int {
	starts := append(lineStarts(text), len(text))
	n := sort.Search(len(starts)-1, func(n int) bool {
		_, got := parse(text[:starts[n]])
		return got != nil && got.Error() == err.Error()
	})
	line := text[starts[max(n-1, 0)]:]
	return len(text) - len(bytes.TrimLeft(line, " \t"))
}

// quotes returns the place of the double-quoted string that a node at offset at holds, quotes included. A tag, an
// anchor, space and comments may stand before it. ok is false when no such string is there.
func quotes(text []byte, at int) (from, to int, ok bool) {
	for from = at; from >= 0 && from < len(text); {
		switch text[from] {
		case '"':
			to = closing(text, from+1)
			return from, to, to > 0
		case ' ', '\t', '\r', '\n':
			from++
		case '#':
			from += until(text[from:], "\r\n")
		case '!', '&':
			from += until(text[from:], " \t\r\n")
		default:
			return 0, 0, false
		}
	}
	return 0, 0, false
}

// closing returns the offset behind the quote that ends a double-quoted string, or 0.
func closing(text []byte, at int) int {
	for i := at; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}

// until counts the bytes before the first one of set.
func until(text []byte, set string) int {
	if n := bytes.IndexAny(text, set); n >= 0 {
		return n
	}
	return len(text)
}

// unquote reads a double-quoted string by itself.
func unquote(quoted []byte) (string, error) {
	inner := quoted[1 : len(quoted)-1]
	if !bytes.ContainsAny(inner, "\\\r\n") {
		return string(inner), nil
	}
	root, err := parse(quoted)
	if err != nil {
		return "", err
	}
	return root.Value, nil
}

// get returns the value of a key in a mapping, or an empty node.
func get(n *yaml.Node, keys ...string) *yaml.Node {
	for _, key := range keys {
		n = member(n, key)
	}
	return n
}

func member(n *yaml.Node, key string) *yaml.Node {
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return n.Content[i+1]
			}
		}
	}
	return &yaml.Node{}
}

// stringOf returns a node's string, or "" when it is none: a list, a mapping, or what a CloudFormation function gives.
func stringOf(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
		return ""
	}
	return n.Value
}
