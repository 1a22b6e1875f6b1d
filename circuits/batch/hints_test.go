package batch

import (
	"errors"
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	cs "github.com/consensys/gnark/constraint/bn254"
	"github.com/consensys/gnark/constraint/solver"
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/internal/forge"
	"github.com/zkclear/zkclear/circuits/internal/testbatch"
	"github.com/zkclear/zkclear/circuits/net"
	"github.com/zkclear/zkclear/circuits/num"
)

// callsPerHint bounds how many calls of one hint are lied about in one way.
const callsPerHint = 12

// lies are the ways to answer a hint wrongly.
var lies = map[string]func(honest *big.Int, random *rand.Rand) *big.Int{
	"zero":      func(*big.Int, *rand.Rand) *big.Int { return new(big.Int) },
	"one more":  func(honest *big.Int, _ *rand.Rand) *big.Int { return new(big.Int).Add(honest, big.NewInt(1)) },
	"minus one": func(*big.Int, *rand.Rand) *big.Int { return big.NewInt(-1) },
	"negated":   func(honest *big.Int, _ *rand.Rand) *big.Int { return new(big.Int).Neg(honest) },
	"random": func(_ *big.Int, random *rand.Rand) *big.Int {
		var e fr.Element
		e.SetUint64(random.Uint64())
		e.Square(&e).Square(&e)
		return e.BigInt(new(big.Int))
	},
}

// mayLie are the answers that a prover is free to give, because no output of a gadget depends on them.
var mayLie = map[solver.HintID]func(in []*big.Int, output int, given *big.Int) bool{
	// The inverse inside IsZero of 0.
	solver.GetHintID(solver.InvZeroHint): func(in []*big.Int, _ int, _ *big.Int) bool { return in[0].Sign() == 0 },
	// The sign of 0: either bit gives the same value and magnitude.
	solver.GetHintID(num.NotNegativeHint): signOfZero,
	solver.GetHintID(num.NegativeHint):    signOfZero,
	// How many REDUCE_ONLY orders a position has that is not claimed as not grown: the count is multiplied by the claim.
	solver.GetHintID(net.ScatterHint): func(in []*big.Int, output int, _ *big.Int) bool {
		accounts, markets := Micro().Accounts, Micro().Markets
		return in[0].Int64() == int64(accounts*markets) && in[1].Int64() == 2 && output%2 == 1
	},
}

func signOfZero(in []*big.Int, _ int, given *big.Int) bool {
	return in[0].Sign() == 0 && given.BitLen() <= 1
}

// TestHints_P1_NoLieIsAccepted replaces every hint of the compiled micro circuit, ours and gnark's, one output of one call
// at a time: a constraint refuses it, or it is one of mayLie. Batches with and without risk operations.
func TestHints_P1_NoLieIsAccepted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		of      scenario
		padding bool // It has rows that are not in use, and what they look up is nothing.
	}{
		"trade": {func() (*testbatch.State, testbatch.Batch) {
			s := venue()
			return s, trade(s)
		}, false},
		"takeover, close and trade": {takeoverAndTrade, false},
		"deleveraging":              {deleveraging, true},
	} {
		t.Run(name, func(t *testing.T) { lieInEveryHint(t, c.of, c.padding) })
	}
}

// takeoverAndTrade uses every row: a takeover, a forced close, and two fills in the other market.
func takeoverAndTrade() (*testbatch.State, testbatch.Batch) {
	s, b := takeover()
	s.Accounts[0].Collateral, s.Accounts[1].Collateral = 100_000_000, 100_000_000
	b.Requests = append(b.Requests, testbatch.Request{Kind: testbatch.KindClose, Account: taker, Lots: 1, Code: 1, Paid: 1})
	b.Entries = []testbatch.Entry{
		order(1, feeRecipient, 1, buy, 2, 80_000, 5), order(taker, takerOwner, 1, sell, 2, 80_000, 5),
	}
	b.Fills = []testbatch.Fill{{Maker: 0, Taker: 1, Lots: 1}, {Maker: 0, Taker: 1, Lots: 1}}
	return s, b
}

func lieInEveryHint(t *testing.T, scene scenario, padding bool) {
	t.Helper()
	system := compiled(t, Micro()).(*cs.R1CS)
	s, b := scene()
	full, err := frontend.NewWitness(prepare(t, s, b), forge.Field())
	if err != nil {
		t.Fatal(err)
	}
	for id, name := range system.MHintsDependencies {
		name = name[strings.LastIndex(name, "/")+1:]
		// The commitment and its mask are random by design; what is drawn from them holds for any value.
		if strings.Contains(name, "Randomize") || strings.Contains(name, "CommitmentCompute") {
			continue
		}
		if padding && id == solver.GetHintID(net.FetchHint) {
			continue
		}
		honest := solver.GetRegisteredHint(id)
		if honest == nil {
			t.Fatalf("hint %s is not registered", name)
		}
		liar := &liar{honest: honest, mayLie: mayLie[id]}
		if _, err := system.Solve(full, solver.OverrideHint(id, liar.answer), solver.WithNbTasks(1)); err != nil {
			t.Fatal(err)
		}
		options := []solver.Option{solver.OverrideHint(id, liar.answer), solver.WithNbTasks(1)}
		calls := liar.call
		if calls == 0 {
			t.Fatalf("hint %s is never called", name)
		}
		for _, how := range slices.Sorted(maps.Keys(lies)) {
			t.Run(fmt.Sprintf("%s %s", name, how), func(t *testing.T) {
				random := rand.New(rand.NewPCG(1, uint64(id)))
				for _, target := range sample(calls, random) {
					liar.lie, liar.target, liar.call, liar.told, liar.random = lies[how], target, 0, false, random
					_, err := system.Solve(full, append(forge.Lenient(system), options...)...)
					var unsatisfied *cs.UnsatisfiedConstraintError
					switch {
					case !liar.told:
					case err == nil:
						t.Errorf("call %d: accepted", target)
					case !errors.As(err, &unsatisfied):
						t.Errorf("call %d: no constraint refused it: %v", target, err)
					}
				}
			})
		}
	}
}

// liar answers a hint honestly but for one output of its target-th call.
type liar struct {
	honest       solver.Hint
	mayLie       func(in []*big.Int, output int, given *big.Int) bool
	lie          func(honest *big.Int, random *rand.Rand) *big.Int
	random       *rand.Rand
	call, target int
	told         bool
}

func (l *liar) answer(field *big.Int, in, out []*big.Int) error {
	if err := l.honest(field, in, out); err != nil {
		return err
	}
	call := l.call
	l.call++
	if l.lie == nil || call != l.target {
		return nil
	}
	output := l.random.IntN(len(out))
	given := l.lie(out[output], l.random)
	given.Mod(given, field)
	if given.Cmp(out[output]) == 0 || (l.mayLie != nil && l.mayLie(in, output, given)) {
		return nil
	}
	l.told = true
	out[output].Set(given)
	return nil
}

// sample returns up to callsPerHint of the numbers below calls.
func sample(calls int, random *rand.Rand) []int {
	all := random.Perm(calls)
	return all[:min(calls, callsPerHint)]
}
