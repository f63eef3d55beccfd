package store

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"os"
	"strconv"

	"go.etcd.io/bbolt"
)

// sumKey is where the sum of all values' checksums stands: it tells whether one is missing.
const sumKey = "sum"

// diskPages puts a CRC-32C before every value: bbolt checks its two meta pages only.
type diskPages struct {
	tx    *bbolt.Tx
	on    *onDisk
	dirty bool
	sum   uint64 // if dirty
}

func (p *diskPages) get(table, key string) (value []byte, err error) {
	defer p.on.fault(&err)
	b := p.tx.Bucket([]byte(table))
	if b == nil {
		return nil, nil
	}
	return p.checked(table, key, b.Get([]byte(key)))
}

// checked is the value without its checksum, in memory that outlives the transaction.
func (p *diskPages) checked(table, key string, sealed []byte) ([]byte, error) {
	if sealed == nil {
		return nil, nil
	}
	if !sealedRight(table, key, sealed) {
		return nil, &Damaged{Path: p.on.path, What: "the checksum of " + table + "/" + key + " is wrong"}
	}
	return bytes.Clone(sealed[4:]), nil
}

func (p *diskPages) put(table, key string, value []byte) (err error) {
	defer p.on.fault(&err)
	if err := p.write(); err != nil {
		return err
	}
	b, err := p.tx.CreateBucketIfNotExists([]byte(table))
	if err != nil {
		return fmt.Errorf("writing %s/%s: %w", table, key, err)
	}
	sealed := seal(table, key, value)
	p.sum += checksum(sealed) - checksum(b.Get([]byte(key)))
	if err := b.Put([]byte(key), sealed); err != nil {
		return fmt.Errorf("writing %s/%s: %w", table, key, err)
	}
	return nil
}

func (p *diskPages) remove(table, key string) (err error) {
	defer p.on.fault(&err)
	b := p.tx.Bucket([]byte(table))
	if b == nil {
		return nil
	}
	old := b.Get([]byte(key))
	if old == nil {
		return nil
	}
	if err := p.write(); err != nil {
		return err
	}
	p.sum -= checksum(old)
	if err := b.Delete([]byte(key)); err != nil {
		return fmt.Errorf("removing %s/%s: %w", table, key, err)
	}
	return nil
}

func (p *diskPages) each(table, prefix string, visit func(string, []byte)) (err error) {
	defer p.on.fault(&err)
	b := p.tx.Bucket([]byte(table))
	if b == nil {
		return nil
	}
	c := b.Cursor()
	for k, v := c.Seek([]byte(prefix)); k != nil && bytes.HasPrefix(k, []byte(prefix)); k, v = c.Next() {
		value, err := p.checked(table, string(k), v)
		if err != nil {
			return err
		}
		visit(string(k), value)
	}
	return nil
}

// write begins to write: it takes up the sum.
func (p *diskPages) write() error {
	if p.dirty {
		return nil
	}
	text, err := p.get(about, sumKey)
	if err != nil {
		return err
	}
	if text != nil {
		if err := json.Unmarshal(text, &p.sum); err != nil {
			return &Damaged{Path: p.on.path, What: "the sum of its values cannot be read", Err: err}
		}
	}
	p.dirty = true
	return nil
}

// commit writes the sum, and waits until all is on the disk.
func (p *diskPages) commit() (err error) {
	defer p.on.fault(&err)
	b, err := p.tx.CreateBucketIfNotExists([]byte(about))
	if err == nil {
		err = b.Put([]byte(sumKey), seal(about, sumKey, []byte(sumText(p.sum))))
	}
	p.on.seen = nil // until it is known what was written
	if err == nil {
		err = p.tx.Commit()
	}
	if err != nil {
		return fmt.Errorf("writing the local cloud's state %s: %w", p.on.path, err)
	}
	if now, err := os.Stat(p.on.path); err == nil {
		p.on.seen = now
	}
	return nil
}

func sumText(sum uint64) string { return strconv.FormatUint(sum, 10) }

// seal puts the checksum before a value. It covers the names too: a value that stands in another's place is damage.
func seal(table, key string, value []byte) []byte {
	sealed := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(value)), sum(table, key, value))
	return append(sealed, value...)
}

func sealedRight(table, key string, sealed []byte) bool {
	return len(sealed) >= 4 && binary.BigEndian.Uint32(sealed) == sum(table, key, sealed[4:])
}

// checksum is that of a sealed value, 0 of none.
func checksum(sealed []byte) uint64 {
	if len(sealed) < 4 {
		return 0
	}
	return uint64(binary.BigEndian.Uint32(sealed))
}

func sum(table, key string, value []byte) uint32 {
	castagnoli := crc32.MakeTable(crc32.Castagnoli) // made once, by that package
	c := crc32.Update(0, castagnoli, []byte(table+"\x00"+key+"\x00"))
	return crc32.Update(c, castagnoli, value)
}
