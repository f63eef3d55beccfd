package execution

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"sync"
	"unicode/utf8"
)

// output is what a process prints. Its stdout and stderr are one pipe, so that their lines keep their order. Lambda's
// own lines stand between those of the process where they belong, because they go through the same pipe: before a START
// and after an event's last line a mark is written into it, which no process can guess, and whoever reads finds the
// mark behind everything that was printed before. No timer and no second pipe is needed for that, nor has the pipe to
// end: a child that somebody left behind may hold it open.
type output struct {
	log    *logbook
	reader *os.File
	writer *os.File
	token  []byte
	read   sync.WaitGroup

	mu    sync.Mutex
	marks []func() // in the order of their tokens in the pipe; the last is nil

	line []byte // the beginning of one; the reader's own
}

const (
	// longest is how much of a line becomes one event: CloudWatch Logs takes 256 KB
	// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html).
	longest   = 256 << 10
	chunkSize = 32 << 10
	// tokenSize is far below what a pipe takes in one piece (512 bytes at least, POSIX).
	tokenSize = 32
)

func newOutput(log *logbook) (*output, error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	o := &output{log: log, reader: reader, writer: writer, token: make([]byte, tokenSize)}
	_, _ = rand.Read(o.token[1:]) // never fails: crypto/rand. What begins a mark must end no line: it is held back
	o.read.Go(o.run)
	return o, nil
}

// mark has something done when all is logged that was printed until now. It waits while the pipe is full.
func (o *output) mark(do func()) {
	o.mu.Lock()
	o.marks = append(o.marks, do)
	o.mu.Unlock()
	_, _ = o.writer.Write(o.token) // the reader is there until the last mark
}

// close returns when all is logged that was printed until now.
func (o *output) close() {
	o.mark(nil)
	o.read.Wait()
	_ = errors.Join(o.writer.Close(), o.reader.Close()) // nothing is buffered
}

// run reads until the last mark. Of what it has not taken the pipe holds some, and then the process waits.
func (o *output) run() {
	buffer := make([]byte, 0, chunkSize+tokenSize)
	for {
		n, err := o.reader.Read(buffer[len(buffer):cap(buffer)])
		if err != nil {
			return // the pipe is broken: its writer is held here until the last mark
		}
		rest, more := o.take(buffer[:len(buffer)+n])
		if !more {
			return
		}
		buffer = buffer[:copy(buffer[:cap(buffer)], rest)]
	}
}

// take logs what was read. It returns what may be the beginning of a mark, and false at the last mark.
func (o *output) take(text []byte) ([]byte, bool) {
	for {
		before, after, found := bytes.Cut(text, o.token)
		if !found {
			break
		}
		o.print(before)
		o.flush()
		if !o.passed() {
			return nil, false
		}
		text = after
	}
	keep := o.beginning(text)
	o.print(text[:len(text)-keep])
	return text[len(text)-keep:], true
}

// passed does what a mark is for.
func (o *output) passed() bool {
	o.mu.Lock()
	do := o.marks[0]
	o.marks = o.marks[1:]
	o.mu.Unlock()
	if do != nil {
		do()
	}
	return do != nil
}

// beginning is how many bytes at the end may belong to a mark.
func (o *output) beginning(text []byte) int {
	for n := min(len(text), len(o.token)-1); n > 0; n-- {
		if bytes.HasSuffix(text, o.token[:n]) {
			return n
		}
	}
	return 0
}

// print logs lines, and keeps the beginning of one.
func (o *output) print(text []byte) {
	for len(text) > 0 {
		line, rest, found := bytes.Cut(text, []byte{'\n'})
		o.add(line)
		text = rest
		if found {
			o.log.say(string(o.line))
			o.reset()
		}
	}
}

// add makes the line longer, and logs it in pieces where it is too long. No piece ends within a character.
func (o *output) add(text []byte) {
	o.line = append(o.line, text...)
	for len(o.line) > longest {
		cut := longest
		for back := 0; back < utf8.UTFMax-1 && !utf8.RuneStart(o.line[cut]); back++ {
			cut--
		}
		o.log.say(string(o.line[:cut]))
		o.line = o.line[:copy(o.line, o.line[cut:])]
	}
}

// flush logs a line that has no end.
func (o *output) flush() {
	if len(o.line) > 0 {
		o.log.say(string(o.line))
	}
	o.reset()
}

// reset begins a line. What a long one took is not kept.
func (o *output) reset() {
	o.line = o.line[:0]
	if cap(o.line) > 2*chunkSize {
		o.line = nil
	}
}
