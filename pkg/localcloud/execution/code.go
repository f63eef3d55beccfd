package execution

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// codes are the folders with the code of functions. Each digest is unpacked once, and again when it is gone. Processes
// share a folder; so may pools.
type codes struct {
	dir string // "" is a folder of its own
	get func(ctx context.Context, sum string) ([]byte, error)

	mu     sync.Mutex
	own    string // the folder of its own, when there is one
	known  map[string]*unpacking
	inside map[string]int      // how many environments are in a folder, or on their way into it
	past   map[string]struct{} // digests that no function has any more
	swept  sync.Once
}

// unpacking is one digest's. done is closed when folder or err is set.
type unpacking struct {
	done   chan struct{}
	folder string
	err    error
}

// site is where an environment's process runs, and how.
func (p *Pool) site(ctx context.Context, e *environment) (site, error) {
	if p.config.Linked != nil {
		if command, ok := p.config.Linked(e.of.Code); ok {
			folder, err := p.code.empty()
			return site{folder, command}, err
		}
	}
	p.code.enter(e.of.Code)
	e.inside = true
	folder, err := p.code.whole(ctx, e.of.Code)
	switch {
	case errors.Is(err, errNoBootstrap):
		return site{}, err
	case err != nil:
		return site{}, fmt.Errorf("unpacking the code of %s: %w", e.of.Name, err)
	}
	return site{folder, []string{bootstrap(folder)}}, nil
}

// whole gives the folder of a digest, which has a bootstrap. One that was removed since is unpacked again: somebody may
// have cleared the folder of folders, and pools that share it remove what they do not need.
func (c *codes) whole(ctx context.Context, sum string) (string, error) {
	if !filepath.IsLocal(sum) || strings.ContainsAny(sum, `/\`) || strings.HasPrefix(sum, ".") {
		return "", fmt.Errorf("%q is not a digest", sum)
	}
	for range 2 {
		u, err := c.folder(ctx, sum)
		if err != nil {
			return "", err
		}
		if _, err := os.Stat(bootstrap(u.folder)); err == nil {
			touch(u.folder)
			return u.folder, nil
		}
		c.doubt(sum, u)
	}
	return "", errNoBootstrap
}

// folder gives what was unpacked of a digest. Whoever comes second waits for the first; if that one fails, the next
// tries again.
func (c *codes) folder(ctx context.Context, sum string) (*unpacking, error) {
	for {
		u, first := c.claim(sum)
		if first {
			c.unpack(ctx, sum, u)
			return u, u.err
		}
		select {
		case <-u.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if u.err == nil {
			return u, nil
		}
	}
}

func (c *codes) claim(sum string) (u *unpacking, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if u, ok := c.known[sum]; ok {
		return u, false
	}
	u = &unpacking{done: make(chan struct{})}
	c.known[sum] = u
	return u, true
}

// doubt forgets that a digest was unpacked.
func (c *codes) doubt(sum string, u *unpacking) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known[sum] == u {
		delete(c.known, sum)
	}
}

func (c *codes) unpack(ctx context.Context, sum string, u *unpacking) {
	u.folder, u.err = c.ready(ctx, sum)
	if u.err != nil {
		c.doubt(sum, u)
	}
	close(u.done)
}

// ready looks whether an earlier run has unpacked the digest already, and does it if not.
func (c *codes) ready(ctx context.Context, sum string) (string, error) {
	root, err := c.root()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(root, sum)
	touch(folder)
	c.swept.Do(func() { sweepCode(root, time.Now().Add(-unused)) })
	text, err := c.get(ctx, sum)
	if err != nil {
		return "", err
	}
	archive, err := open(text)
	if err != nil {
		return "", err
	}
	if archive.isIn(folder) {
		return folder, nil
	}
	return folder, archive.replace(root, folder)
}

// root is the folder of folders.
func (c *codes) root() (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.dir != "":
		return absolute(c.dir)
	case c.own != "":
		return c.own, nil
	}
	own, err := os.MkdirTemp("", "plldb-functions-")
	if err == nil {
		c.own = own
	}
	return own, err
}

func absolute(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return dir, os.MkdirAll(dir, 0o700)
}

// empty is the folder of functions that need none.
func (c *codes) empty() (string, error) {
	root, err := c.root()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(root, "linked")
	return folder, os.MkdirAll(folder, 0o700)
}

// close removes the folder of its own. What processes have made in it goes too.
func (c *codes) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.own == "" {
		return nil
	}
	own := c.own
	c.own = ""
	return os.RemoveAll(own)
}
