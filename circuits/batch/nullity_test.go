package batch

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/consensys/gnark/constraint"
	"github.com/consensys/gnark/constraint/solver"

	"github.com/zkclear/zkclear/circuits/internal/anatomy"
	"github.com/zkclear/zkclear/circuits/net"
	"github.com/zkclear/zkclear/circuits/num"
)

// hashed are inputs that a root of the old state holds, for nobody finds another that hashes to it: a small change would
// be seen by no linear equation.
var hashed = regexp.MustCompile(`SlotsRoot$|_Path_\d+_(Paired|Across_\d+)$`)

// used says when the circuit looks at an input of a row, given the row's bits. Elsewhere it may be anything.
var used = map[string]func(is func(bit string) bool) bool{
	"Accounts NewAgent":      func(is func(string) bool) bool { return is("HasAgentRequest") },
	"Accounts NewAgentUntil": func(is func(string) bool) bool { return is("HasAgentRequest") },
	"Accounts Requested":     func(is func(string) bool) bool { return is("HasWithdrawal") },
	"Entries Signer": func(is func(string) bool) bool {
		return is("Live") && !is("Book") && !is("Absorb") && !is("Deleverage")
	},
	"Entries Subject":        func(is func(string) bool) bool { return is("Deleverage") },
	"Fills Maker":            func(is func(string) bool) bool { return is("Live") },
	"Fills Taker":            func(is func(string) bool) bool { return is("Live") },
	"Markets NextConfigHash": func(is func(string) bool) bool { return is("Changed") },
	"Requests Account":       ofRequest("Open", "Deposit", "Withdraw", "Close", "Liquidate", "Agent", "Market"),
	"Requests Number":        ofRequest("Close", "Liquidate", "Market"),
	"Requests Taker":         ofRequest("Liquidate"),
	"Requests Resolved":      ofRequest("Close", "Liquidate"),
	"Requests Paid":          ofRequest("Withdraw"),
	"Risks Source":           ofRisk("Takeover", "Close", "Book", "Absorb", "Deleverage"),
	"Risks Lots":             ofRisk("Takeover", "Close", "Book", "Deleverage"),
	"Risks Limit":            ofRisk("Book"),
}

func ofRequest(kinds ...string) func(is func(string) bool) bool {
	return func(is func(string) bool) bool {
		return slices.ContainsFunc(kinds, func(kind string) bool { return is(kind) })
	}
}

func ofRisk(kinds ...string) func(is func(string) bool) bool {
	return func(is func(string) bool) bool {
		return slices.ContainsFunc(kinds, func(kind string) bool { return is("Kind_" + kind) })
	}
}

// TestNullity_P1_NoWireIsFree makes the whole circuit linear at honest batches, and asks which wires could change a little
// without a constraint seeing it, the batch's words and its old state being what they are: only those that are declared
// here, and none that moves the new root or an outcome.
func TestNullity_P1_NoWireIsFree(t *testing.T) {
	t.Parallel()
	circuit := newUnbound()
	system, err := anatomy.Compile(circuit)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"deleveraging", "empty, on a new state", "takeover, close and trade"}
	if *long {
		names = slices.Sorted(maps.Keys(honestBatches()))
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			s, b := honestBatches()[name]()
			honest, err := system.Solve(&unbound{Circuit: *prepare(t, s, b)})
			if err != nil || len(honest.Broken) > 0 {
				t.Fatalf("an honest batch breaks %v: %v", honest, err)
			}
			free := looseEnds(t, circuit, system, honest)
			onlyDivisions(t, system, honest, free)
		})
	}
}

// onlyDivisions has range checks hold nothing: of quotient and remainder one is free then, and nothing else is.
func onlyDivisions(t *testing.T, system *anatomy.System, honest *anatomy.Solution, free []int) {
	t.Helper()
	quotients := make(map[int]bool)
	for i, wire := range system.Answers(
		solver.GetHintID(num.DivCeilHint), solver.GetHintID(num.DivFloorHint), solver.GetHintID(num.DivFloorByHint)) {
		quotients[wire] = i%2 == 0
	}
	inputs := system.Inputs()
	loose := system.NewTangent(honest, false, func(wire int) bool {
		return slices.Contains(inputs, wire) && !slices.Contains(free, wire)
	})
	for _, wire := range loose.Free() {
		if !quotients[wire] && !slices.Contains(free, wire) {
			t.Errorf("only range checks hold wire %d, %s", wire, system.Name(wire))
		}
	}
}

