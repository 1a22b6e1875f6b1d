package batch

import (
	"sync"
	"testing"

	"github.com/consensys/gnark/constraint"

	"github.com/zkclear/zkclear/circuits/internal/forge"
)

var (
	systems   = make(map[string]constraint.ConstraintSystem)
	systemsMu sync.Mutex
)

// compiled returns the constraint system of a shape, compiled once a test run.
func compiled(t testing.TB, shape Shape) constraint.ConstraintSystem {
	t.Helper()
	systemsMu.Lock()
	defer systemsMu.Unlock()
	if system, ok := systems[shape.Name]; ok {
		return system
	}
	systems[shape.Name] = forge.Compile(t, New(shape))
	return systems[shape.Name]
}
