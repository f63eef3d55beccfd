package bench

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/plldb/plldb/magefiles/chores/proxy"
)

// roundTrip is the delay of the line: long against what plldb and the server need.
const roundTrip = 250 * time.Millisecond

// roundTrips times setups with nothing to do over a line without delay and over one with it. What the delay adds,
// divided by it, is the number of round trips that nothing was done beside.
func (b *Bench) roundTrips(ctx context.Context) ([]Figure, error) {
	_, _ = fmt.Fprintf(b.Out, "  the line: each way %v, and %v more before a new connection is read, as TCP's handshake\n"+
		"  takes; TLS 1.3 with a certificate from AWS_CA_BUNDLE. Round trips: (time on the line − time without) / %v\n",
		roundTrip/2, roundTrip, roundTrip)
	near, err := b.overTLS(ctx, 0)
	if err != nil {
		return nil, err
	}
	far, err := b.overTLS(ctx, roundTrip)
	if err != nil {
		return nil, err
	}
	without := Figure{Values: milliseconds(near)}.Median()
	var exact, whole []float64
	for _, t := range milliseconds(far) {
		trips := (t - without) / float64(roundTrip.Milliseconds())
		exact, whole = append(exact, trips), append(whole, math.Round(trips))
	}
	_, _ = fmt.Fprintf(b.Out, "  measured %.2f, which the table rounds\n", exact)
	return []Figure{{"nothing to do, round trips over TLS", 4, "", whole}}, nil
}

// overTLS times setups with nothing to do, on new connections over TLS and a line of the delay.
func (b *Bench) overTLS(ctx context.Context, delay time.Duration) ([]time.Duration, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	at, bundle, err := b.line(ctx, delay)
	if err != nil {
		return nil, err
	}
	plldb := b.Four.With(regionOfFour, "AWS_ENDPOINT_URL="+at, "AWS_CA_BUNDLE="+bundle)
	if _, err := plldb.Run(ctx, "bootstrap", "setup"); err != nil {
		return nil, err
	}
	return b.repeat(func(int) (time.Duration, error) { return setup(ctx, plldb, "unchanged") })
}

// line puts TLS and a delay before the server, and returns the URL and the file of the certificate.
func (b *Bench) line(ctx context.Context, delay time.Duration) (at, bundle string, err error) {
	server, err := url.Parse(b.Server)
	if err != nil {
		return "", "", err
	}
	certificate, text, err := proxy.Certificate(time.Now())
	if err != nil {
		return "", "", err
	}
	bundle = filepath.Join(b.Folder, "localhost.pem")
	if err := os.WriteFile(bundle, text, 0o600); err != nil {
		return "", "", err
	}
	behind, err := proxy.Serve(ctx, proxy.NewCounter(server, 0), certificate)
	if err != nil {
		return "", "", err
	}
	front, err := proxy.Listen(ctx)
	if err != nil {
		return "", "", err
	}
	go proxy.Delay(ctx, front, proxy.To(behind), delay)

	at, err = proxy.Local("https", front.Addr().String())
	return at, bundle, err
}
