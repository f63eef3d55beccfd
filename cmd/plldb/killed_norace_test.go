//go:build unix && !race

package main

const raced = false
