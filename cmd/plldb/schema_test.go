package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// schema is docs/output.schema.json as far as a line of the binary's own output is held to it here: which lines there
// are, which fields each must have, and which it may. pkg/screen's tests hold every value to it.
type schema struct {
	Defs map[string]struct {
		Required   []string
		Properties map[string]struct {
			Const any
			Enum  []any
		}
	} `json:"$defs"`
}

func readSchema() (schema, error) {
	var s schema
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "output.schema.json"))
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(text, &s)
}

// fits says what is wrong with a line.
func (s schema) fits(line string) error {
	var fields map[string]any
	if err := json.Unmarshal([]byte(line), &fields); err != nil {
		return err
	}
	for name, def := range s.Defs {
		kind, phase := def.Properties["type"].Const, def.Properties["phase"].Const
		if kind == nil || kind != fields["type"] || phase != fields["phase"] {
			continue
		}
		for _, field := range def.Required {
			if _, there := fields[field]; !there {
				return fmt.Errorf("a line of the kind %s has no %s", name, field)
			}
		}
		for field, value := range fields {
			property, known := def.Properties[field]
			if !known || property.Enum != nil && !slices.Contains(property.Enum, value) {
				return fmt.Errorf("a line of the kind %s has %s = %v, which the schema does not know", name, field, value)
			}
		}
		return nil
	}
	return fmt.Errorf("the schema knows no line of the type %v", fields["type"])
}
