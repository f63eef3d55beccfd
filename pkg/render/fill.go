package render

import (
	"bytes"
	"sort"
	"strings"
)

// page is a template before and after filling.
type page struct {
	text  []byte
	out   []byte
	holes []hole // in order
}

// hole is one filled placeholder.
type hole struct {
	placeholder
	from, to int // out[from:to] is the value
}

// fillMarks replaces every placeholder. One whose value may not be used gets a mask, so that everything else can still
// be looked at.
func fillMarks(text []byte, marks []placeholder, fill filler) (p page, found []finding) {
	p = page{text: text, holes: make([]hole, 0, len(marks))}
	var out bytes.Buffer
	out.Grow(len(text) + len(text)/4)

	done := 0
	for _, m := range marks {
		out.Write(text[done:m.start])
		from := out.Len()
		value, wrong := fill(m)
		if wrong != nil {
			found = append(found, *wrong)
			value, _ = mask(m)
		}
		out.WriteString(value)
		p.holes = append(p.holes, hole{m, from, out.Len()})
		done = m.end
	}
	out.Write(text[done:])
	p.out = out.Bytes()
	return p, found
}

// back turns an offset of the filled text into one of the unfilled. What lies in a value becomes its placeholder's
// start.
func (p page) back(at int) int {
	i := sort.Search(len(p.holes), func(i int) bool { return p.holes[i].from > at })
	if i == 0 {
		return at
	}
	h := p.holes[i-1]
	if at < h.to {
		return h.start
	}
	return h.end + at - h.to
}

// inside returns which holes lie wholly in out[from:to]: from first up to, and without, last.
func (p page) inside(from, to int) (first, last int) {
	first = sort.Search(len(p.holes), func(i int) bool { return p.holes[i].from >= from })
	last = sort.Search(len(p.holes), func(i int) bool { return p.holes[i].to > to })
	return first, max(first, last)
}

// meaning returns what a string must read once filled: what it reads unfilled, with its placeholders replaced. It is
// not ok when they do not all stand there letter by letter.
func (p page) meaning(unfilled string, first, last int) (want string, ok bool) {
	var b strings.Builder
	for _, h := range p.holes[first:last] {
		before, after, found := strings.Cut(unfilled, h.whole)
		if !found {
			return "", false
		}
		b.WriteString(before)
		b.Write(p.out[h.from:h.to])
		unfilled = after
	}
	b.WriteString(unfilled)
	return b.String(), true
}
