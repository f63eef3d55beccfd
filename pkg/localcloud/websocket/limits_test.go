package websocket_test

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	client "github.com/coder/websocket"

	"github.com/plldb/plldb/pkg/localcloud/websocket"
)

const frameLimit, messageLimit = 32 << 10, 128 << 10

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// pieces is a message in frames of the given sizes.
func pieces(sizes ...int) []byte {
	var b []byte
	for i, size := range sizes {
		first := byte(0)
		if i == 0 {
			first = 1
		}
		if i == len(sizes)-1 {
			first |= 0x80
		}
		b = append(b, frame(first, bytes.Repeat([]byte("x"), size))...)
	}
	return b
}

// nonsense is what clients must not send, and the code with which they are closed.
func nonsense() map[string]struct {
	bytes []byte
	code  int
} {
	type c = struct {
		bytes []byte
		code  int
	}
	return map[string]c{
		"binary":                         {frame(0x82, []byte("b")), 1003},
		"binary without its length":      {[]byte{0x82}, 1003},
		"binary of 40 KB":                {frame(0x82, make([]byte, 40<<10)), 1003},
		"a byte over 32 KB":              {pieces(frameLimit + 1), 1009},
		"33 KB":                          {pieces(33 << 10), 1009},
		"129 KB":                         {pieces(129 << 10), 1009},
		"64 KB announced":                {[]byte{0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 0}, 1009},
		"nearly 2^63 announced":          {[]byte{0x81, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255}, 1009},
		"2^63 announced":                 {[]byte{0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0}, 1002},
		"all of 2^64 announced":          {[]byte{0x81, 0xff, 255, 255, 255, 255, 255, 255, 255, 255}, 1002},
		"five frames, a byte too many":   {pieces(frameLimit, frameLimit, frameLimit, frameLimit, 1), 1009},
		"second frame over 32 KB":        {pieces(1, frameLimit+1), 1009},
		"not masked":                     {[]byte{0x81, 0x01, 'x'}, 1002},
		"first reserved bit":             {frame(0xc1, nil), 1002},
		"second reserved bit":            {frame(0xa1, nil), 1002},
		"third reserved bit":             {frame(0x91, nil), 1002},
		"first reserved bit, ping":       {frame(0xc9, nil), 1002},
		"ping in pieces":                 {frame(0x09, nil), 1002},
		"close in pieces":                {frame(0x08, nil), 1002},
		"ping of 126 bytes":              {frame(0x89, make([]byte, 126)), 1002},
		"pong of 64 KB announced":        {[]byte{0x8a, 0xff, 0, 0, 0, 0, 0, 1, 0, 0}, 1002},
		"continuation of nothing":        {frame(0x80, nil), 1002},
		"continuation of a whole one":    {join(text("x"), frame(0x80, nil)), 1002},
		"a message in a message":         {join(frame(0x01, nil), text("y")), 1002},
		"binary in a message":            {join(frame(0x01, nil), frame(0x82, nil)), 1002},
		"unknown data":                   {frame(0x83, nil), 1002},
		"unknown control":                {frame(0x8b, nil), 1002},
		"two bytes of length for 5":      {[]byte{0x81, 0xfe, 0, 5}, 1002},
		"eight bytes of length for 5 KB": {[]byte{0x81, 0xff, 0, 0, 0, 0, 0, 0, 0x14, 0}, 1002},
		"half a close code":              {frame(0x88, []byte{3}), 1002},
		"close code 1005":                {closing(1005, ""), 1002},
		"close code 999":                 {closing(999, ""), 1002},
		"text that is not UTF-8":         {frame(0x81, []byte("a\xff")), 1007},
		"UTF-8 that is cut off":          {join(frame(0x01, []byte("\xe2\x82")), frame(0x80, nil)), 1007},
		"a surrogate":                    {frame(0x81, []byte("\xed\xa0\x80")), 1007},
	}
}

func TestNonsenseIsClosed(t *testing.T) {
	for name, test := range nonsense() {
		for way, step := range map[string]int{"whole": len(test.bytes), "byte by byte": 1} {
			if step == 1 && len(test.bytes) > frameLimit {
				continue
			}
			t.Run(name+", "+way, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { closes(t, test.bytes, step, test.code) })
			})
		}
	}
}

