package account

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// Bounds of one request. The SDK has none on a peer that accepts and then stays silent (trap 67).
const (
	dialWait      = 5 * time.Second
	handshakeWait = 5 * time.Second
	headerWait    = 30 * time.Second // from the request's last byte to the answer's first
	stallWait     = 30 * time.Second // for any single write, so that a large upload may be slow but not stand still
	silenceWait   = 60 * time.Second // for any single read, inside an answer or on an idle connection; more than stallWait
)

// dialer makes the connections, and can make them before they are needed: dialling S3 while STS is being asked who calls
// takes two round trips off every run.
type dialer struct {
	tcp   dialing
	proxy func(*http.Request) (*url.URL, error)
	tls   *tls.Config

	apart atomic.Bool // names are not to share connections: the server has refused it

	mu    sync.Mutex
	ahead map[string][]chan net.Conn // by host:port; a dial that failed closes its channel
}

// dialing opens a connection to host:port.
type dialing = func(ctx context.Context, network, addr string) (net.Conn, error)

// newDialer makes a dialer that opens its connections by tcp; nil is the network itself.
func newDialer(tcp dialing) *dialer {
	if tcp == nil {
		tcp = (&net.Dialer{Timeout: dialWait, KeepAlive: 30 * time.Second}).DialContext
	}
	return &dialer{tcp: tcp, ahead: map[string][]chan net.Conn{}}
}

// buildable is the HTTP client as the SDK's configuration wants it, which adds AWS_CA_BUNDLE to it.
func (d *dialer) buildable() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.DialContext = d.plain
		t.TLSHandshakeTimeout = handshakeWait
		t.ResponseHeaderTimeout = headerWait
	})
}

// client is the HTTP client of all services, made of what the configuration has left of buildable's.
func (d *dialer) client(b *awshttp.BuildableClient) *http.Client {
	t := b.GetTransport()
	d.proxy = t.Proxy
	d.tls = t.TLSClientConfig.Clone()
	if d.tls == nil {
		d.tls = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	d.tls.NextProtos = []string{"http/1.1"} // what the regional endpoints speak; a connection dialled ahead must fit
	own := t.Clone()
	t.DialTLSContext, own.DialTLSContext = d.secure, d.handshake

	return &http.Client{
		Transport:     readOnly{misdirected{shared: t, own: own, dialer: d}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (d *dialer) plain(ctx context.Context, network, addr string) (net.Conn, error) {
	if c := d.claim(ctx, addr, addr); c != nil {
		return c, nil
	}
	return d.open(ctx, network, addr)
}

func (d *dialer) open(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := d.tcp(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return bounded{c}, nil
}

// secure takes a connection dialled ahead to the name or to its parent.
//
// S3 has a host name for every bucket, which is known only when the account is; the connection made ahead is to the
// region's own name. It serves a bucket's name if the certificate that it showed is good for that name too, as S3's is: the
// ground on which HTTP/2 clients share connections (RFC 9110, 4.3.3). HTTP/1.1 has no such custom, but S3 finds the bucket
// by the Host header alone (S3 user guide, virtual hosting), and nginx-s3-gateway has long asked it so: SNI
// s3.REGION.amazonaws.com, Host BUCKET.s3.REGION.amazonaws.com.
func (d *dialer) secure(ctx context.Context, network, addr string) (net.Conn, error) {
	names := []string{addr}
	if _, parent, ok := strings.Cut(addr, "."); ok {
		names = append(names, parent)
	}
	if c := d.claim(ctx, addr, names...); c != nil {
		return c, nil
	}
	return d.handshake(ctx, network, addr)
}

func (d *dialer) handshake(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := d.open(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, handshakeWait)
	defer cancel()
	cfg := d.tls.Clone()
	cfg.ServerName, _, _ = net.SplitHostPort(addr)
	t := tls.Client(c, cfg)
	if err := t.HandshakeContext(ctx); err != nil {
		_ = c.Close()
		return nil, err
	}
	return t, nil
}

// dial begins n connections to the host of u. Nothing is dialled where a proxy stands between.
func (d *dialer) dial(ctx context.Context, u *url.URL, n int) {
	if d.proxy != nil {
		if via, err := d.proxy(&http.Request{URL: u}); err != nil || via != nil {
			return
		}
	}
	addr, open := net.JoinHostPort(u.Hostname(), port(u)), d.open
	if u.Scheme == "https" {
		open = d.handshake
	}

	d.mu.Lock()
	defer d.mu.Unlock()
	for range n {
		made := make(chan net.Conn, 1)
		d.ahead[addr] = append(d.ahead[addr], made)
		go func() {
			if c, err := open(ctx, "tcp", addr); err == nil {
				made <- c
			}
			close(made)
		}()
	}
}

// claim hands out a connection that was dialled ahead to one of the names, or is just being dialled, and that is good for
// addr; nil if there is none.
func (d *dialer) claim(ctx context.Context, addr string, names ...string) net.Conn {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil
	}
	for _, name := range names {
		for made := d.take(name); made != nil; made = d.take(name) {
			if c := await(ctx, made); c != nil && goodFor(c, host) {
				return c
			}
		}
	}
	return nil
}

func (d *dialer) take(addr string) chan net.Conn {
	d.mu.Lock()
	defer d.mu.Unlock()
	waiting := d.ahead[addr]
	if len(waiting) == 0 {
		return nil
	}
	d.ahead[addr] = waiting[1:]
	return waiting[0]
}

// await returns the connection when it stands; nil when its dial failed or ctx ended.
func await(ctx context.Context, made chan net.Conn) net.Conn {
	select {
	case c := <-made:
		return c
	case <-ctx.Done():
		go discard(made)
		return nil
	}
}

func discard(made chan net.Conn) {
	if c := <-made; c != nil {
		_ = c.Close()
	}
}

// goodFor says whether the peer has shown a certificate for the host; it closes the connection if not. A plain connection
// is good for the address it was dialled to.
func goodFor(c net.Conn, host string) bool {
	t, ok := c.(*tls.Conn)
	if !ok || t.ConnectionState().PeerCertificates[0].VerifyHostname(host) == nil {
		return true
	}
	_ = c.Close()
	return false
}

// drop closes what was dialled ahead and not claimed.
func (d *dialer) drop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for addr, waiting := range d.ahead {
		for _, made := range waiting {
			go discard(made)
		}
		delete(d.ahead, addr)
	}
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	default:
		return "80"
	}
}

// bounded is a connection on which no single read or write may stand still.
type bounded struct{ net.Conn }

func (b bounded) Read(p []byte) (int, error) {
	if err := b.SetReadDeadline(time.Now().Add(silenceWait)); err != nil {
		return 0, err
	}
	return b.Conn.Read(p)
}

// Write gives the answer more time too: net/http begins to read before it writes, and a large upload may take longer than
// any answer may.
func (b bounded) Write(p []byte) (int, error) {
	now := time.Now()
	if err := b.SetWriteDeadline(now.Add(stallWait)); err != nil {
		return 0, err
	}
	if err := b.SetReadDeadline(now.Add(silenceWait)); err != nil {
		return 0, err
	}
	return b.Conn.Write(p)
}
