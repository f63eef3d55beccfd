// Package node holds the chores' tools that are written in JavaScript: ws as the WebSocket client that is not plldb's
// own and not Go, and serverless-offline as what the local cloud is measured beside.
package node

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/plldb/plldb/magefiles/chores/child"
)

// Needs is what has to be installed.
const Needs = "Node.js 20 or newer, with npm (https://nodejs.org)"

//go:embed package.json
var manifest []byte

//go:embed package-lock.json
var lock []byte

//go:embed client.js
var client []byte

// Node is an interpreter, with a folder that has the packages and the programs.
type Node struct {
	interpreter, npm string
	folder           string
}

// Find looks for the interpreter, and installs ws into the folder, as the lock file pins it. What is missing is an
// error that says how to get it.
func Find(ctx context.Context, folder string) (*Node, error) {
	n := &Node{folder: folder}
	for name, path := range map[string]*string{"node": &n.interpreter, "npm": &n.npm} {
		var err error
		if *path, err = exec.LookPath(name); err != nil {
			return nil, fmt.Errorf("there is no %s on the PATH; conformance and bench need %s", name, Needs)
		}
	}
	if err := n.recent(ctx); err != nil {
		return nil, err
	}
	for name, text := range map[string][]byte{"package.json": manifest, "package-lock.json": lock, "client.js": client} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			return nil, err
		}
	}
	if err := n.install(ctx, folder, "ci"); err != nil {
		return nil, fmt.Errorf("installing the npm package ws, which conformance needs, from npm's registry: %w", err)
	}
	return n, nil
}

// recent refuses an interpreter that is too old.
func (n *Node) recent(ctx context.Context) error {
	text, err := child.Output(child.Command(ctx, n.interpreter, "--version"))
	if err != nil {
		return err
	}
	var major int
	if _, err := fmt.Sscanf(string(text), "v%d.", &major); err != nil || major < 20 {
		return errors.New("node is " + string(text) + "conformance and bench need " + Needs)
	}
	return nil
}

// install lets npm install into a folder, without the packages' own scripts.
func (n *Node) install(ctx context.Context, folder string, args ...string) error {
	args = append(args, "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
	cmd := child.Command(ctx, n.npm, args...)
	cmd.Dir = folder
	_, err := child.Output(cmd)
	return err
}
