package s3

import "sync"

// writers are the buckets whose settings are being written, from the start of reading a request to the end of answering
// it. Transactions come one after another, so it is the requests that meet. Two processes on one state do not see each
// other here.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (OperationAborted)
type writers struct {
	mu   sync.Mutex
	busy map[string]bool
}

func (w *writers) begin(bucket string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy[bucket] {
		return false
	}
	if w.busy == nil {
		w.busy = map[string]bool{}
	}
	w.busy[bucket] = true
	return true
}

func (w *writers) end(bucket string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.busy, bucket)
}
