//go:build !plldb_embedded

package main

// function makes this process one of plldb's functions, in a plldb that brings them along: see linked_on.go.
func function() bool { return false }
