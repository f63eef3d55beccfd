package apigateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"
)

// variable is a part of the message, in braces or not. Without braces it ends with the expression or before the next
// "$": whether a hyphen belongs to it is unverified, so such an expression is refused.
var variable = regexp.MustCompile(
	`^\$(?:\{request\.body((?:\.[^.${}\[\]\\ ]+)+)\}|request\.body((?:\.[a-zA-Z0-9_]+)+)(?:$|[$\\]))`)

// selection is a route selection expression that was read: texts and paths in turn.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-selection-expressions.html
type selection []piece

// piece is a text, or what stands at a path in the message.
type piece struct {
	text string
	path []string
}

// parseSelection reads an expression; false if it is none that is understood here: one of the message's body, with or
// without braces, of several parts, with "\$" for a dollar sign.
func parseSelection(expression string) (selection, bool) {
	var s selection
	for rest := expression; rest != ""; {
		found := variable.FindStringSubmatch(rest)
		switch {
		case found != nil:
			path := found[1] + found[2]
			s = append(s, piece{path: strings.Split(path[1:], ".")})
			length := len("$request.body") + len(path)
			if found[1] != "" {
				length += len("{}")
			}
			rest = rest[length:]
		case rest[0] == '$' || rest == `\`:
			return nil, false
		case rest[0] == '\\':
			s, rest = append(s, piece{text: rest[1:2]}), rest[2:]
		default:
			s, rest = append(s, piece{text: rest[:1]}), rest[1:]
		}
	}
	return s, true
}

// readable tells whether an expression is understood here.
func readable(expression string) bool {
	_, ok := parseSelection(expression)
	return ok
}

// key is the route key that a message selects, "" if it selects none: it is not JSON, or has no such part. That
// numbers and booleans select like strings is unverified.
func (s selection) key(message []byte) string {
	var body any
	decoder := json.NewDecoder(bytes.NewReader(message))
	decoder.UseNumber()
	if decoder.Decode(&body) != nil {
		return ""
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) { // there is more
		return ""
	}
	var key strings.Builder
	for _, p := range s {
		if p.path == nil {
			key.WriteString(p.text)
			continue
		}
		text, ok := textAt(body, p.path)
		if !ok {
			return ""
		}
		key.WriteString(text)
	}
	return key.String()
}

// textAt is what stands at a path within JSON, if it is a string, a number or a boolean.
func textAt(value any, path []string) (string, bool) {
	for _, name := range path {
		object, ok := value.(map[string]any)
		if !ok {
			return "", false
		}
		value = object[name]
	}
	return plainText(value)
}

// plainText is a value that is neither null nor made of others.
func plainText(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		if v {
			return "true", true
		}
		return "false", true
	}
	return "", false
}
