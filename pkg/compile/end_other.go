//go:build !unix

package compile

import "os/exec"

// endTogether changes nothing here: a cancelled ctx ends go itself, and a compiler that it started ends with the
// package it is at.
func endTogether(*exec.Cmd) {}
