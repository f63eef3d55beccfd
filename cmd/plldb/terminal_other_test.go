//go:build !linux

package main

// terminalCommands is empty where the tests know no way to a pseudo terminal.
func terminalCommands() map[string]func() { return nil }
