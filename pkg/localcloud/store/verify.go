package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
)

// bbolt trusts its file: a page that is not what it was makes it panic, turn in a circle, take a page that is used for
// a free one, or miss a key. So the file is read and understood here before bbolt sees it, with every length and page
// number in doubt, and all of it is accounted for: each page is used once or free once, each value has its checksum,
// and the checksums add up to the sum that was written with them.
//
// The layout is that of bbolt v1 (its internal/common: page.go, meta.go, bucket.go, inode.go), in the machine's byte
// order.
const (
	headerSize  = 16 // of a page: id 8, flags 2, count 2, overflow 4
	elementSize = 16 // of a page's element, before its key
	bucketSize  = 16 // of a bucket's root and sequence, before an inline page
	metaSize    = 64
	metaSum     = 56 // where its checksum stands

	branchPage = 0x01
	leafPage   = 0x02
	freePage   = 0x10

	boltMagic   = 0xED0CDAED
	boltVersion = 2
)

func u16(b []byte) uint16 { return binary.NativeEndian.Uint16(b) }

func u32(b []byte) uint32 { return binary.NativeEndian.Uint32(b) }

func u64(b []byte) uint64 { return binary.NativeEndian.Uint64(b) }

// verify reads a whole file. The error says what is wrong with it.
func verify(file []byte) error {
	m, err := newest(file)
	if err != nil {
		return err
	}
	if m.high > uint64(len(file)/m.pageSize) {
		return fmt.Errorf("it is cut off: %d bytes are left of %d pages", len(file), m.high)
	}
	im := &image{file: file, pageSize: m.pageSize, taken: make([]bool, m.high)}
	if err := im.buckets(m.root); err != nil {
		return err
	}
	if err := im.free(m.freelist); err != nil {
		return err
	}
	return im.complete()
}

// meta is what is needed of one of the two pages that a file begins with.
type meta struct {
	pageSize                   int
	root, freelist, high, txid uint64
}

// newest is the later of the two. bbolt falls back on the older one where the later is damaged, which is the state
// before the last transaction; here both have to be right.
func newest(file []byte) (meta, error) {
	a, err := metaAt(file, 0)
	if err != nil {
		return meta{}, err
	}
	b, err := metaAt(file, a.pageSize)
	if err != nil {
		return meta{}, err
	}
	switch {
	case a.pageSize != b.pageSize, a.txid != b.txid+1 && b.txid != a.txid+1:
		return meta{}, errors.New("its two heads do not fit together")
	case a.txid > b.txid:
		return a, nil
	}
	return b, nil
}

func metaAt(file []byte, at int) (meta, error) {
	if len(file) < at+headerSize+metaSize {
		return meta{}, errors.New("it is cut off in its head")
	}
	text := file[at+headerSize : at+headerSize+metaSize]
	h := fnv.New64a()
	_, _ = h.Write(text[:metaSum]) // a hash takes everything
	if u32(text) != boltMagic || u32(text[4:]) != boltVersion ||
		h.Sum64() != u64(text[metaSum:]) {
		return meta{}, errors.New("the checksum of its head is wrong")
	}
	return meta{
		pageSize: int(u32(text[8:])), root: u64(text[16:]), freelist: u64(text[32:]),
		high: u64(text[40:]), txid: u64(text[48:]),
	}, nil
}

// image is a file that is being read.
type image struct {
	file     []byte
	pageSize int
	taken    []bool // the pages that something has named
	sum      uint64 // of the values found
	written  []byte // what about/sum says
}

// take gives a page with those that it runs over into. A page may be taken once: that also ends circles.
func (im *image) take(id uint64) (page, error) {
	if id < 2 || id >= uint64(len(im.taken)) {
		return page{}, fmt.Errorf("there is no page %d", id)
	}
	head := im.file[id*uint64(im.pageSize):]
	more := uint64(u32(head[12:]))
	if u64(head) != id || id+more >= uint64(len(im.taken)) {
		return page{}, fmt.Errorf("page %d is not what it was", id)
	}
	for i := id; i <= id+more; i++ {
		if err := im.claim(i); err != nil {
			return page{}, err
		}
	}
	return page{id, head[:(more+1)*uint64(im.pageSize)]}, nil
}

