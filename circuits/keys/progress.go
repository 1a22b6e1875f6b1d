package keys

import (
	"fmt"
	"io"
	"runtime"
	"time"
)

// setupRate is what one core was measured to do, in constraints a second.
const setupRate = 3_000

// progressEvery is how often the line is written anew.
const progressEvery = time.Second

// startProgress writes a line with the seconds gone and expected until the returned function is called.
func startProgress(out io.Writer, step string, compiled *Compiled) (done func()) {
	start := time.Now()
	expected := compiled.Constraints()/(setupRate*runtime.NumCPU()) + 1
	line := func(end string) {
		fmt.Fprintf(out, "\r%s of %s: %d constraints, %.0f s of about %d s%s", step, compiled.Shape,
			compiled.Constraints(), time.Since(start).Seconds(), expected, end)
	}
	line("")
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(progressEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				line("")
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
