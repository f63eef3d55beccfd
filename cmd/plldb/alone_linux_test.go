package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"unsafe"
)

// inside is set for the half of `alone` that runs in the network of its own.
const inside = "ALONE_INSIDE"

// alone COMMAND [ARGUMENT…] runs a command in a network that has the loopback and nothing else
// (network_namespaces(7)), and leaves as it did, but with 98 if it tried to reach another machine: the kernel counts
// what it finds no route for.
func alone() {
	if os.Getenv(inside) != "" {
		aloneInside()
	}
	self, err := os.Executable()
	if err != nil {
		leaveLike(err)
	}
	cmd := exec.Command(self) //nolint:noctx // the script's own end is its end
	cmd.Args = os.Args
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}},
	}
	leaveLike(cmd.Run())
}

func aloneInside() {
	if err := loopbackUp(); err != nil {
		leaveLike(err)
	}
	cmd := exec.Command(os.Args[1], os.Args[2:]...) //nolint:noctx // the script's own end is its end
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	before := unrouted()
	err := cmd.Run()
	if after := unrouted(); after != before {
		fmt.Fprintf(os.Stderr, "\nanother machine was asked for\n%s\n%s\n", before, after)
		os.Exit(98)
	}
	leaveLike(err)
}

// loopbackUp turns the loopback on; in a new network it is off (netdevice(7)).
func loopbackUp() error {
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(socket)
	request := struct {
		name  [syscall.IFNAMSIZ]byte
		flags uint16
		_     [22]byte
	}{name: [syscall.IFNAMSIZ]byte{'l', 'o'}, flags: syscall.IFF_UP}
	where := uintptr(unsafe.Pointer(&request))
	_, _, no := syscall.Syscall(syscall.SYS_IOCTL, uintptr(socket), syscall.SIOCSIFFLAGS, where)
	if no != 0 {
		return no
	}
	return nil
}

// unrouted is what the kernel counts of packets and connections that have nowhere to go (RFC 4293, ipOutNoRoutes). What
// cannot be read stays the same.
func unrouted() string {
	four, _ := os.ReadFile("/proc/self/net/snmp")
	six, _ := os.ReadFile("/proc/self/net/snmp6")
	var names, counts []string // the lines of IPv4: "Ip: Forwarding DefaultTTL …", "Ip: 1 64 …"
	for line := range strings.Lines(string(four)) {
		if fields := strings.Fields(line); strings.HasPrefix(line, "Ip:") {
			names, counts = counts, fields
		}
	}
	var found []string
	if i := slices.Index(names, "OutNoRoutes"); i >= 0 {
		found = append(found, names[i]+" "+counts[i])
	}
	for line := range strings.Lines(string(six)) {
		if strings.HasPrefix(line, "Ip6OutNoRoutes") {
			found = append(found, strings.Join(strings.Fields(line), " "))
		}
	}
	return strings.Join(found, ", ")
}
