package compile

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"strings"
)

// head is as much of an executable as is searched for its build ID. Go's linker puts the note of an ELF file into the
// first 4 KB; in a Windows executable the ID stands before the code, at 0x600; in a Mach-O file usually at 0x1000.
const head = 64 << 10

// identify returns what tells one binary from another, and the file's size. This is Go's build ID: its last part is a
// hash of the content, so megabytes need not be read. A file without one is hashed: "sha256:" and hex digits.
func identify(path string) (string, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", 0, err
	}
	start := make([]byte, head)
	n, err := io.ReadFull(f, start)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", 0, err
	}
	if id := buildID(start[:n]); id != "" {
		return id, info.Size(), nil
	}
	id, err := hashed(f)
	return id, info.Size(), err
}

// buildID finds the ID in an ELF note of type 4 by the owner "Go", or else in the text that Go's linker writes into
// executables of other formats. "" when there is none.
func buildID(start []byte) string {
	if bytes.HasPrefix(start, []byte("\x7fELF")) {
		return elfNote(start)
	}
	_, rest, _ := bytes.Cut(start, []byte("\xff Go build ID: \""))
	id, _, _ := bytes.Cut(rest, []byte("\"\n \xff"))
	return checked(id)
}

// elfNote looks for the head of the note: length of the owner, length of the ID, type, owner. Functions run on
// little-endian machines only.
func elfNote(start []byte) string {
	const owner = "Go\x00\x00"
	mark := []byte("\x04\x00\x00\x00" + owner)
	for rest := start; ; {
		before, after, found := bytes.Cut(rest, mark)
		if !found {
			return ""
		}
		if n := len(before); n >= 8 && binary.LittleEndian.Uint32(before[n-8:]) == uint32(len(owner)) {
			length := binary.LittleEndian.Uint32(before[n-4:])
			if uint64(length) <= uint64(len(after)) {
				return checked(after[:length])
			}
		}
		rest = after
	}
}

// checked returns an executable's ID, which has four parts. With fewer, nothing in it stands for the content.
func checked(id []byte) string {
	if s := string(id); strings.Count(s, "/") == 3 && !strings.HasSuffix(s, "/") {
		return s
	}
	return ""
}

func hashed(f io.ReadSeeker) (string, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}