// looseEnds returns the wires that are free, and compares them with those that may be.
func looseEnds(t *testing.T, circuit *unbound, system *anatomy.System, honest *anatomy.Solution) []int {
	t.Helper()
	inputs := make(map[string]int)
	for _, wire := range system.Inputs() {
		inputs[system.Name(wire)] = wire
	}
	siblings := newSiblings(system, honest)
	tangent := system.NewTangent(honest, true, func(wire int) bool {
		_, moves := siblings[wire]
		return !moves && hashed.MatchString(system.Name(wire))
	})
	for wire, row := range siblings {
		// The new leaf is what the second product with the low bit of its place is of, taken from its paired sibling.
		paired, low := system.Input(path(row, "Paired")), system.Input(path(row, "Low"))
		tangent.Tie(
			[]constraint.LinearExpression{system.Input(system.Name(wire)), system.Factors(low[0].WireID())[1]},
			[]constraint.LinearExpression{paired})
	}
	for i, word := range circuit.words {
		if !isOutcome(i) {
			tangent.Fix(word)
		}
	}
	for i, word := range circuit.words {
		if tangent.Moves(word) {
			t.Errorf("word %d moves with a wire that is free", i)
		}
	}
	is := func(input string) bool {
		wire, known := inputs[input]
		if !known {
			t.Fatalf("the circuit has no input %s", input)
		}
		return honest.Wires[wire].IsOne()
	}
	answers := make(map[string]int)
	for _, wire := range tangent.Free() {
		name := system.Name(wire)
		parts := strings.SplitN(name, "_", 3)
		switch {
		case inputs[name] == 0:
			answers[name]++
			if strings.HasSuffix(name, "InvZeroHint") && !system.Asked(wire, honest)[0].IsZero() {
				t.Errorf("the inverse of something is free")
			}
		case used[parts[0]+" "+parts[2]] == nil:
			t.Errorf("%s is free", name)
		case used[parts[0]+" "+parts[2]](func(bit string) bool { return is(parts[0] + "_" + parts[1] + "_" + bit) }):
			t.Errorf("%s is free, though it is used", name)
		}
	}
	compareAnswers(t, answers, is)
	return tangent.Free()
}

// newSiblings returns the siblings of accounts that are new leaves, by the row whose they are: an account's path is one of the
// tree behind the rows before it. Accounts of these tests have ids below 4, so that all are siblings of each other.
func newSiblings(system *anatomy.System, honest *anatomy.Solution) map[int]int {
	value := func(name string) int {
		element := system.Value(system.Input(name), honest)
		return int(element.Uint64())
	}
	siblings, rows := make(map[int]int), make(map[int]int) // by place: the row before this one
	for row := range Micro().Accounts {
		if value(fmt.Sprintf("Accounts_%d_Live", row)) == 0 {
			break
		}
		place := value(path(row, "Low")) + 2*value(path(row, "High"))
		for name, other := range map[string]int{
			"Paired": place ^ 1, "Across_0": place&^1 ^ 2, "Across_1": place&^1 ^ 2 | 1,
		} {
			if before, done := rows[other]; done {
				siblings[system.Input(path(row, name))[0].WireID()] = before
			}
		}
		rows[place] = row
	}
	return siblings
}

// path names a part of the lowest level of an account's path.
func path(row int, part string) string { return fmt.Sprintf("Accounts_%d_Path_0_%s", row, part) }

// compareAnswers compares how many answers of hints are free with what is declared: what padding fetches, the inverse of 0
// in IsZero, and how many REDUCE_ONLY legs a position has that is not claimed as not grown.
func compareAnswers(t *testing.T, answers map[string]int, is func(input string) bool) {
	t.Helper()
	const sides = 12 // What a fill fetches of both its entries.
	shape, fetched, counted := Micro(), 0, 0
	for i := range shape.Fills {
		if !is(fmt.Sprintf("Fills_%d_Live", i)) {
			fetched += sides
		}
	}
	for i := range shape.Requests {
		if !used["Requests Account"](func(bit string) bool { return is(fmt.Sprintf("Requests_%d_%s", i, bit)) }) {
			fetched++
		}
	}
	for i := range shape.Accounts {
		for m := range shape.Markets {
			if !is(fmt.Sprintf("Accounts_%d_NotGrown_%d", i, m)) {
				counted++
			}
		}
	}
	declared := map[string]int{
		solver.GetHintName(net.FetchHint):      fetched,
		solver.GetHintName(net.ScatterHint):    counted,
		solver.GetHintName(solver.InvZeroHint): answers[solver.GetHintName(solver.InvZeroHint)],
	}
	for name, count := range answers {
		if count != declared[name] {
			t.Errorf("%d answers of %s are free, %d are declared", count, name, declared[name])
		}
	}
}
