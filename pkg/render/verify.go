package render

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// verify parses the filled text and finds what is not as meant: anything that CloudFormation does not take as a
// template, and every value that is not part of a double-quoted string that has just this value in the placeholder's
// place. Elsewhere a value could read as a number, as null, or as something with a structure (trap 59).
func (p page) verify() []finding {
	root, err := parse(p.out)
	if err != nil {
		return []finding{{p.back(brokenAt(p.out, err)), "this is no YAML: " + err.Error(), "mend the text there, or just before it"}}
	}

	v := verifier{page: p, starts: lineStarts(p.out), quoted: make([]bool, len(p.holes)), seen: map[string]bool{}}
	if root.Kind != yaml.MappingNode {
		v.tell(root, "a template is a mapping, and this is none", "it begins with a line like `Resources:`")
	}
	v.walk(root)
	for i, h := range p.holes {
		if !v.quoted[i] {
			v.add(h.start, h.whole+" does not stand in double quotes",
				`write "`+opening+`NAME}", quotes included; in a comment leave out the dollar sign and the braces`)
		}
	}
	return v.found
}

// verifier walks the nodes of one page.
type verifier struct {
	page
	starts []int           // where the lines of the filled text begin
	quoted []bool          // by hole: it lies in a double-quoted string
	seen   map[string]bool // the keys of one mapping
	found  []finding
}

func (v *verifier) add(at int, text, hint string) { v.found = append(v.found, finding{at, text, hint}) }

func (v *verifier) tell(n *yaml.Node, text, hint string) { v.add(v.back(v.offset(n)), text, hint) }

// offset is where a node begins in the filled text. The parser counts columns in characters; all of ours are bytes.
// What is not written, as the value behind "---", it may place behind the end.
func (v *verifier) offset(n *yaml.Node) int {
	if n.Line < 1 || n.Line > len(v.starts) {
		return len(v.out)
	}
	return min(v.starts[n.Line-1]+n.Column-1, len(v.out))
}

func (v *verifier) walk(n *yaml.Node) {
	switch n.Kind {
	case yaml.AliasNode:
		v.tell(n, "CloudFormation takes no YAML aliases", "write the value out in each place")
	case yaml.MappingNode:
		v.keys(n)
	case yaml.ScalarNode:
		v.scalar(n)
	}
	for _, child := range n.Content {
		v.walk(child)
	}
}

// keys finds a key that stands twice in one mapping. That is no YAML, though the parser takes it, and one of the two
// would be lost.
func (v *verifier) keys(n *yaml.Node) {
	clear(v.seen)
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode {
			continue
		}
		if v.seen[key.Value] {
			v.tell(key, "the key "+quote(key.Value)+" stands a second time in its mapping", "keep one of the two")
		}
		v.seen[key.Value] = true
	}
}

func (v *verifier) scalar(n *yaml.Node) {
	if strings.Contains(n.Value, opening) {
		v.tell(n, "a placeholder is written with escapes", "write it letter by letter: "+opening+"NAME}")
	}
	if n.Style&yaml.DoubleQuotedStyle == 0 {
		return
	}
	if from, to, ok := quotes(v.out, v.offset(n)); ok {
		v.compare(n, from, to)
	}
}

// compare holds the double-quoted string out[from:to] against what it must read.
func (v *verifier) compare(n *yaml.Node, from, to int) {
	first, last := v.inside(from, to)
	if first == last {
		return
	}
	for i := first; i < last; i++ {
		v.quoted[i] = true
	}

	tag := n.ShortTag()
	unfilled, err := unquote(v.text[v.back(from):v.back(to)])
	want, ok := v.meaning(unfilled, first, last)
	switch {
	case err != nil || !ok:
		v.add(v.holes[first].start, "the string around "+v.holes[first].whole+" does not keep it as it is written",
			"take away the backslash before it")
	case n.Value != want:
		v.tell(n, "filled in, this reads "+quote(n.Value)+" and not "+quote(want), "let the placeholder stand by itself, in double quotes")
	case strings.HasPrefix(tag, "!!") && tag != "!!str":
		v.tell(n, "the tag "+tag+" makes something else than a string of this", "take the tag away")
	}
}
