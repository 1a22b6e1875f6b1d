package batch

import (
	"flag"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	"github.com/consensys/gnark/constraint/solver"

	"github.com/zkclear/zkclear/circuits/internal/anatomy"
	"github.com/zkclear/zkclear/circuits/internal/forge"
	"github.com/zkclear/zkclear/circuits/internal/testbatch"
	"github.com/zkclear/zkclear/circuits/net"
	"github.com/zkclear/zkclear/circuits/num"
)

var long = flag.Bool("long", false, "look at every wire of the micro shape, in every honest batch (half an hour)")

// honestBatches are all batches of these tests that are accepted, with and without risk operations.
func honestBatches() map[string]scenario {
	all := riskBatches()
	all["takeover, close and trade"] = takeoverAndTrade
	all["trade"] = func() (*testbatch.State, testbatch.Batch) {
		s := venue()
		return s, trade(s)
	}
	all["empty"] = func() (*testbatch.State, testbatch.Batch) {
		s := venue()
		return s, s.Following(0)
	}
	all["empty, on a new state"] = func() (*testbatch.State, testbatch.Batch) {
		s := testbatch.Genesis(feeRecipient, start, 2)
		return s, s.Following(0)
	}
	return all
}

// TestWires_P1_AChangedWireChangesNothing sets single wires of honest batches wrong and makes all behind them anew: a
// constraint refuses that, or it is another batch, or this one comes to the same.
func TestWires_P1_AChangedWireChangesNothing(t *testing.T) {
	t.Parallel()
	circuit := newUnbound()
	compiled := forge.Compile(t, circuit)
	system := anatomy.Open(compiled)
	random := rand.New(rand.NewPCG(7, 11))
	count := map[bool]int{}
	for _, name := range slices.Sorted(maps.Keys(honestBatches())) {
		s, b := honestBatches()[name]()
		options := append(forge.Lenient(compiled), system.Draw(random))
		honest, err := system.Solve(&unbound{Circuit: *prepare(t, s, b)}, options...)
		if err != nil || len(honest.Broken) > 0 {
			t.Fatalf("%s: an honest batch breaks %v: %v", name, honest, err)
		}
		probe, err := system.NewProbe(honest, options...)
		if err != nil {
			t.Fatal(err)
		}
		for _, wire := range some(system, random) {
			for _, value := range wrong(honest.Wires[wire], random) {
				changed, err := probe.Change(map[int]fr.Element{wire: value}, 0)
				if err != nil {
					t.Fatal(err)
				}
				count[len(changed.Broken) > 0]++
				if len(changed.Broken) > 0 {
					continue
				}
				if same, outcome := circuit.sameBatch(system, honest.Wires, changed.Wires); same && !outcome {
					t.Errorf("%s: wire %d, %s, as %s: accepted, and the batch comes to something else", name, wire, system.Name(wire), value.String())
				}
			}
		}
	}
	t.Logf("%d changes refused, %d accepted", count[true], count[false])
}

// some returns the wires to change: all in a long run, else a few of each kind.
func some(system *anatomy.System, random *rand.Rand) []int {
	if *long {
		return slices.Concat(system.Inputs(), system.Answers(), system.Products())
	}
	var ours []solver.HintID
	for _, hint := range append(net.Hints(), num.Hints()...) {
		ours = append(ours, solver.GetHintID(hint))
	}
	var out []int
	for _, pool := range [][]int{system.Inputs(), system.Answers(ours...), system.Answers(), system.Products()} {
		for range 5 {
			out = append(out, pool[random.IntN(len(pool))])
		}
	}
	return out
}

// wrong returns other values than the honest one: 0, one more, one less, and any.
func wrong(honest fr.Element, random *rand.Rand) []fr.Element {
	one := fr.One()
	values := []fr.Element{{}, *new(fr.Element).Add(&honest, &one), *new(fr.Element).Sub(&honest, &one), anatomy.Random(random)}
	return slices.DeleteFunc(values, func(value fr.Element) bool { return value == honest })
}
