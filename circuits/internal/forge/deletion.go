package forge

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/consensys/gnark/constraint"
	"github.com/consensys/gnark/constraint/solver"
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/internal/anatomy"
)

// circuits are those that Compile compiled, by their constraint systems.
var circuits sync.Map

// watch collects what forged cases show, while Needed runs them.
var watch *watcher

// watcher knows of every assertion which forged case would be accepted without it.
type watcher struct {
	systems map[constraint.ConstraintSystem]*anatomy.System
	killers map[string]string // By place: the first such case, or nothing.
}

// Needed runs the forging tests of a package, and fails unless every assertion of the package is needed: some forged case is
// accepted if just that assertion is left out of the circuit. Those in redundant are not, for the reason given.
//
// An assertion is a statement of the source, with all of its rows; of a balance each sum and each column of the keys.
func Needed(t *testing.T, pkg string, redundant map[string]string, tests ...func(*testing.T)) {
	watch = &watcher{make(map[constraint.ConstraintSystem]*anatomy.System), make(map[string]string)}
	defer func() { watch = nil }()
	for _, test := range tests {
		t.Run("forged", test)
	}
	known := 0
	for _, place := range slices.Sorted(maps.Keys(watch.killers)) {
		_, declared := redundant[place]
		killer := watch.killers[place]
		if !strings.HasPrefix(place, pkg+".") {
			continue
		}
		known++
		switch {
		case killer == "" && !declared:
			t.Errorf("no forged case needs %s", place)
		case killer != "" && declared:
			t.Errorf("declared redundant, but %s needs %s", killer, place)
		}
	}
	if known == 0 {
		t.Errorf("no circuit of these cases has an assertion of %s", pkg)
	}
	for place := range redundant {
		if _, known := watch.killers[place]; !known {
			t.Errorf("declared redundant, but no circuit has %s", place)
		}
	}
}

// forged notes which assertions alone refuse a case.
func (w *watcher) forged(t testing.TB, system constraint.ConstraintSystem, assignment frontend.Circuit, options []solver.Option) {
	t.Helper()
	opened := w.system(t, system)
	solution, err := opened.Solve(assignment, options...)
	if err != nil {
		t.Fatal(err)
	}
	w.note(t, opened.LeftOut(solution))
}

// OnlyRefusedBy tells Needed, if it runs the test, which assertions alone refuse what else would be accepted.
func OnlyRefusedBy(t testing.TB, places []string) {
	t.Helper()
	if watch != nil {
		watch.note(t, places)
	}
}

func (w *watcher) note(t testing.TB, places []string) {
	for _, place := range places {
		if w.killers[place] == "" {
			w.killers[place] = t.Name()
		}
	}
}

// system returns a compiled circuit taken apart.
func (w *watcher) system(t testing.TB, system constraint.ConstraintSystem) *anatomy.System {
	t.Helper()
	if w.systems[system] == nil {
		circuit, known := circuits.Load(system)
		if !known {
			t.Fatal("a system that forge did not compile")
		}
		opened, err := anatomy.Compile(circuit.(frontend.Circuit))
		if err != nil {
			t.Fatal(err)
		}
		w.systems[system] = opened
		for _, place := range opened.Places() {
			w.killers[place] += ""
		}
	}
	return w.systems[system]
}
