package attack

import (
	"math/big"
	"strconv"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	"github.com/consensys/gnark/frontend"
)

func TestWitness_C1_PublicInputsAreThoseOfTheRuleBook(t *testing.T) {
	for _, s := range all(t) {
		t.Run(s.name, func(t *testing.T) {
			circuit := s.assign(t)
			for i, got := range []frontend.Variable{circuit.H, circuit.R, circuit.Y} {
				var value fr.Element
				if _, err := value.SetInterface(got); err != nil {
					t.Fatal(err)
				}
				if !value.Equal(&s.inputs[i]) {
					t.Errorf("public input %d is %s, the rule book has %s", i, value.String(), s.inputs[i].String())
				}
			}
			if err := check(t, circuit); err != nil {
				t.Error(err)
			}
		})
	}
}

// O7: calldata shows other words than were proved. Each word, changed in its lowest and in a high bit.
func TestWords_C1_AnotherWordThanTheBatchHas(t *testing.T) {
	s := named(t, "partial fill, funding")
	for i := range s.words {
		for _, bit := range []uint{0, 200} {
			t.Run(strconv.Itoa(i)+" bit "+strconv.Itoa(int(bit)), func(t *testing.T) {
				words := append([]fr.Element(nil), s.words...)
				words[i] = flip(words[i], bit)
				circuit := s.assign(t)
				expose(circuit, words)
				requireUnsatisfied(t, check(t, circuit))
			})
		}
	}
}

// Words that no row can have: an operator would need the circuit to read an entry as another one.
func TestWords_C2_EntryThatNoRowCanExpress(t *testing.T) {
	s := named(t, "partial fill, funding")
	const entry = 8 // after domain, header, two roots, two words of marks and two of steps
	for name, change := range map[string]*big.Int{
		"a trigger":                  big.NewInt(18_000),
		"action 0x50, a stop order":  shift(0x10, 200),
		"action 0, which is padding": new(big.Int).Neg(shift(0x40, 200)),
		"market 200":                 shift(200, 208),
	} {
		t.Run(name, func(t *testing.T) {
			words := append([]fr.Element(nil), s.words...)
			var delta fr.Element
			delta.SetBigInt(change)
			words[entry].Add(&words[entry], &delta)
			circuit := s.assign(t)
			expose(circuit, words)
			requireUnsatisfied(t, check(t, circuit))
		})
	}
}

// The three inputs are one statement: none may change alone.
func TestInputs_C1_EachAlone(t *testing.T) {
	s := named(t, "empty")
	for name, change := range map[string]func(h, r, y *frontend.Variable){
		"h": func(h, _, _ *frontend.Variable) { *h = 1 },
		"r": func(_, r, _ *frontend.Variable) { *r = 1 },
		"y": func(_, _, y *frontend.Variable) { *y = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			circuit := s.assign(t)
			change(&circuit.H, &circuit.R, &circuit.Y)
			requireUnsatisfied(t, check(t, circuit))
		})
	}
}

func flip(e fr.Element, bit uint) (out fr.Element) {
	value := e.BigInt(new(big.Int))
	out.SetBigInt(value.SetBit(value, int(bit), value.Bit(int(bit))^1))
	return out
}

func shift(value int64, bits uint) *big.Int {
	return new(big.Int).Lsh(big.NewInt(value), bits)
}
