package account

import (
	"io"
	"net/http"
)

// misdirected is the way back from a shared connection: a server that does not serve a bucket's name on a connection made to
// the region's says 421, and the request is sent once more on a connection of its own (RFC 9110, 15.5.20). That S3 never
// does so is what we read, not what we saw.
type misdirected struct {
	transport *http.Transport
	dialer    *dialer
}

// RoundTrip repeats only requests without a body; the first ones on a shared connection are the look's, which have none.
func (m misdirected) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := m.transport.RoundTrip(r)
	if err != nil || answer.StatusCode != http.StatusMisdirectedRequest || r.Body != nil && r.Body != http.NoBody {
		return answer, err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<20)) // or the connection is not idle
	_ = answer.Body.Close()
	m.dialer.apart.Store(true)
	m.transport.CloseIdleConnections()
	return m.transport.RoundTrip(r)
}
