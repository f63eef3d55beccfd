package localcloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// The server of a state's folder holds a lock there, which the system gives back however its process ends. Those who come
// later find it by a note. That its server is gone is not seen by the note, which a killed process leaves behind, nor by its
// process number, which another may have by then: who wants to work in it asks at the address for the note's own id. A server
// that is suspended does not answer, but still holds the lock.
const (
	noteFile = "serving.json"
	lockFile = "serving.lock"
	askPath  = "/_plldb/serving"
	askTakes = 2 * time.Second
)

// note is who serves a state.
type note struct {
	ID  string
	URL string
	PID int
}

// Already is the error where the state has a server. URL and PID are empty where that has not said yet who it is.
type Already struct {
	State string // the folder
	URL   string
	PID   int
}

// Error says where it is served.
func (a *Already) Error() string {
	if a.URL == "" {
		return fmt.Sprintf("the local cloud in %s is already being served, by a process that has not said where", a.State)
	}
	return fmt.Sprintf("the local cloud in %s is already being served, at %s, by process %d", a.State, a.URL, a.PID)
}

// hold takes the folder's lock, or says who has it.
func hold(state string) (*flock.Flock, error) {
	if state == "" {
		return nil, errors.New("a local cloud in memory is nobody else's to find")
	}
	if err := os.MkdirAll(state, 0o700); err != nil {
		return nil, fmt.Errorf("opening the local cloud's state: %w", err)
	}
	lock := flock.New(filepath.Join(state, lockFile), flock.SetPermissions(0o600))
	mine, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking the local cloud's state: %w", err)
	}
	if !mine {
		n, _ := readNote(state)
		return nil, &Already{State: state, URL: n.URL, PID: n.PID}
	}
	return lock, nil
}

// announce tells where the state's server is, which holds its lock.
func (s *Server) announce(state string) error {
	n := note{ID: wire.NewID(), URL: s.URL, PID: os.Getpid()}
	s.cloud.door.id.Store(n.ID)
	if err := n.write(state); err != nil {
		return fmt.Errorf("announcing the local cloud: %w", err)
	}
	return nil
}

// write puts the note in its place whole.
func (n note) write(state string) error {
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(state, noteFile+"-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), filepath.Join(state, noteFile))
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// withdraw takes the note away: whoever comes now is to work by himself.
func withdraw(state string) error {
	err := os.Remove(filepath.Join(state, noteFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

func readNote(state string) (note, bool) {
	var n note
	text, err := os.ReadFile(filepath.Join(state, noteFile))
	if err != nil || json.Unmarshal(text, &n) != nil || n.ID == "" {
		return note{}, false
	}
	return n, true
}

// Serving is the address and the process of the server of a state's folder, if there is one that answers.
func Serving(ctx context.Context, state string) (url string, pid int, ok bool) {
	n, found := readNote(state)
	if !found || n.ask(ctx) != n.ID {
		return "", 0, false
	}
	return n.URL, n.PID, true
}

// ask is the id of the server at the note's address, "" if it gives none.
func (n note) ask(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, askTakes)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, n.URL+askPath, nil)
	if err != nil {
		return ""
	}
	direct := &http.Transport{DisableKeepAlives: true} // no proxy
	answer, err := direct.RoundTrip(r)
	if err != nil {
		return ""
	}
	id, err := io.ReadAll(io.LimitReader(answer.Body, 64))
	if err = errors.Join(err, answer.Body.Close()); err != nil || answer.StatusCode != http.StatusOK {
		return ""
	}
	return string(id)
}

// told answers who asks whether this is the state's server.
func (d *door) told(w http.ResponseWriter, r *http.Request) bool {
	id, _ := d.id.Load().(string)
	if id == "" || r.URL.Path != askPath || r.Method != http.MethodGet || d.admit(r) != nil {
		return false
	}
	w.Header().Set("Content-Type", "text/plain")
	_, _ = io.WriteString(w, id) // who asked gets it, or is gone
	return true
}
