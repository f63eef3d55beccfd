package template

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
)

// readJSON reads JSON strictly: a member that is there twice is refused.
func readJSON(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	r := &jsonReader{d, text}
	tree, err := r.value(0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, r.malformed(err)
	}
	return tree, nil
}

type jsonReader struct {
	*json.Decoder
	text []byte
}

// malformed says where the text is no JSON.
// https://repost.aws/knowledge-center/cloudformation-template-validation
func (r *jsonReader) malformed(err error) *Invalid {
	at := r.InputOffset()
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = e.Offset
	}
	before := r.text[:max(0, min(int(at)-1, len(r.text)))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return invalidf("Template format error: JSON not well-formed. (line %d, column %d)", line, column)
}

func (r *jsonReader) value(depth int) (any, error) {
	token, err := r.Token()
	if err != nil || depth > deepest {
		return nil, r.malformed(err)
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '{' {
			return r.object(depth)
		}
		return r.list(depth)
	case json.Number:
		return r.number(token)
	}
	return token, nil // string, bool, nil
}

func (r *jsonReader) number(n json.Number) (any, error) {
	if _, err := strconv.ParseInt(n.String(), 10, 64); err == nil && len(n) > longestInteger {
		return nil, unmodelled("the number %s, which has too many digits; write it in quotes", n)
	}
	f, err := n.Float64()
	if err != nil {
		return nil, r.malformed(err)
	}
	return f, nil
}

func (r *jsonReader) object(depth int) (any, error) {
	object := map[string]any{}
	for r.More() {
		token, err := r.Token()
		key, ok := token.(string)
		if _, twice := object[key]; err != nil || !ok || twice {
			return nil, r.malformed(err)
		}
		if object[key], err = r.value(depth + 1); err != nil {
			return nil, err
		}
	}
	if _, err := r.Token(); err != nil {
		return nil, r.malformed(err)
	}
	return dotted(object), nil
}

func (r *jsonReader) list(depth int) (any, error) {
	list := []any{}
	for r.More() {
		item, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	if _, err := r.Token(); err != nil {
		return nil, r.malformed(err)
	}
	return list, nil
}
