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

// Serve listens, for nobody but this machine unless Options.Addr says otherwise, and opens a cloud to answer there. Close the
// server in the end; ctx bounds only the opening.
func Serve(ctx context.Context, o Options) (*Server, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", cmp.Or(o.Addr, "127.0.0.1:0"))
	if err != nil {
		return nil, fmt.Errorf("listening for the local cloud: %w", err)
	}
	s, err := serveOn(ctx, listener, o)
	if err != nil {
		_ = listener.Close() // which it may be already
		return nil, err
	}
	return s, nil
}

// serveOn takes the folder if it is to be announced, and serves the cloud.
func serveOn(ctx context.Context, listener net.Listener, o Options) (*Server, error) {
	giveBack := func() error { return nil }
	if o.Announce {
		lock, err := hold(o.State)
		if err != nil {
			return nil, err
		}
		giveBack = func() error { return errors.Join(withdraw(o.State), lock.Close()) }
	}
	cloud, err := o.open(ctx)
	if err != nil {
		return nil, errors.Join(err, giveBack())
	}
	left, err := cloud.leftOver(ctx, o)
	if err != nil {
		return nil, errors.Join(err, cloud.Close(), giveBack())
	}
	s := &Server{URL: urlOf(listener.Addr()), cloud: cloud}
	cloud.endpoint.Store(s.URL)
	end, abandon := serve(listener, cloud), cloud.makeGood(left)
	s.close = sync.OnceValue(func() error {
		found := withdrawn(o)
		abandon()
		return errors.Join(found, end(), giveBack())
	})
	if o.Announce {
		if err := s.announce(o.State); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// withdrawn takes the note away before anything ends, so that nobody joins what is ending.
func withdrawn(o Options) error {
	if !o.Announce {
		return nil
	}
	return withdraw(o.State)
}

// open opens the cloud, as an empty one if that was asked for. A state that cannot be read is found before anything is asked.
func (o Options) open(ctx context.Context) (*Cloud, error) {
	if o.Reset && o.Announce {
		if err := forget(o.State); err != nil {
			return nil, err
		}
	}
	cloud, err := Open(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := cloud.Settle(ctx); err != nil {
		return nil, errors.Join(err, cloud.Close())
	}
	return cloud, nil
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
		Handler: cloud, ReadHeaderTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
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
