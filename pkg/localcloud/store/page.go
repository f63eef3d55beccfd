package store

import "fmt"

// page is one of bbolt's, with those that it runs over into.
type page struct {
	id   uint64
	data []byte
}

// is tells whether the page is of that kind. One that has no room for its head is of none.
func (p page) is(kind uint16) bool {
	return len(p.data) >= headerSize && u16(p.data[8:]) == kind
}

func (p page) count() int { return int(u16(p.data[10:])) }

// element is an entry of a leaf, or the way to a child of a branch.
type element struct {
	flags      uint32
	key, value []byte
	child      uint64
}

// elements reads all of them, and sees that their keys rise within the span.
func (p page) elements(keys span) ([]element, error) {
	elements := make([]element, 0, p.count())
	for i := range p.count() {
		e, ok := p.element(i)
		if !ok || !keys.holds(e.key) {
			return nil, fmt.Errorf("entry %d of page %d is not what it was", i, p.id)
		}
		keys.low = append(e.key[:len(e.key):len(e.key)], 0) // the next key is greater
		elements = append(elements, e)
	}
	return elements, nil
}

func (p page) element(i int) (element, bool) {
	at := headerSize + i*elementSize
	if at+elementSize > len(p.data) {
		return element{}, false
	}
	text := p.data[at:]
	if p.is(branchPage) {
		key, _, ok := p.cut(at, u32(text), u32(text[4:]), 0)
		return element{key: key, child: u64(text[8:])}, ok
	}
	key, value, ok := p.cut(at, u32(text[4:]), u32(text[8:]), u32(text[12:]))
	return element{flags: u32(text), key: key, value: value}, ok
}

// cut is the key and value that stand some bytes after the element.
func (p page) cut(at int, distance, keySize, valueSize uint32) (key, value []byte, ok bool) {
	start := uint64(at) + uint64(distance)
	middle := start + uint64(keySize)
	end := middle + uint64(valueSize)
	if keySize == 0 || end > uint64(len(p.data)) {
		return nil, nil, false
	}
	return p.data[start:middle], p.data[middle:end], true
}
