package websocket

// Scan follows a client's bytes in the given pieces, and returns how many are passed on, and the code and the reason of
// the end that they lead to; 0 if to none.
func Scan(frame, message int, pieces ...[]byte) (passed int, e Ending) {
	f := frames{frame: uint64(frame), message: uint64(message)}
	for _, piece := range pieces {
		n, broken := f.pass(piece)
		passed += n
		if broken != nil {
			return passed, broken.Ending
		}
	}
	return passed, Ending{}
}
