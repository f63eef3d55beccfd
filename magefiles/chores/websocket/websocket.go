// Package websocket is as much of a WebSocket client (RFC 6455) as bench needs: it connects, sends text messages and
// reads them. It does no more, so that what is measured is the server.
package websocket

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha1"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Conn is an open connection. It is for one goroutine.
type Conn struct {
	net    net.Conn
	reader *bufio.Reader
}

// largest is the longest frame that is read: API Gateway sends none over 32 KB.
const largest = 32 << 10

// Dial connects to a ws or wss URL, the latter with the system's certificates if config is nil. It, and all that
// follows on the connection, must be done within the time.
func Dial(ctx context.Context, target string, config *tls.Config, within time.Duration) (*Conn, error) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	raw, err := connect(ctx, u, config)
	if err != nil {
		return nil, err
	}

	c := &Conn{net: raw, reader: bufio.NewReader(raw)}
	if err := errors.Join(raw.SetDeadline(time.Now().Add(within)), c.upgrade(ctx, u)); err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	return c, nil
}

func connect(ctx context.Context, u *url.URL, config *tls.Config) (net.Conn, error) {
	port := u.Port()
	if u.Scheme == "ws" {
		return (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), cmp.Or(port, "80")))
	}
	return (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), cmp.Or(port, "443")))
}

// upgrade does the opening handshake (section 4.1).
func (c *Conn) upgrade(ctx context.Context, u *url.URL) error {
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce) // never fails (crypto/rand)
	key := base64.StdEncoding.EncodeToString(nonce)

	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+u.Host+u.RequestURI(), nil)
	if err != nil {
		return err
	}
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", "websocket")
	r.Header.Set("Sec-WebSocket-Version", "13")
	r.Header.Set("Sec-WebSocket-Key", key)
	if err := r.Write(c.net); err != nil {
		return err
	}
	answer, err := http.ReadResponse(c.reader, r)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("the server answered %s, not 101", answer.Status)
	}
	if answer.Header.Get("Sec-WebSocket-Accept") != Accept(key) {
		return errors.New("the server did not prove that it speaks WebSocket")
	}
	return nil
}

// Accept is what a server must answer to a client's key (section 4.2.2).
func Accept(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// The opcodes used here (section 5.2), and the bits beside them.
const (
	opText  = 0x1
	opClose = 0x8
	opPing  = 0x9
	opPong  = 0xA
	final   = 0x80
	masked  = 0x80
)

// Send sends one text message in one frame.
func (c *Conn) Send(text string) error { return c.write(opText, []byte(text)) }

// write sends a frame, masked as a client must (section 5.3).
func (c *Conn) write(opcode byte, payload []byte) error {
	frame := []byte{final | opcode}
	if n := len(payload); n < 126 {
		frame = append(frame, masked|byte(n))
	} else if n <= largest {
		frame = binary.BigEndian.AppendUint16(append(frame, masked|126), uint16(n))
	} else {
		return fmt.Errorf("a message of %d bytes does not fit into a frame of API Gateway", n)
	}
	mask := make([]byte, 4)
	_, _ = rand.Read(mask) // never fails (crypto/rand)
	frame = append(frame, mask...)
	for i, b := range payload {
		frame = append(frame, b^mask[i%4])
	}

	_, err := c.net.Write(frame)
	return err
}

// Receive returns the next text message, which must be one frame; it answers pings that come before.
func (c *Conn) Receive() (string, error) {
	for {
		opcode, payload, err := c.read()
		if err != nil {
			return "", err
		}
		switch opcode {
		case opText:
			return string(payload), nil
		case opPing:
			if err := c.write(opPong, payload); err != nil {
				return "", err
			}
		case opPong:
		case opClose:
			return "", closed(payload)
		default:
			return "", fmt.Errorf("a frame with opcode %#x came", opcode)
		}
	}
}

// closed says with which code the server closed the connection (section 7.4).
func closed(payload []byte) error {
	if len(payload) < 2 {
		return errors.New("the server closed the connection")
	}
	return fmt.Errorf("the server closed the connection with %d %s", binary.BigEndian.Uint16(payload), payload[2:])
}

// read reads one frame, which a server sends unmasked.
func (c *Conn) read() (opcode byte, payload []byte, err error) {
	head := make([]byte, 2)
	if _, err := io.ReadFull(c.reader, head); err != nil {
		return 0, nil, err
	}
	n := int(head[1])
	if n == 126 {
		long := make([]byte, 2)
		if _, err := io.ReadFull(c.reader, long); err != nil {
			return 0, nil, err
		}
		n = int(binary.BigEndian.Uint16(long))
	}
	if head[0]&final == 0 || head[1]&masked != 0 || head[1] == 127 || n > largest {
		return 0, nil, fmt.Errorf("a frame came that begins %#x, %#x", head[0], head[1])
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(c.reader, payload)

	return head[0] & 0xF, payload, err
}

// Close says goodbye (1000, section 7.4.1) and closes the connection.
func (c *Conn) Close() error {
	return errors.Join(c.write(opClose, []byte{0x03, 0xE8}), c.net.Close())
}
