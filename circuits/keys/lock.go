//go:build unix

package keys

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lock waits until no other process holds the file, and returns what gives it back.
// The kernel drops the lock of a process that dies.
func lock(path string) (unlock func() error, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the lock %s cannot be opened: %w", path, err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("the lock %s cannot be taken: %w", path, err), file.Close())
	}
	return file.Close, nil
}
