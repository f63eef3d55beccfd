package execution

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// codes are the folders with the code of functions. Each digest is unpacked once. Processes share a folder; so may
// pools.
type codes struct {
	dir string // "" is a folder of its own
	get func(ctx context.Context, sum string) ([]byte, error)

	mu    sync.Mutex
	own   string // the folder of its own, when there is one
	known map[string]*unpacking
}

// unpacking is one digest's. done is closed when folder or err is set.
type unpacking struct {
	done   chan struct{}
	folder string
	err    error
}

// site is where a function's process runs, and how.
func (p *Pool) site(ctx context.Context, f Function) (site, error) {
	if p.config.Linked != nil {
		if command, ok := p.config.Linked(f.Code); ok {
			folder, err := p.code.empty()
			return site{folder, command}, err
		}
	}
	folder, err := p.code.folder(ctx, f.Code)
	if err != nil {
		return site{}, fmt.Errorf("unpacking the code of %s: %w", f.Name, err)
	}
	command := bootstrap(folder)
	if _, err := os.Stat(command); err != nil {
		return site{}, errNoBootstrap
	}
	return site{folder, []string{command}}, nil
}

// folder gives the folder of a digest. Whoever comes second waits for the first; if that one fails, the next tries
// again.
func (c *codes) folder(ctx context.Context, sum string) (string, error) {
	if !filepath.IsLocal(sum) || strings.ContainsAny(sum, `/\`) || strings.HasPrefix(sum, ".") {
		return "", fmt.Errorf("%q is not a digest", sum)
	}
	for {
		u, first := c.claim(sum)
		if first {
			c.unpack(ctx, sum, u)
			return u.folder, u.err
		}
		select {
		case <-u.done:
		case <-ctx.Done():
			return "", ctx.Err()
		}
		if u.err == nil {
			return u.folder, nil
		}
	}
}

func (c *codes) claim(sum string) (u *unpacking, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if u, ok := c.known[sum]; ok {
		return u, false
	}
	if c.known == nil {
		c.known = map[string]*unpacking{}
	}
	u = &unpacking{done: make(chan struct{})}
	c.known[sum] = u
	return u, true
}

func (c *codes) unpack(ctx context.Context, sum string, u *unpacking) {
	u.folder, u.err = c.ready(ctx, sum)
	if u.err != nil {
		c.mu.Lock()
		delete(c.known, sum)
		c.mu.Unlock()
	}
	close(u.done)
}

// ready looks whether an earlier run has unpacked the digest already, and does it if not.
func (c *codes) ready(ctx context.Context, sum string) (string, error) {
	root, err := c.root()
	if err != nil {
		return "", err
	}
	text, err := c.get(ctx, sum)
	if err != nil {
		return "", err
	}
	archive, err := open(text)
	if err != nil {
		return "", err
	}
	folder := filepath.Join(root, sum)
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
