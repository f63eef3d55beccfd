package websocket

import "encoding/binary"

// The operations of frames, https://www.rfc-editor.org/rfc/rfc6455#section-5.2.
const (
	opMore   = 0x0
	opText   = 0x1
	opBinary = 0x2
	opClose  = 0x8
	opPong   = 0xA
)

// frames follows the frames of a client, in whatever pieces their bytes come.
type frames struct {
	frame, message uint64 // bytes that one may have

	header [14]byte // of the frame that begins
	have   int      // bytes of the header
	left   uint64   // bytes of the payload that are still to come
	inside bool     // a message has begun and is not whole
	size   uint64   // of the message so far
}

// refusal is an error that ends the connection in the way that it says.
type refusal struct{ Ending }

// Error is the reason.
func (r *refusal) Error() string { return r.Reason }

func breach(reason string) *refusal { return &refusal{Ending{protocolError, reason}} }

// pass takes the next bytes, and returns how many of them may be passed on: all, or those before the byte that breaks a
// rule. Of a header that breaks one the last byte is never passed on, so that nobody above sees it whole.
func (f *frames) pass(p []byte) (int, *refusal) {
	for i := 0; i < len(p); {
		if f.left > 0 {
			n := min(f.left, uint64(len(p)-i))
			f.left -= n
			i += int(n)
			continue
		}
		f.header[f.have] = p[i]
		f.have++
		if broken := f.check(); broken != nil {
			return i, broken
		}
		i++
	}
	return len(p), nil
}

// check judges a header as far as it has come, at the earliest byte that tells.
func (f *frames) check() *refusal {
	switch extra := f.extra(); {
	case f.have == 1:
		return f.first()
	case f.have == 2:
		if broken := f.second(); broken != nil || extra > 0 {
			return broken
		}
		return f.length()
	case f.have == 2+extra:
		return f.length()
	case f.have == 2+extra+4: // with the key of the mask the header is whole
		f.begin()
	}
	return nil
}

// first judges the flags and the operation.
func (f *frames) first() *refusal {
	op := f.operation()
	switch {
	case f.header[0]&0x70 != 0:
		return breach("a reserved bit is set")
	case op > opBinary && op < opClose || op > opPong:
		return breach("an unknown kind of frame")
	case op >= opClose && !f.final():
		return breach("a control frame in pieces")
	case op >= opClose:
		return nil
	case op == opMore && !f.inside:
		return breach("a continuation of no message")
	case op != opMore && f.inside:
		return breach("a message within another")
	case op == opBinary:
		// https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-binary-media-types.html
		// What the close frame gives as its reason is unverified, as for all reasons in this file.
		return &refusal{Ending{unsupported, "Binary frames are not supported"}}
	}
	return nil
}

// second judges what can be known before the length is.
func (f *frames) second() *refusal {
	short := f.header[1] & 0x7f
	switch {
	case f.header[1]&0x80 == 0:
		return breach("a frame that is not masked")
	case f.operation() >= opClose && short > 125:
		return breach("a control frame that is too long")
	case f.operation() == opClose && short == 1:
		return breach("a close frame with half a code")
	}
	return nil
}

// length judges the length of a frame, and of the message that it is part of. 32 KB are allowed, a byte more is not: "a
// message larger than 32 KB must be split into multiple frames, each 32 KB or smaller" (the page of the limits).
func (f *frames) length() *refusal {
	length := f.payload()
	switch extra := f.extra(); {
	case length>>63 != 0, extra == 2 && length < 126, extra == 8 && length <= 0xffff:
		return breach("a length that is not in its shortest form")
	case f.operation() >= opClose:
		return nil
	case length > f.frame, f.size+length > f.message:
		return &refusal{Ending{tooLong, "Message too long"}}
	}
	return nil
}

// begin makes the payload follow.
func (f *frames) begin() {
	f.left, f.have = f.payload(), 0
	if f.operation() >= opClose {
		return
	}
	f.inside = !f.final()
	f.size += f.left
	if !f.inside {
		f.size = 0
	}
}

func (f *frames) operation() byte { return f.header[0] & 0x0f }

func (f *frames) final() bool { return f.header[0]&0x80 != 0 }

// extra is how many bytes of length follow the second one.
func (f *frames) extra() int {
	switch f.header[1] & 0x7f {
	case 126:
		return 2
	case 127:
		return 8
	}
	return 0
}

func (f *frames) payload() uint64 {
	switch f.extra() {
	case 2:
		return uint64(binary.BigEndian.Uint16(f.header[2:]))
	case 8:
		return binary.BigEndian.Uint64(f.header[2:])
	}
	return uint64(f.header[1] & 0x7f)
}
