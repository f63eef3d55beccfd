package store_test

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/plldb/plldb/pkg/localcloud/store"
)

// exhaustive flips every bit of the file instead of some; that takes minutes.
var exhaustive = flag.Bool("exhaustive", false, "damage every bit of the state")

// state is a file of which every part is used: branches, tables within an entry, values over several pages, free pages.
func state(t testing.TB) (file []byte, tables map[string]map[string]string) {
	t.Helper()
	dir := t.TempDir()
	s := open(t, dir)
	tables = map[string]map[string]string{"small": {}, "large": {}, "long": {}}
	put := func(tx *store.Tx, table, key, value string) {
		store.Put(tx, table, key, value)
		tables[table][key] = value
	}
	do(t, s, func(tx *store.Tx) {
		put(tx, "small", "one", "1")
		put(tx, "long", "a", strings.Repeat("long", 2500))
		for i := range 400 {
			put(tx, "large", fmt.Sprintf("123456789012/eu-west-1/%04d", i), fmt.Sprint("value ", i))
		}
	})
	do(t, s, func(tx *store.Tx) {
		for i := range 150 {
			key := fmt.Sprintf("123456789012/eu-west-1/%04d", 40+2*i)
			store.Delete(tx, "large", key)
			delete(tables["large"], key)
		}
		put(tx, "small", "two", "2")
	})
	file, err := os.ReadFile(filepath.Join(dir, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	return file, tables
}

// folder is a new one with a file of that content.
func folder(t testing.TB, file []byte) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "state.db"), file, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// rightOrNamed reads everything, and writes where that went well: all is as it was, or the error names the file.
func rightOrNamed(t testing.TB, dir string, tables map[string]map[string]string) (right bool) {
	t.Helper()
	s, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]map[string]string{}
	err = try(t, s, func(tx *store.Tx) {
		for name, want := range tables {
			found[name] = map[string]string{}
			store.Each(tx, name, "", func(key, value string) bool { found[name][key] = value; return true })
			for key := range want {
				found[name][key], _ = store.Get[string](tx, name, key)
			}
		}
		store.Put(tx, "small", "new", "new")
	})
	if err != nil {
		damaged, ok := errors.AsType[*store.Damaged](err)
		if path := filepath.Join(dir, "state.db"); !ok || damaged.Path != path || !strings.Contains(err.Error(), path) {
			t.Errorf("got %v", err)
		}
		return false
	}
	if !maps.EqualFunc(found, tables, maps.Equal) {
		t.Errorf("got %v", found)
	}
	after := table[string](t, open(t, dir), "small")
	if want := map[string]string{"one": "1", "two": "2", "new": "new"}; !maps.Equal(after, want) {
		t.Errorf("after a write: %v", after)
	}
	return true
}

func TestAStateThatIsCutOff(t *testing.T) {
	file, tables := state(t)
	if !rightOrNamed(t, folder(t, file), tables) {
		t.Fatal("as it was, it is wrong")
	}
	right := 0
	for length := 0; length < len(file); length += 1 + length/37 {
		if rightOrNamed(t, folder(t, file[:length]), tables) {
			right++
		}
	}
	if right > 40 { // bbolt makes the file longer than it needs
		t.Errorf("%d times a cut did no harm", right)
	}
}

func TestAStateWithAFlippedBit(t *testing.T) {
	file, tables := state(t)
	random := rand.New(rand.NewPCG(1, 2))
	named, cases := 0, 0
	flip := func(at, bit int) {
		damaged := append([]byte(nil), file...)
		damaged[at] ^= 1 << bit
		dir := folder(t, damaged)
		if cases++; !rightOrNamed(t, dir, tables) {
			named++
		}
		if err := os.RemoveAll(dir); err != nil { // there are many, and each is a whole file
			t.Fatal(err)
		}
		if t.Failed() {
			t.Fatalf("bit %d of byte %d", bit, at)
		}
	}
	for at := range file {
		switch page := at % os.Getpagesize(); {
		case *exhaustive:
			for bit := range 8 {
				flip(at, bit)
			}
		case page < 48 && at%3 == 0, random.IntN(97) == 0: // heads of pages, and here and there
			flip(at, random.IntN(8))
		}
	}
	t.Logf("%d of %d damages were named", named, cases)
	if named < cases/5 {
		t.Error("damage was not found")
	}
}

// FuzzState writes anything anywhere into a state.
func FuzzState(f *testing.F) {
	file, tables := state(f)
	size := os.Getpagesize()
	f.Add(uint32(2*size), []byte{2, 0, 0, 0, 0, 0, 0, 0, 16, 0, 255, 255})
	f.Add(uint32(3*size+8), []byte{1, 0, 1, 0})
	f.Add(uint32(16), []byte{0xED, 0xDA, 0x0C, 0xED})
	f.Fuzz(func(t *testing.T, at uint32, patch []byte) {
		damaged := append([]byte(nil), file...)
		copy(damaged[int(at)%len(file):], patch)
		rightOrNamed(t, folder(t, damaged), tables)
	})
}

