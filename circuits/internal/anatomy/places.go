package anatomy

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
)

const module = "github.com/zkclear/zkclear/circuits/"

// helpers assert for their callers: whose place it is, is asked one call further out.
var helpers = []string{
	"num.AssertZeroIf", "num.AssertPrefix", "bind.Pack", "net.(*Sums).Balance", "batch.(*proof).lookUp",
}

// here returns the statement of this module that asserts something, as `function: text`, and behind it those of helpers
// that it calls. What the circuit of a test asserts is no more ours than what gnark does.
func here() string {
	counters := make([]uintptr, 32)
	frames := runtime.CallersFrames(counters[:runtime.Callers(3, counters)])
	var parts []string
	for {
		frame, more := frames.Next()
		if name, ours := strings.CutPrefix(frame.Function, module); ours {
			if strings.HasSuffix(frame.File, "_test.go") {
				return library
			}
			parts = append([]string{name + ": " + line(frame.File, frame.Line)}, parts...)
			if !slices.Contains(helpers, name) {
				return strings.Join(parts, " > ")
			}
		}
		if !more {
			panic(fmt.Sprintf("anatomy: no function of this module asserts this: %v", parts))
		}
	}
}

var (
	sources   = make(map[string][]string)
	sourcesMu sync.Mutex
)

// line returns the text of a line of a source file.
func line(file string, number int) string {
	sourcesMu.Lock()
	defer sourcesMu.Unlock()
	if sources[file] == nil {
		text, err := os.ReadFile(file)
		if err != nil {
			panic(fmt.Errorf("anatomy: a source file is not there: %w", err))
		}
		sources[file] = strings.Split(string(text), "\n")
	}
	return strings.TrimSpace(sources[file][number-1])
}

// field returns the last name in the name of an input: what it is, whatever row or circuit it stands in.
func field(input string) string {
	parts := strings.Split(input, "_")
	for len(parts) > 1 && strings.Trim(parts[len(parts)-1], "0123456789") == "" {
		parts = parts[:len(parts)-1]
	}
	return parts[len(parts)-1]
}
