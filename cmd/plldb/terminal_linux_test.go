package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"unsafe"
)

func terminalCommands() map[string]func() { return map[string]func(){"onterminal": onTerminal} }

// onTerminal PROMPT ANSWER COMMAND [ARGUMENT…] runs a command with a terminal for its input and its story, and types
// the answer when the prompt stands there; of several, with | between them, one each time. What the terminal shows is its
// own error stream.
func onTerminal() {
	prompt, answer, command := os.Args[1], os.Args[2], os.Args[3:]
	near, far, err := openTerminal()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(99)
	}
	cmd := exec.Command(command[0], command[1:]...) //nolint:noctx // the script's own end is its end
	cmd.Stdin, cmd.Stdout, cmd.Stderr = far, os.Stdout, far
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		show(near, prompt, strings.NewReplacer(`\n`, "\n", "^C", "\x03", "^D", "\x04").Replace(answer))
	}()
	// A session of its own, with this as its terminal: Ctrl-C is a signal then.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	err = cmd.Run()
	_ = far.Close() // the near end reads an error now
	<-shown
	leaveLike(err)
}

// show copies what the terminal shows, and types each answer once.
func show(near *os.File, prompt, answer string) {
	var seen bytes.Buffer
	answers, given := strings.Split(answer, "|"), 0
	for part := make([]byte, 1024); ; {
		n, err := near.Read(part)
		seen.Write(part[:n])
		_, _ = os.Stderr.Write(bytes.ReplaceAll(part[:n], []byte("\r"), nil))
		if given < len(answers) && strings.Count(seen.String(), prompt) > given {
			_, _ = io.WriteString(near, answers[given])
			given++
		}
		if err != nil {
			return
		}
	}
}

// openTerminal makes a pseudo terminal: near is the person's end, far the program's (pts(4)).
func openTerminal() (near, far *os.File, err error) {
	near, err = os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		return nil, nil, err
	}
	var number, locked uint32
	if err := control(near, syscall.TIOCSPTLCK, &locked); err != nil {
		return nil, nil, err
	}
	if err := control(near, syscall.TIOCGPTN, &number); err != nil {
		return nil, nil, err
	}
	far, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	return near, far, keepOutput(far)
}

// keepOutput has the terminal show what was written around a Ctrl-C too; by default it throws that away (termios(3)).
func keepOutput(f *os.File) error {
	var t syscall.Termios
	if err := control(f, syscall.TCGETS, &t); err != nil {
		return err
	}
	t.Lflag |= syscall.NOFLSH
	return control(f, syscall.TCSETS, &t)
}

func control[T any](f *os.File, request uintptr, value *T) error {
	_, _, no := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), request, uintptr(unsafe.Pointer(value)))
	if no != 0 {
		return no
	}
	return nil
}
