//go:build unix

package proving

import (
	"runtime"
	"syscall"
)

// PeakMemory is the most memory that this process has held so far, in MiB.
func PeakMemory() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0 // it cannot fail for the calling process
	}
	if runtime.GOOS == "darwin" {
		return int64(usage.Maxrss) >> 20 // bytes there, KiB elsewhere
	}
	return int64(usage.Maxrss) >> 10
}
