//go:build ignore

// This is the door for a machine without mage: `go run magefile.go deploy` is `mage deploy`.
package main

import (
	"os"

	"github.com/magefile/mage/mage"
)

func main() { os.Exit(mage.Main()) }
