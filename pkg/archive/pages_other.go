//go:build !linux

package archive

// giveBack does nothing here: only Linux promises that advice about pages takes effect at once. Other systems take an
// executable's pages back when they are short of memory.
func giveBack(string) {}

func rereadable(string) bool { return false }
