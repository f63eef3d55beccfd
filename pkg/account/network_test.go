package account_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/report"
)

// refusing is a network on which every dial ends in the same error.
func refusing(err error) func(context.Context, string, string) (net.Conn, error) {
	return func(_ context.Context, network, addr string) (net.Conn, error) {
		host, _, _ := net.SplitHostPort(addr)
		if dns, ok := err.(*net.DNSError); ok {
			dns.Name = host
		}
		return nil, &net.OpError{Op: "dial", Net: network, Addr: address(addr), Err: err}
	}
}

type address string

func (address) Network() string  { return "tcp" }
func (a address) String() string { return string(a) }

func TestNoAnswer(t *testing.T) {
	const host = "sts.eu-nowhere-1.amazonaws.com"
	for name, test := range map[string]struct {
		err   error
		words []string
	}{
		"a name that does not exist": {
			&net.DNSError{Err: "no such host", IsNotFound: true},
			[]string{"the name " + host + " is not found", "the region's name"},
		},
		"a name server that does not answer": {
			&net.DNSError{Err: "server misbehaving", IsTemporary: true},
			[]string{"the name " + host + " could not be looked up: server misbehaving", "check the network"},
		},
		"a refusal": {
			os.NewSyscallError("connect", syscall.ECONNREFUSED),
			[]string{"nothing answers at " + host + ": connection refused", "check the endpoint"},
		},
		"no way to the network": {
			os.NewSyscallError("connect", syscall.ENETUNREACH),
			[]string{"there is no way to " + host + ": network is unreachable"},
		},
		"no way to the host": {
			os.NewSyscallError("connect", syscall.EHOSTUNREACH),
			[]string{"there is no way to " + host + ": no route to host"},
		},
		"a dial without an end": {
			os.ErrDeadlineExceeded,
			[]string{host + " does not answer", "check the network, a proxy"},
		},
		"a connection that breaks": {
			os.NewSyscallError("read", syscall.ECONNRESET),
			[]string{"the connection to " + host + " broke: connection reset by peer", "run this again"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			signed(t)
			t.Setenv("AWS_MAX_ATTEMPTS", "1")
			s := load(t, account.Options{Region: "eu-nowhere-1", Dial: refusing(test.err)})
			problem(t, whoAmINow(t.Context(), s), report.ExitFailed, test.words...)
		})
	}
}

// An endpoint that is named with https and speaks something else.
func TestEndpointWithoutTLS(t *testing.T) {
	signed(t)
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	plain := httptest.NewServer(http.HandlerFunc(answers))
	defer plain.Close()
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	go func() {
		if c, err := other.Accept(); err == nil {
			_, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9.9\r\n")
		}
	}()
	for _, host := range []string{strings.TrimPrefix(plain.URL, "http://"), other.Addr().String()} {
		s := load(t, account.Options{Region: "eu-west-1", EndpointURL: "https://" + host})
		problem(t, whoAmINow(t.Context(), s), report.ExitFailed, host+" does not speak TLS", "http://")
	}
}