func (im *image) claim(id uint64) error {
	if id < 2 || id >= uint64(len(im.taken)) || im.taken[id] {
		return fmt.Errorf("page %d is used twice, or not there", id)
	}
	im.taken[id] = true
	return nil
}

// buckets reads the tree of the tables' names.
func (im *image) buckets(root uint64) error {
	return im.tree(root, func(flags uint32, name, value []byte) error {
		if flags != 1 || len(value) < bucketSize || u64(value[8:]) != 0 {
			return fmt.Errorf("the table %q is not what it was", name)
		}
		visit := func(flags uint32, key, value []byte) error { return im.value(string(name), flags, key, value) }
		if root := u64(value); root != 0 {
			return im.tree(root, visit)
		}
		p := page{0, value[bucketSize:]} // a small table stands within its entry
		if !p.is(leafPage) {
			return fmt.Errorf("the table %q is not what it was", name)
		}
		return im.leaf(p, span{}, visit)
	})
}

func (im *image) value(table string, flags uint32, key, sealed []byte) error {
	if flags != 0 || !sealedRight(table, string(key), sealed) {
		return fmt.Errorf("the checksum of %s/%s is wrong", table, key)
	}
	if table == about && string(key) == sumKey {
		im.written = sealed[4:]
		return nil
	}
	im.sum += uint64(binary.BigEndian.Uint32(sealed))
	return nil
}

// span is where the keys of a page must lie: from low, and below high; nil has no end.
type span struct{ low, high []byte }

func (s span) holds(key []byte) bool {
	return bytes.Compare(key, s.low) >= 0 && (s.high == nil || bytes.Compare(key, s.high) < 0)
}

type visitor func(flags uint32, key, value []byte) error

func (im *image) tree(root uint64, visit visitor) error { return im.node(root, span{}, visit) }

func (im *image) node(id uint64, keys span, visit visitor) error {
	p, err := im.take(id)
	switch {
	case err != nil:
		return err
	case p.is(leafPage):
		return im.leaf(p, keys, visit)
	case p.is(branchPage):
		return im.branch(p, keys, visit)
	}
	return fmt.Errorf("page %d is of another kind", id)
}

func (im *image) branch(p page, keys span, visit visitor) error {
	elements, err := p.elements(keys)
	if err != nil {
		return err
	}
	if len(elements) == 0 {
		return fmt.Errorf("page %d is empty", p.id)
	}
	for i, e := range elements {
		below := span{e.key, keys.high}
		if i+1 < len(elements) {
			below.high = elements[i+1].key
		}
		if err := im.node(e.child, below, visit); err != nil {
			return err
		}
	}
	return nil
}

func (im *image) leaf(p page, keys span, visit visitor) error {
	elements, err := p.elements(keys)
	if err != nil {
		return err
	}
	for _, e := range elements {
		if err := visit(e.flags, e.key, e.value); err != nil {
			return err
		}
	}
	return nil
}

// free reads the list of the free pages, which stands in pages itself.
func (im *image) free(list uint64) error {
	p, err := im.take(list)
	if err != nil {
		return err
	}
	if !p.is(freePage) {
		return fmt.Errorf("page %d does not list the free pages", list)
	}
	ids, count := p.data[headerSize:], uint64(p.count())
	if count == 0xFFFF { // more than fit: the number stands first
		count, ids = u64(ids), ids[8:]
	}
	if count > uint64(len(ids)/8) {
		return fmt.Errorf("page %d lists more free pages than it holds", list)
	}
	for i := range count {
		if err := im.claim(u64(ids[i*8:])); err != nil {
			return err
		}
	}
	return nil
}

// complete sees that nothing is lost: no page, and no value.
func (im *image) complete() error {
	for id := 2; id < len(im.taken); id++ {
		if !im.taken[id] {
			return fmt.Errorf("nothing refers to page %d", id)
		}
	}
	if string(im.written) != sumText(im.sum) {
		return errors.New("a value is missing")
	}
	return nil
}
