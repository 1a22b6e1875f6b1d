package anatomy

import (
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	"github.com/consensys/gnark/constraint"
)

// rangeCheck says that an expression is below 2^bits.
type rangeCheck struct {
	of    constraint.LinearExpression
	bits  int
	place string
}

// balance says that legs and cells of one key have equal sums of each numerator.
type balance struct {
	legs, cells []row
	place       string
}

type row struct{ key, numerators []constraint.LinearExpression }

// sum and column name a part of a balance, as a place.
func (b *balance) sum(i int) string { return fmt.Sprintf("%s, sum %d", b.place, i) }

func (b *balance) column(i int) string { return fmt.Sprintf("%s, column %d", b.place, i) }

// Places returns every place at which the circuit says something that could be left out.
func (s *System) Places() []string {
	all := make(map[string]bool)
	for _, places := range s.places {
		for _, place := range places {
			all[place] = true
		}
	}
	for _, check := range s.ranges {
		all[check.place] = true
	}
	for i := range s.balances {
		b := &s.balances[i]
		for k := range b.cells[0].numerators {
			all[b.sum(k)] = true
		}
		for k := 1; k < len(b.cells[0].key); k++ { // column 0 is the number of the row, which makes it another's
			all[b.column(k)] = true
		}
	}
	delete(all, library)
	return slices.Sorted(maps.Keys(all))
}

// LeftOut returns the places of which each alone, left out, would let the circuit accept a solution. None if it is
// accepted as it is.
func (s *System) LeftOut(solution *Solution) []string {
	found := &objections{}
	for _, i := range solution.Broken {
		found.add(s.places[i])
	}
	if found.mixed {
		return nil
	}
	for _, check := range s.ranges {
		value := s.value(check.of, solution.Wires)
		if value.BigInt(new(big.Int)).BitLen() > check.bits {
			found.add([]string{check.place})
		}
	}
	var unequal []*balance
	for i := range s.balances {
		b := &s.balances[i]
		broken := s.unequal(b, solution.Wires, -1)
		for _, k := range broken {
			found.add([]string{b.sum(k)})
		}
		if len(broken) > 0 {
			unequal = append(unequal, b)
		}
	}
	places := found.common()
	if len(unequal) != 1 || found.count != len(s.unequal(unequal[0], solution.Wires, -1)) {
		return places
	}
	for k := 1; k < len(unequal[0].cells[0].key); k++ {
		if len(s.unequal(unequal[0], solution.Wires, k)) == 0 {
			places = append(places, unequal[0].column(k))
		}
	}
	return places
}

// objections collects what does not hold: how much, and the one place that all of it has.
type objections struct {
	count int
	place string
	mixed bool
}

func (o *objections) add(places []string) {
	o.count++
	if len(places) != 1 || (o.count > 1 && places[0] != o.place) {
		o.mixed = true
		return
	}
	o.place = places[0]
}

func (o *objections) common() []string {
	if o.count == 0 || o.mixed || o.place == library {
		return nil
	}
	return []string{o.place}
}

// unequal returns the numerators of a balance whose sums differ for some key, one column of the keys left out if
// it is not negative.
func (s *System) unequal(b *balance, wires []fr.Element, without int) []int {
	sums := make(map[string][]fr.Element) // by key: of legs, less those of cells
	add := func(rows []row, add func(sum, value *fr.Element)) {
		for _, r := range rows {
			key := s.key(r, wires, without)
			if sums[key] == nil {
				sums[key] = make([]fr.Element, len(r.numerators))
			}
			for i, numerator := range r.numerators {
				value := s.value(numerator, wires)
				add(&sums[key][i], &value)
			}
		}
	}
	add(b.legs, func(sum, value *fr.Element) { sum.Add(sum, value) })
	add(b.cells, func(sum, value *fr.Element) { sum.Sub(sum, value) })
	broken := make(map[int]bool)
	for _, differences := range sums {
		for i := range differences {
			if !differences[i].IsZero() {
				broken[i] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(broken))
}

// key returns the values of a row's key in one string.
func (s *System) key(r row, wires []fr.Element, without int) string {
	var key []byte
	for i, column := range r.key {
		if i != without {
			value := s.value(column, wires)
			bytes := value.Bytes()
			key = append(key, bytes[:]...)
		}
	}
	return string(key)
}
