// Package archive packs binaries into the zips that Lambda takes. Equal binaries give equal zips, whatever machine
// packs them: the deflater is klauspost's, whose version go.sum fixes (the standard library's output differs between
// Go releases, trap 32), and the zip holds no time and no path.
package archive

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/plldb/plldb/pkg/artifact"
)

// Zipper keeps the zips of one set of functions, and a manifest that tells which binary each was made of.
type Zipper struct {
	Dir string // where NAME.zip and manifest.json are kept; made when it is not there
}

// Zip packs each binary into Dir, side by side, and returns the archives in the order of the binaries. A zip that the
// manifest knows to be of the same binary is not made again. The zips of functions that are gone are removed; what
// else is in Dir stays. tell, unless nil, hears of each archive when it is there, one at a time, in no fixed order.
//
// While zips are written there is no manifest, so a run that was killed is followed by one that packs them all.
func (z Zipper) Zip(
	ctx context.Context, binaries []artifact.Binary, tell func(artifact.Archive),
) ([]artifact.Archive, error) {
	if err := os.MkdirAll(z.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("making the folder of the zips: %w", err)
	}
	old := readManifest(z.Dir)
	p := packing{dir: z.Dir, tell: tell, archives: make([]artifact.Archive, len(binaries))}
	p.reuse(old, binaries)
	if len(p.todo) == 0 && len(old.Functions) == len(binaries) {
		return p.archives, nil
	}
	if err := old.withdraw(z.Dir, p.entries); err != nil {
		return nil, err
	}
	if err := p.packAll(ctx, binaries); err != nil {
		return nil, err
	}
	return p.archives, manifest{Format: format, Functions: p.entries}.write(z.Dir)
}

// Forget makes the next Zip pack everything anew, for a zip in Dir that is damaged though its size is right.
func (z Zipper) Forget() error { return remove(filepath.Join(z.Dir, manifestName)) }

// packing is one run of Zip.
type packing struct {
	dir      string
	entries  []entry            // one a binary
	archives []artifact.Archive // one a binary
	todo     []int              // which of them are still to be packed

	telling sync.Mutex
	tell    func(artifact.Archive)
}

// reuse takes over what need not be packed, and leaves the rest in todo.
func (p *packing) reuse(old manifest, binaries []artifact.Binary) {
	p.entries = make([]entry, len(binaries))
	for i, b := range binaries {
		if e, ok := old.find(b); ok && e.stands(p.dir) {
			p.done(i, e, true)
			continue
		}
		p.entries[i] = entry{Name: b.Name}
		p.todo = append(p.todo, i)
	}
}

// packAll packs what is in todo, as many at once as there are processors.
func (p *packing) packAll(ctx context.Context, binaries []artifact.Binary) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, i := range p.todo {
		g.Go(func() error {
			e, err := pack(ctx, binaries[i], p.dir)
			if err != nil {
				return fmt.Errorf("packing %s: %w", binaries[i].Name, err)
			}
			p.done(i, e, false)
			return nil
		})
	}
	return g.Wait()
}

func (p *packing) done(i int, e entry, reused bool) {
	p.entries[i], p.archives[i] = e, e.archive(p.dir, reused)
	if p.tell == nil {
		return
	}
	p.telling.Lock()
	defer p.telling.Unlock()
	p.tell(p.archives[i])
}
