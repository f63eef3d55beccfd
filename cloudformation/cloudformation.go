// Package cloudformation holds the template of plldb's stack.
package cloudformation

import _ "embed"

//go:embed template.yaml
var template string

// Template returns the template with its placeholders unfilled, as pkg/render takes it. Every call gives bytes of its
// own.
func Template() []byte { return []byte(template) }
