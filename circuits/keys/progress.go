package keys

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"time"
)

// setupRate is what one core was measured to do, in constraints a second.
const setupRate = 3_000

// How often the line is written anew: in place on a terminal, seldom into a log.
const (
	progressOnTerminal = time.Second
	progressInLog      = 15 * time.Second
)

// startProgress writes a line with the seconds gone and expected until the returned function is called.
func startProgress(out io.Writer, step string, compiled *Compiled) (done func()) {
	start := time.Now()
	expected := compiled.Constraints()/(setupRate*runtime.NumCPU()) + 1
	before, after, every := "", "\n", progressInLog
	if terminal(out) {
		before, after, every = "\r", "", progressOnTerminal
	}
	line := func(end string) {
		fmt.Fprintf(out, "%s%s of %s: %d constraints, %.0f s of about %d s%s", before, step, compiled.Shape,
			compiled.Constraints(), time.Since(start).Seconds(), expected, end)
	}
	line(after)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				line(after)
			case <-stop:
				line(", done\n")
				return
			}
		}
	}()
	return func() {
		close(stop)
		<-stopped
	}
}

// terminal says whether a person watches.
func terminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
