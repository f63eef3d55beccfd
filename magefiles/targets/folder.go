package targets

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/plldb/plldb/pkg/report"
)

// Here is a Problem where the folder that the process stands in is gone.
func Here() error {
	_, err := os.Getwd()
	if !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return &report.Problem{
		Message: "the current folder is gone: somebody has removed it",
		Hint:    "go to one that is there, then run this again",
		Code:    report.ExitUsage,
		Err:     err,
	}
}

// noFolder says that a state cannot be kept where no folder can be; nil where that is not what is wrong.
func noFolder(state string, err error) *report.Problem {
	for path := state; path != filepath.Dir(path); path = filepath.Dir(path) {
		info, missing := os.Stat(path)
		if missing != nil {
			continue
		}
		if info.IsDir() {
			return nil
		}
		return &report.Problem{
			Message: path + " is not a folder", Hint: "name another folder with --state", Code: report.ExitUsage, Err: err,
		}
	}
	return nil
}