func TestAStateWithAnOverwrittenPage(t *testing.T) {
	file, tables := state(t)
	size := os.Getpagesize()
	for from := 0; from < len(file); from += size {
		for name, fill := range map[string][]byte{
			"zeros": make([]byte, size), "ones": []byte(strings.Repeat("\xff", size)),
			"the page before": file[max(from-size, 0):][:size],
		} {
			damaged := append([]byte(nil), file...)
			copy(damaged[from:], fill)
			rightOrNamed(t, folder(t, damaged), tables)
			if t.Failed() {
				t.Fatalf("%s at %d", name, from)
			}
		}
	}
}

// A state from before the last transaction is whole in itself: bbolt would fall back on it.
func TestTheLastHeadIsDamaged(t *testing.T) {
	file, tables := state(t)
	for page := range 2 {
		damaged := append([]byte(nil), file...)
		damaged[page*os.Getpagesize()+70]++
		if rightOrNamed(t, folder(t, damaged), tables) {
			t.Errorf("head %d is not looked at", page)
		}
	}
}

// A head that the disk lost the last writes of is right in itself, too.
func TestAHeadFromLongAgo(t *testing.T) {
	dir := t.TempDir()
	s, path := open(t, dir), filepath.Join(dir, "state.db")
	var files [5][]byte
	for i := range files {
		do(t, s, func(tx *store.Tx) { store.Next(tx, "n") })
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[i] = file
	}
	size := os.Getpagesize()
	for page := range 2 {
		damaged := append([]byte(nil), files[4]...)
		copy(damaged[page*size:(page+1)*size], files[0][page*size:])
		err := try(t, open(t, folder(t, damaged)), func(tx *store.Tx) { t.Error("it ran:", store.Next(tx, "n")) })
		if _, ok := errors.AsType[*store.Damaged](err); !ok {
			t.Errorf("head %d: got %v", page, err)
		}
	}
}

func TestAValueThatSomebodyElseWrote(t *testing.T) {
	dir := t.TempDir()
	do(t, open(t, dir), func(tx *store.Tx) { store.Put(tx, "t", "a", 1) })
	cases := map[string]func(b *bbolt.Bucket) error{
		"without a checksum": func(b *bbolt.Bucket) error { return b.Put([]byte("a"), []byte("1")) },
		"in another's place": func(b *bbolt.Bucket) error { return b.Put([]byte("b"), b.Get([]byte("a"))) },
		"gone":               func(b *bbolt.Bucket) error { return b.Delete([]byte("a")) },
	}
	file, err := os.ReadFile(filepath.Join(dir, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	for name, write := range cases {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, file)
			bolt(t, dir, func(tx *bbolt.Tx) error { return write(tx.Bucket([]byte("t"))) })
			err := try(t, open(t, dir), func(*store.Tx) { t.Error("it ran") })
			if _, ok := errors.AsType[*store.Damaged](err); !ok {
				t.Errorf("got %v", err)
			}
		})
	}
}

// bolt changes a file without the store.
func bolt(t *testing.T, dir string, work func(*bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(dir, "state.db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(work), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// The file is mapped while a transaction runs: what is cut off then faults.
func TestTheFileIsCutDuringATransaction(t *testing.T) {
	file, _ := state(t)
	for _, length := range []int64{0, 4096, 2 * 4096, 5 * 4096} {
		dir := folder(t, file)
		s := open(t, dir)
		path := filepath.Join(dir, "state.db")
		err := try(t, s, func(tx *store.Tx) {
			if err := os.Truncate(path, length); err != nil {
				t.Fatal(err)
			}
			for i := range 400 {
				store.Get[string](tx, "large", fmt.Sprintf("123456789012/eu-west-1/%04d", i))
			}
			store.Put(tx, "large", "new", "new")
		})
		damaged, ok := errors.AsType[*store.Damaged](err)
		if !ok || damaged.Path != path {
			t.Errorf("cut to %d: got %v", length, err)
		}
		if again := try(t, s, func(*store.Tx) { t.Error("it ran") }); again == nil {
			t.Errorf("cut to %d: the next one went well", length)
		}
	}
}

// What the store writes, it understands: pages that split, merge, run over and become free.
func TestWhatIsWrittenIsVerified(t *testing.T) {
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(3, 4))
	want := map[string]string{}
	s := open(t, dir)
	for range 150 {
		do(t, s, func(tx *store.Tx) {
			for range 1 + random.IntN(60) {
				key := fmt.Sprintf("%0*d", 1+random.IntN(40), random.IntN(400))
				if random.IntN(5) < 2 {
					store.Delete(tx, "t", key)
					delete(want, key)
					continue
				}
				want[key] = strings.Repeat("v", random.IntN(1<<random.IntN(15)))
				store.Put(tx, "t", key, want[key])
			}
		})
		s = open(t, dir) // a new one verifies the file
		if got := table[string](t, s, "t"); !maps.Equal(got, want) {
			t.Fatalf("%d values of %d", len(got), len(want))
		}
	}
}