func closes(t *testing.T, sent []byte, step, code int) {
	r := newRecord()
	conn := pipe(t, websocket.NewHub(websocket.Config{}), r.opening("a"))
	go func() {
		for ; len(sent) > 0; sent = sent[step:] {
			if _, err := conn.Write(sent[:step]); err != nil {
				return // it was closed
			}
		}
	}()
	seen := receiveClose(t, conn)
	if seen.Code != code {
		t.Errorf("the client saw %v", seen)
	}
	from := time.Now()
	if _, err := io.ReadAll(conn); err != nil || time.Since(from) > 5*time.Second {
		t.Errorf("the connection ended with %v after %v", err, time.Since(from))
	}
	if e := r.ending(t); e.Code != code || code != 1002 && e != seen {
		t.Errorf("it ended with %v, the client saw %v", e, seen)
	}
	if got := r.got(); len(got) > 1 || len(got) == 1 && got[0] != "x" {
		t.Errorf("delivered: %d", len(got))
	}
}

func TestWhatIsWithinTheLimitsIsDelivered(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	full := func(more ...int) []byte {
		return pieces(append([]int{frameLimit, frameLimit, frameLimit, frameLimit}, more...)...)
	}
	cases := map[string]struct {
		bytes []byte
		want  []string
	}{
		"nothing":              {text(""), []string{""}},
		"125, 126 bytes":       {join(pieces(125), pieces(126)), []string{x(125), x(126)}},
		"32 KB":                {pieces(frameLimit), []string{x(frameLimit)}},
		"128 KB in four":       {full(), []string{x(messageLimit)}},
		"128 KB, and an end":   {full(0), []string{x(messageLimit)}},
		"the count begins new": {join(full(), full()), []string{x(messageLimit), x(messageLimit)}},
		"UTF-8 over two":       {join(frame(1, []byte("\xe2\x82")), frame(0x80, []byte("\xac"))), []string{"€"}},
		"a pong between":       {join(frame(1, []byte("a")), frame(0x8a, nil), frame(0x80, nil)), []string{"a"}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRecord()
				conn := pipe(t, websocket.NewHub(websocket.Config{}), r.opening("a"))
				go func() { _, _ = conn.Write(join(test.bytes, closing(1000, "done"))) }()
				if seen := receiveClose(t, conn); seen != r.ending(t) || seen.Code != 1000 {
					t.Errorf("the client saw %v, it ended with %v", seen, r.ending(t))
				}
				if got := r.got(); strings.Join(got, "|") != strings.Join(test.want, "|") {
					t.Errorf("delivered: %d", len(got))
				}
			})
		})
	}
}

func TestWhatWasReadBeforeTheUpgradeCounts(t *testing.T) {
	for name, early := range map[string][]byte{"part": text("early")[:3], "all": text("early")} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRecord()
				conn := pipe(t, websocket.NewHub(websocket.Config{}), r.opening("a"), early...)
				rest := append(text("early")[len(early):], frame(0x82, nil)...)
				go func() { _, _ = conn.Write(rest) }()
				seen := receiveClose(t, conn)
				_ = conn.Close()
				if e := r.ending(t); seen.Code != 1003 || e != seen || len(r.got()) != 1 || r.got()[0] != "early" {
					t.Errorf("got %v, %v, %q", seen, e, r.got())
				}
			})
		})
	}
}

func TestTheReasonArrivesThoughNobodyReadsTheRest(t *testing.T) {
	r := newRecord()
	server := listen(t, websocket.NewHub(websocket.Config{}), r.opening)
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	req := request(t)
	if err := req.Write(conn); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(pieces(1 << 20)); err != nil { // all of it is written, and little is read
		t.Fatal(err)
	}
	all, err := io.ReadAll(conn)
	_, rest, _ := bytes.Cut(all, []byte("\r\n\r\n"))
	if err != nil || !bytes.HasPrefix(rest, []byte("\x88\x12\x03\xf1")) {
		t.Errorf("read %q, %v", rest, err)
	}
	_ = conn.Close()
	if e := r.ending(t); e.Code != 1009 {
		t.Errorf("got %v", e)
	}
}

func TestAClientSeesTheLimits(t *testing.T) {
	cases := map[string]struct {
		kind client.MessageType
		size int
		code client.StatusCode
	}{
		"binary": {client.MessageBinary, 1, 1003},
		"33 KB":  {client.MessageText, 33 << 10, 1009},
		"129 KB": {client.MessageText, 129 << 10, 1009},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			r := newRecord()
			conn := dial(t, listen(t, websocket.NewHub(websocket.Config{}), r.opening), "a")
			_ = conn.Write(t.Context(), test.kind, make([]byte, test.size)) // the close may be faster
			if _, _, err := conn.Read(t.Context()); client.CloseStatus(err) != test.code {
				t.Errorf("got %v", err)
			}
			if e := r.ending(t); e.Code != int(test.code) {
				t.Errorf("got %v", e)
			}
		})
	}
}
