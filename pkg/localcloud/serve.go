package localcloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// Server is a cloud that listens.
type Server struct {
	URL string // http://127.0.0.1:PORT

	cloud *Cloud
	close func() error
}

// Serve opens a cloud and listens, for nobody but this machine unless Options.Addr says otherwise. Close the server in the
// end; ctx bounds only the opening.
func Serve(ctx context.Context, o Options) (*Server, error) {
	cloud, err := Open(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := cloud.Settle(ctx); err != nil { // a state that cannot be read is found before anything is asked
		return nil, errors.Join(err, cloud.Close())
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", cmp.Or(o.Addr, "127.0.0.1:0"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listening for the local cloud: %w", err), cloud.Close())
	}
	s := &Server{URL: urlOf(listener.Addr()), cloud: cloud}
	cloud.endpoint.Store(s.URL)
	s.close = sync.OnceValue(serve(listener, cloud))
	if !o.Announce {
		return s, nil
	}
	if err := s.announce(ctx, o.State); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// urlOf is where programs of this machine find the listener.
func urlOf(at net.Addr) string {
	address := at.String()
	name, port, err := net.SplitHostPort(address)
	if err == nil && net.ParseIP(name).IsUnspecified() {
		address = net.JoinHostPort("127.0.0.1", port)
	}
	return "http://" + address
}

// Cloud is what the server serves.
func (s *Server) Cloud() *Cloud { return s.cloud }

// Close ends the WebSocket connections, with their $disconnect routes, drops all others, ends the functions' processes, waits until the
// state is left alone, and lets go of it. What the stack is doing is kept, and goes on by the clock. It takes some seconds at
// most, and may be called more than once.
func (s *Server) Close() error {
	return s.close()
}

// serve serves, and returns what ends it.
func serve(listener net.Listener, cloud *Cloud) func() error {
	server := &http.Server{
		Handler: cloud, ReadHeaderTimeout: time.Minute,
		ErrorLog: log.New(io.Discard, "", 0), // of connections; what is asked is answered, also with errors
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	return func() error {
		cloud.faults.close()
		_ = cloud.hangUp() // Close says what it came to
		_ = server.Close() // the listener's error, if any, is no concern: the process has it no longer
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			return errors.Join(err, cloud.Close())
		}
		return cloud.Close()
	}
}
