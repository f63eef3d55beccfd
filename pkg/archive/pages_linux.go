package archive

import (
	"bufio"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

// giveBack takes the pages that lie wholly within text out of this process. After MADV_DONTNEED (madvise(2)) the next
// access to a private mapping of a file reads from the file as the first one did, and what a process wrote there is
// lost (mm/madvise.c of the kernel): text must be rereadable. It is advice: if it is refused, the pages stay.
//
// The mapping holds on to the file that was started, so that is what is read, though plldb be replaced or removed.
func giveBack(text string) {
	page := os.Getpagesize()
	skip := -int(address(text)) & (page - 1)
	size := (len(text) - skip) &^ (page - 1)
	if size <= 0 {
		return
	}
	whole := text[skip : skip+size]
	_ = syscall.Madvise(unsafe.Slice(unsafe.StringData(whole), size), syscall.MADV_DONTNEED)
}

func address(text string) uintptr { return uintptr(unsafe.Pointer(unsafe.StringData(text))) }

// rereadable says whether text lies in a private mapping of a file that cannot be written to, and of which no page
// differs from the file. The last is no matter of course: a packer such as UPX unpacks an executable into memory that
// looks like this and is not. Whatever cannot be found out is a no.
func rereadable(text string) bool {
	f, err := os.Open("/proc/self/smaps") // proc_pid_smaps(5)
	if err != nil {
		return false
	}
	defer f.Close()
	first := uint64(address(text))
	return clean(f, first, first+uint64(len(text)))
}

// clean looks for the mapping that has all of the bytes from first to before after. In smaps a line of proc_pid_maps(5)
// begins each mapping, and its figures follow.
func clean(smaps io.Reader, first, after uint64) bool {
	inside, unchanged := false, false
	for lines := bufio.NewScanner(smaps); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 {
			continue
		}
		switch name, figure := fields[0], fields[1]; {
		case !strings.HasSuffix(name, ":"):
			inside, unchanged = ofFile(fields) && covers(name, first, after), false
		case inside && name == "Anonymous:":
			unchanged = figure == "0"
		case inside && name == "Swap:":
			return unchanged && figure == "0"
		}
	}
	return false
}

// ofFile reads permissions and inode from "from-to perms offset dev inode path".
func ofFile(fields []string) bool {
	return len(fields) > 4 && strings.HasPrefix(fields[1], "r-") && strings.HasSuffix(fields[1], "p") && fields[4] != "0"
}

func covers(span string, first, after uint64) bool {
	from, to, _ := strings.Cut(span, "-")
	low, err := strconv.ParseUint(from, 16, 64)
	if err != nil {
		return false
	}
	high, err := strconv.ParseUint(to, 16, 64)
	return err == nil && low <= first && after <= high
}
