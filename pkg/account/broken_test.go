package account_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/report"
)

const removed = "<DeleteResult/>"

// removal is a question with a body, and an answer with one.
func removal(ctx context.Context, s *account.Session) error {
	name, key := bucket, strings.Repeat("k", 1000)
	_, err := s.S3().DeleteObjects(ctx, &s3.DeleteObjectsInput{
		Bucket: &name, Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: &key}}},
	})
	return err
}

// hasty begins to answer while the question's body is on its way, and ends when it has read it.
func hasty(c net.Conn) {
	r, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return
	}
	time.Sleep(time.Second) // net/http writes the body
	_, _ = fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(removed), removed[:5])
	time.Sleep(time.Second) // the SDK has the head, and closes the question's body
	_, _ = io.Copy(io.Discard, r.Body)
	time.Sleep(time.Second)
	_, _ = io.WriteString(c, removed[5:])
}

// An answer that begins early is read to its end, on its one connection.
func TestAnEarlyAnswer(t *testing.T) {
	signed(t)
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	_, err := facing(t, nil, hasty, func(ctx context.Context, s *account.Session) error {
		err := removal(ctx, s)
		time.Sleep(time.Minute) // hasty ends
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// breaking breaks off so many answers in the middle, and then answers.
func breaking(times int32) func(net.Conn) {
	var n atomic.Int32
	return func(c net.Conn) {
		defer c.Close()
		r, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		text := removed
		if n.Add(1) <= times {
			text = text[:5]
		}
		_, _ = fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(removed), text)
	}
}

// An answer that breaks off is asked for again, and in the end called what it is.
func TestABrokenAnswer(t *testing.T) {
	signed(t)
	if _, err := facing(t, nil, breaking(2), removal); err != nil {
		t.Error(err)
	}
	_, err := facing(t, nil, breaking(3), removal)
	problem(t, fmt.Errorf("removing them: %w", err), report.ExitFailed, "broke off (removing them)", "run this again")
}
