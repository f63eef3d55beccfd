package account

import "net/http"

// misdirected is the way back from a shared connection: a server that does not serve a bucket's name on a connection made to
// the region's says 421, and the request is sent once more on a connection of its own (RFC 9110, 15.5.20); so are all that
// follow. That S3 never says so is what we read, not what we saw. The second transport shares nothing with the first: a
// connection that has just answered 421 would be handed to the next request that waits for one.
type misdirected struct {
	shared, own *http.Transport
	dialer      *dialer
}

// RoundTrip repeats only requests without a body; the first ones on a shared connection are the look's, which have none.
func (m misdirected) RoundTrip(r *http.Request) (*http.Response, error) {
	if m.dialer.apart.Load() {
		return m.own.RoundTrip(r)
	}
	answer, err := m.shared.RoundTrip(r)
	if err != nil || answer.StatusCode != http.StatusMisdirectedRequest || r.Body != nil && r.Body != http.NoBody {
		return answer, err
	}
	_ = answer.Body.Close()
	m.dialer.apart.Store(true)
	return m.own.RoundTrip(r)
}
