package compile_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/compile"
)

// TestIdentify compiles nothing: a stand-in for go leaves these bytes as the binary.
func TestIdentify(t *testing.T) {
	const (
		note = "\x04\x00\x00\x00\x07\x00\x00\x00\x04\x00\x00\x00Go\x00\x00a/b/c/d"
		code = "\xff Go build ID: \"a/b/c/d\"\n \xff"
		elf  = "\x7fELF\x02\x01\x01\x00"
	)
	pad := strings.Repeat(".", 600)
	for name, test := range map[string]struct{ content, want string }{
		"ELF":                         {elf + pad + note + pad, "a/b/c/d"},
		"ELF, a decoy before it":      {elf + "\x04\x00\x00\x00Go\x00\x00" + pad + note, "a/b/c/d"},
		"ELF, text of another format": {elf + code + note, "a/b/c/d"},
		"PE":                          {"MZ" + pad + code + pad, "a/b/c/d"},
		"Mach-O":                      {"\xcf\xfa\xed\xfe" + pad + pad + code, "a/b/c/d"},
		"ELF without a note": {
			elf, "sha256:e94466faac02d08efbb3109dbe52d0c13c5a53859e328d50dbeb2e6f0ee89871",
		},
		"a note that ends too soon": {elf + note[:20], "sha256:"},
		"an ID without the content": {elf + strings.ReplaceAll(note, "a/b/c/d", "a/b/cd/"), "sha256:"},
		"no Go at all":              {"#!/bin/sh\n", "sha256:"},
	} {
		t.Run(name, func(t *testing.T) {
			c := stub(t, test.content)
			b := build(t, c)[0]
			if b.ID != test.want && (test.want != "sha256:" || len(b.ID) != len("sha256:")+64) {
				t.Errorf("ID %q, want %q", b.ID, test.want)
			}
			if b.Size != int64(len(test.content)) {
				t.Errorf("size %d, want %d", b.Size, len(test.content))
			}
		})
	}
}

func stub(t *testing.T, content string) compile.Compiler {
	c := compiler(t, map[string]string{"functions/a/main.go": empty})
	c.Run = func(*exec.Cmd) error {
		write(t, filepath.Join(c.Out, "a"), content)
		return nil
	}
	return c
}

func TestIdentifyAnEmptyFile(t *testing.T) {
	if _, err := stub(t, "").Build(t.Context()); err == nil || !strings.Contains(err.Error(), "binary of a") {
		t.Errorf("error %v, want one that names the binary", err)
	}
}

func TestIdentifyOnWindows(t *testing.T) {
	c := compiler(t, map[string]string{"functions/a/main.go": empty})
	c.Platform = compile.Platform{OS: "windows", Arch: "amd64"}
	c.Run = func(*exec.Cmd) error {
		write(t, filepath.Join(c.Out, "a.exe"), "MZ")
		return nil
	}
	if b := build(t, c)[0]; filepath.Base(b.Path) != "a.exe" || b.Name != "a" {
		t.Errorf("binary %+v, want a at a.exe", b)
	}
}
