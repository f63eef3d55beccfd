package websocket

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coder/websocket"
)

// enqueue hands a message on, and waits while too many are waiting. Then nothing is read, and the client's network
// holds back what it sends. It is false when the connection is ending: then this message is one of those that were not
// read in time.
func (c *connection) enqueue(text []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.full(len(text)) && !c.ending {
		c.room.Wait()
	}
	if c.ending {
		return false
	}
	c.active = c.config.Clock.Now()
	c.queue, c.queued = append(c.queue, text), c.queued+len(text)
	if !c.delivering { // an idle connection has no goroutine for it
		c.delivering = true
		c.tasks.Go(c.deliver)
	}
	return true
}

// full tells whether there is no room for a message of so many bytes.
func (c *connection) full(size int) bool {
	return len(c.queue) == waiting || len(c.queue) > 0 && c.queued+size > waitingBytes
}

// deliver delivers until no message is left.
func (c *connection) deliver() {
	for text, ok := c.dequeue(); ok; text, ok = c.dequeue() {
		c.opening.Message(c.work, text)
	}
}

func (c *connection) dequeue() ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) == 0 {
		c.queue, c.delivering = nil, false
		return nil, false
	}
	text := c.queue[0]
	c.queued -= len(text)
	c.queue[0] = nil
	c.queue = c.queue[1:]
	c.room.Signal()
	return text, true
}

// send sends one message, in one frame: what API Gateway does with more than 32 KB is unverified. An error of the
// network closes the connection under the reader, who knows whether the client has said goodbye before, and so how it
// ended.
func (c *connection) send(ctx context.Context, text []byte) error {
	if err := c.await(ctx); err != nil {
		return err
	}
	defer func() { <-c.turn }()
	if _, err := c.lastActive(); err != nil || c.ws == nil {
		return ErrGone
	}
	if err := c.ws.Write(c.base, websocket.MessageText, text); err != nil {
		var broken *broke
		if errors.As(err, &broken) {
			_ = c.tap.Conn.Close() // it is of no use any more
		}
		return ErrGone
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.active = c.config.Clock.Now()
	return nil
}

// await waits for the turn, and for the upgrade.
func (c *connection) await(ctx context.Context) error {
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("waiting to send to connection %s: %w", c.opening.ID, ctx.Err())
	}
	select {
	case <-c.opened:
		return nil
	case <-ctx.Done():
		<-c.turn
		return fmt.Errorf("waiting for connection %s to open: %w", c.opening.ID, ctx.Err())
	}
}

func (c *connection) lastActive() (time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending {
		return time.Time{}, ErrGone
	}
	return c.active, nil
}

// due is when the connection ends by itself; false if it is ending. It is idle if no messages go either way
// (https://hotsock.io/docs/connections/keep-alive); that pings do not count is unverified.
func (c *connection) due() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	idle := c.config.Clock.Due(c.active, c.config.Idle)
	life := c.config.Clock.Due(c.born, c.config.Life)
	if life.Before(idle) {
		return life, !c.ending
	}
	return idle, !c.ending
}
