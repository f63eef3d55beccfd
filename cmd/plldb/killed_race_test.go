//go:build unix && race

package main

// raced: the race detector makes every process several times as slow.
const raced = true
