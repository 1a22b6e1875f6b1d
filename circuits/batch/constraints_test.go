package batch

import (
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"testing"

	"github.com/consensys/gnark/constraint"
)

var update = flag.Bool("update", false, "write testdata/constraints.json anew, all shapes (minutes, and 12 GiB for large)")

const constraintsPath = "../testdata/constraints.json"

// counts is the file of constraint counts. Units is what one more row costs in a shape of the size of small.
type counts struct {
	Units  map[string]int            `json:"units"`
	Shapes map[string]map[string]int `json:"shapes"`
}

// budgets of design section 8: constraints a row, and a word. A risk row has no budget of the design.
var budgets = map[string]int{"order": 3_600, "account": 11_000, "fill": 150, "request": 1_200, "risk": 1_000, "word": 110}

func total(sections map[string]int) int {
	sum := 0
	for _, count := range sections {
		sum += count
	}
	return sum
}

// units measures what one more row of each kind costs, its share of words, range checks and balances included.
func units(base Shape) map[string]int {
	const rows = 12 // a multiple of the fills in a word
	sections := Sections(base)
	before := total(sections)
	costs := map[string]int{"word": (sections["bind"] + wordCount(base) - 1) / wordCount(base)}
	for name, more := range map[string]func(*Shape){
		"order":   func(s *Shape) { s.Orders += rows },
		"account": func(s *Shape) { s.Accounts += rows },
		"fill":    func(s *Shape) { s.Fills += rows },
		"request": func(s *Shape) { s.Requests += rows },
		"risk":    func(s *Shape) { s.Risks += rows },
	} {
		grown := base
		more(&grown)
		costs[name] = (total(Sections(grown)) - before + rows - 1) / rows
	}
	return costs
}

// wordCount is the number of words of a shape.
func wordCount(s Shape) int {
	up := func(n, size int) int { return (n + size - 1) / size }
	return 4 + 2*up(s.Markets, 4) + 2*s.Orders + up(s.Fills, 3) + 2*s.Requests
}

// TestConstraints_GoldenFile compares the counts of tiny, micro and small, and of one more row, with the golden file.
func TestConstraints_GoldenFile(t *testing.T) {
	t.Parallel()
	small, err := ShapeByName("small")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		writeConstraints(t, small)
	}
	raw, err := os.ReadFile(constraintsPath)
	if err != nil {
		t.Fatal(err)
	}
	var want counts
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"micro", "tiny", "small"} {
		shape, err := ShapeByName(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := Sections(shape); !reflect.DeepEqual(got, want.Shapes[name]) {
			t.Errorf("%s has %v, the golden file %v (go test ./batch -run Golden -update)", name, got, want.Shapes[name])
		}
	}
	for _, shape := range Shapes() {
		if want.Shapes[shape.Name] == nil {
			t.Errorf("the golden file has no shape %q", shape.Name)
		}
	}
	if got := units(small); !reflect.DeepEqual(got, want.Units) {
		t.Errorf("units are %v, the golden file says %v", got, want.Units)
	}
	for unit, budget := range budgets {
		if cost, ok := want.Units[unit]; !ok || cost > budget {
			t.Errorf("a %s costs %d constraints, the budget is %d", unit, cost, budget)
		}
	}
}

func writeConstraints(t *testing.T, small Shape) {
	t.Helper()
	file := counts{Units: units(small), Shapes: map[string]map[string]int{"micro": Sections(Micro())}}
	for _, shape := range Shapes() {
		file.Shapes[shape.Name] = Sections(shape)
	}
	raw, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(constraintsPath, append(raw, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestConstraints_OneCommitment: the exported verifier supports one, and only warns of more.
func TestConstraints_OneCommitment(t *testing.T) {
	commitments := compiled(t, Micro()).GetCommitments().(constraint.Groth16Commitments)
	if len(commitments) != 1 {
		t.Errorf("the circuit has %d commitments, it must have one", len(commitments))
	}
	if public := compiled(t, Micro()).GetNbPublicVariables(); public != 4 { // the constant 1 is counted too
		t.Errorf("the circuit has %d public variables, it must have 3 and the constant", public)
	}
}
