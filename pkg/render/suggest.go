package render

import "slices"

// meant says which placeholder an unknown name was perhaps meant to be, or which there are.
func meant(name string, functions []string) string {
	known := []string{"version", "bucket"}
	for _, f := range functions {
		for _, field := range fields() {
			known = append(known, "functions."+f+"."+field)
		}
	}
	if n := nearest(name, known); n != "" {
		return "did you mean " + opening + n + "}?"
	}
	return "known are version, bucket, functions.NAME.key, functions.NAME.version and functions.NAME.sha256"
}

// meantFunction does the same for a function's name.
func meantFunction(name string, functions []string) string {
	if n := nearest(name, functions); n != "" {
		return "did you mean " + n + "?"
	}
	return "make the folder functions/" + name + ", or take the placeholder out"
}

// nearest returns the first of words that is least far from word, or "" when even that one is another word: more than a
// third of its letters, and more than two, would have to change.
func nearest(word string, words []string) (best string) {
	least := max(2, len(word)/3) + 1
	for _, w := range words {
		if d := distance(word, w); d < least {
			best, least = w, d
		}
	}
	return best
}

// distance counts the letters to change, add or take away to make b of a (Levenshtein's).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		above := slices.Clone(row)
		row[0] = i + 1
		for j := range len(b) {
			change := above[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(change, above[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
