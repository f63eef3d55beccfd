package execution

import (
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// unused is how long a folder with code is kept that nobody has started anything in, by the machine's clock.
const unused = 24 * time.Hour

// digest is how the folders are named that may be removed. Nothing else in the folder of folders is touched.
var digest = regexp.MustCompile(`^[0-9a-f]{64}$`)

func newCodes(c Config) codes {
	return codes{
		dir: c.Dir, get: c.Code,
		known: map[string]*unpacking{}, inside: map[string]int{}, past: map[string]struct{}{},
	}
}

// touch says that a folder is used. It may not be there.
func touch(folder string) {
	now := time.Now()
	_ = os.Chtimes(folder, now, now) // then it is unpacked again some day
}

// sweepCode removes the folders that nobody has used since a moment.
func sweepCode(root string, before time.Time) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return // to write there will say why
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err == nil && info.IsDir() && digest.MatchString(entry.Name()) && info.ModTime().Before(before) {
			discard(root, entry.Name())
		}
	}
}

// discard removes a folder as a whole: nobody finds half of it under its name.
func discard(root, name string) {
	aside, err := os.MkdirTemp(root, unfinished)
	if err != nil {
		return // it is there for another day
	}
	_ = os.Rename(filepath.Join(root, name), filepath.Join(aside, "old")) // it may be gone, or in use on Windows
	_ = os.RemoveAll(aside)                                               // or sweep does it
}

// enter is told that an environment is on its way into a digest's folder.
func (c *codes) enter(sum string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inside[sum]++
}

// leave is told that one is not there any more. The last one out removes what no function has.
func (c *codes) leave(sum string) {
	c.mu.Lock()
	c.inside[sum]--
	if c.inside[sum] == 0 {
		delete(c.inside, sum)
	}
	c.mu.Unlock()
	c.clear(sum)
}

// keep is told that a function has a digest, forgo that none has it any more.
func (c *codes) keep(sum string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.past, sum)
}

func (c *codes) forgo(sum string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.past[sum] = struct{}{}
}

// clear removes the folder of a digest that no function has, if nothing is in it. Another pool's process may be: what it
// has opened stays its own, and its next start unpacks the code again.
func (c *codes) clear(sum string) {
	u, root := c.leaving(sum)
	if u == nil {
		return
	}
	discard(root, sum)
	c.doubt(sum, u)
	close(u.done)
}

// leaving begins to remove a digest's folder, unless it is needed. Who wants it meanwhile waits, and unpacks it.
func (c *codes) leaving(sum string) (*unpacking, string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, past := c.past[sum]
	known := c.known[sum]
	if !past || c.inside[sum] > 0 || known == nil || !digest.MatchString(sum) {
		return nil, ""
	}
	u := &unpacking{done: make(chan struct{}), err: os.ErrNotExist}
	c.known[sum] = u
	return u, filepath.Dir(known.folder)
}
