package websocket_test

import (
	"encoding/binary"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/websocket"
)

// judge says what frames does, of all the bytes at once.
func judge(b []byte, limit, whole uint64) (passed, code int) {
	var size uint64
	var inside bool
	for at := 0; at < len(b); {
		f := b[at:]
		op, fin := f[0]&15, f[0] >= 0x80
		control := op >= 8
		switch {
		case f[0]&0x70 != 0, op > 10, op > 2 && op < 8, control && !fin, op == 0 && !inside,
			op > 0 && !control && inside:
			return at, 1002
		case op == 2:
			return at, 1003
		case len(f) == 1:
			return len(b), 0
		}
		n, head := uint64(f[1]&0x7f), 2
		switch {
		case f[1] < 0x80, control && n > 125, op == 8 && n == 1:
			return at + 1, 1002
		case n >= 126:
			head = map[uint64]int{126: 4, 127: 10}[n]
			if len(f) < head {
				return len(b), 0
			}
			long := n == 127
			n = binary.BigEndian.Uint64(append(make([]byte, 10-head), f[2:head]...))
			if n < 126 || long && n < 1<<16 || n >= 1<<63 {
				return at + head - 1, 1002
			}
		}
		if !control && (n > limit || size+n > whole) {
			return at + head - 1, 1009
		}
		if len(f) < head+4 {
			return len(b), 0
		}
		if !control {
			if size, inside = size+n, !fin; fin {
				size = 0
			}
		}
		at += head + 4 + int(min(n, uint64(len(f)-head-4)))
	}
	return len(b), 0
}

func FuzzFrames(f *testing.F) {
	for _, test := range nonsense() {
		if len(test.bytes) < 300 {
			f.Add(test.bytes, byte(1))
			f.Add(join(text("x"), frame(0x89, nil), test.bytes), byte(3))
		}
	}
	f.Add(join(pieces(100, 27), pieces(128)), byte(60))
	f.Add(join(pieces(100, 100, 55), pieces(100, 100, 56)), byte(7))
	f.Fuzz(func(t *testing.T, b []byte, step byte) {
		const limit, whole = 130, 255
		passed, code := judge(b, limit, whole)
		once, end := websocket.Scan(limit, whole, b)
		if once != passed || end.Code != code {
			t.Fatalf("%x: %d %v, not %d %d", b, once, end, passed, code)
		}
		var split [][]byte
		for rest := b; len(rest) > 0; {
			n := min(1+int(step)%64, len(rest))
			split, rest = append(split, rest[:n]), rest[n:]
		}
		if many, other := websocket.Scan(limit, whole, split...); many != once || other != end {
			t.Fatalf("%x: in pieces %d %v, whole %d %v", b, many, other, once, end)
		}
	})
}
