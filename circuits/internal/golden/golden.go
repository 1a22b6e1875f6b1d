// Package golden reads the vectors that every language replays: tests/vectors/*.json.
package golden

import (
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Case is one case: a call of the rule book, and what it gives or the reason why it refuses.
type Case struct {
	ID     int
	Call   string
	In     Value
	Out    Value
	Reject string
}

// Value is any part of a case.
type Value struct {
	t    testing.TB
	data any
}

// Load returns the cases of one call in a file, and fails the test if there is none.
func Load(t testing.TB, module, call string) []Case {
	t.Helper()
	raw, err := os.ReadFile(Path(module))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			ID     int    `json:"id"`
			Call   string `json:"call"`
			In     any    `json:"in"`
			Out    any    `json:"out"`
			Reject string `json:"reject"`
		} `json:"cases"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	var cases []Case
	for _, c := range file.Cases {
		if c.Call == call {
			cases = append(cases, Case{c.ID, c.Call, Value{t, c.In}, Value{t, c.Out}, c.Reject})
		}
	}
	if len(cases) == 0 {
		t.Fatalf("%s.json has no case of %s", module, call)
	}
	return cases
}

// Path returns where the vectors of a module lie.
func Path(module string) string {
	_, here, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(here), "..", "..", "..", "tests", "vectors", module+".json")
}

// At returns a part of a value, by keys and indexes.
func (v Value) At(path ...any) Value {
	v.t.Helper()
	for _, step := range path {
		switch data := v.data.(type) {
		case map[string]any:
			part, ok := data[step.(string)]
			if !ok {
				v.t.Fatalf("the vector has no %q", step)
			}
			v.data = part
		case []any:
			v.data = data[step.(int)]
		default:
			v.t.Fatalf("the vector has no parts where %v is asked", step)
		}
	}
	return v
}

// Int returns a decimal string's integer.
func (v Value) Int(path ...any) *big.Int {
	v.t.Helper()
	text, _ := v.At(path...).data.(string)
	n, ok := new(big.Int).SetString(text, 10)
	if !ok {
		v.t.Fatalf("%v of the vector is not a decimal integer", path)
	}
	return n
}

// Ints returns a list of integers.
func (v Value) Ints(path ...any) []*big.Int {
	v.t.Helper()
	list := v.At(path...)
	out := make([]*big.Int, list.Len())
	for i := range out {
		out[i] = list.Int(i)
	}
	return out
}

// Bool returns a truth value.
func (v Value) Bool(path ...any) bool {
	v.t.Helper()
	truth, ok := v.At(path...).data.(bool)
	if !ok {
		v.t.Fatalf("%v of the vector is not true or false", path)
	}
	return truth
}

// Len returns how many elements a list has.
func (v Value) Len() int {
	list, ok := v.data.([]any)
	if !ok {
		v.t.Fatal("a part of the vector is not a list")
	}
	return len(list)
}
