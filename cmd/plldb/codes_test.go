package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// documented are all exit codes, in order.
func documented() []int {
	var all []int
	for _, e := range exitCodes() {
		all = append(all, e.codes...)
	}
	return all
}

// README lists exactly the exit codes that help lists.
func TestReadmeListsTheExitCodes(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "| exit code | means |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var listed []int
	for _, row := range regexp.MustCompile(`(?m)^\| ([0-9, ]+) \|`).FindAllStringSubmatch(table, -1) {
		for word := range strings.SplitSeq(row[1], ", ") {
			n, err := strconv.Atoi(word)
			if err != nil {
				t.Fatal(err)
			}
			listed = append(listed, n)
		}
	}
	if want := documented(); !found || !slices.Equal(listed, want) {
		t.Errorf("README lists the exit codes %v, help %v", listed, want)
	}
}

// Each exit code is one that the script exit_codes.txtar brings about, and it brings about no other.
func TestTheScriptBringsAboutEveryExitCode(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "script", "exit_codes.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	brought := map[string]bool{}
	for _, line := range regexp.MustCompile(`(?m)^(?:exits|left) (\d+)`).FindAllStringSubmatch(string(text), -1) {
		brought[line[1]] = true
	}
	for _, code := range documented() {
		if !brought[fmt.Sprint(code)] {
			t.Errorf("exit code %d is documented, and the script does not bring it about", code)
		}
		delete(brought, fmt.Sprint(code))
	}
	if len(brought) > 0 {
		t.Errorf("the script brings about %v, which are not documented", brought)
	}
}
