package s3

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"time"
)

const (
	namespace   = "http://s3.amazonaws.com/doc/2006-03-01/"
	declaration = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
)

// read fills a value from a request's body. An element that the value has no field for, one that stands twice where it
// may stand once, and text where there are elements are MalformedXML, as everything is that is not well-formed.
func read(body []byte, root string, into any) error {
	d := xml.NewDecoder(bytes.NewReader(body))
	start, err := first(d)
	if err != nil || start.Name.Local != root {
		return malformedXML()
	}
	if err := fits(d, reflect.TypeOf(into).Elem()); err != nil {
		return malformedXML()
	}
	if !ends(d) || xml.Unmarshal(body, into) != nil {
		return malformedXML()
	}
	return nil
}

// first is the root element.
func first(d *xml.Decoder) (xml.StartElement, error) {
	for {
		token, err := d.Token()
		if err != nil {
			return xml.StartElement{}, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			return t, nil
		case xml.Directive:
			return xml.StartElement{}, malformedXML()
		}
	}
}

// ends says whether nothing but space and comments is left.
func ends(d *xml.Decoder) bool {
	for {
		token, err := d.Token()
		if err != nil {
			return err == io.EOF
		}
		if text, ok := token.(xml.CharData); ok && len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		if _, ok := token.(xml.Comment); !ok {
			return false
		}
	}
}

// fits walks through an element up to its end, beside the type that it will be read into. It goes no deeper than the
// type.
func fits(d *xml.Decoder, t reflect.Type) error {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	seen := map[string]bool{}
	for {
		token, err := d.Token()
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.EndElement:
			return nil
		case xml.CharData:
			if hasElements(t) && len(bytes.TrimSpace(token)) > 0 {
				return malformedXML()
			}
		case xml.StartElement:
			name := token.Name.Local
			f, ok := member(t, name)
			if !ok || seen[name] && f.Kind() != reflect.Slice {
				return malformedXML()
			}
			seen[name] = true
			if err := fits(d, f); err != nil {
				return err
			}
		case xml.Directive, xml.ProcInst:
			return malformedXML()
		}
	}
}

// hasElements says whether a type is of elements; a moment is text.
func hasElements(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != reflect.TypeFor[time.Time]()
}

// member is the type of the field that an element is read into.
func member(t reflect.Type, name string) (reflect.Type, bool) {
	if !hasElements(t) {
		return nil, false
	}
	for i := range t.NumField() {
		f := t.Field(i)
		tag, _, _ := strings.Cut(f.Tag.Get("xml"), ",")
		if tag == name || tag == "" && f.Name == name {
			return f.Type, true
		}
	}
	return nil, false
}

// answer writes a value as the element root.
func (r *request) answer(root string, value any) error {
	b := bytes.NewBufferString(declaration)
	start := xml.StartElement{
		Name: xml.Name{Local: root}, Attr: []xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: namespace}},
	}
	if err := xml.NewEncoder(b).EncodeElement(value, start); err != nil {
		return fmt.Errorf("writing the answer of %s: %w", r.op.name, err)
	}
	r.w.Header().Set("Content-Type", "application/xml")
	r.w.WriteHeader(http.StatusOK)
	_, _ = r.w.Write(b.Bytes()) // the client gets it, or is gone
	return nil
}
