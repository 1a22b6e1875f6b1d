package net

import (
	"fmt"
	"math/big"

	"github.com/consensys/gnark/constraint/solver"
	"github.com/consensys/gnark/frontend"
)

func init() { solver.RegisterHint(Hints()...) }

// Hints returns every hint of this package.
func Hints() []solver.Hint { return []solver.Hint{FetchHint, ScatterHint} }

// Fetch proposes the rows of a table at the given indexes, column by column. Nothing is proved: the caller puts index
// and columns into a Balance with the table. One hint serves all queries, so that its input stays linear in both.
func Fetch(api frontend.API, table [][]frontend.Variable, indexes []frontend.Variable) [][]frontend.Variable {
	columns := len(table[0])
	inputs := []frontend.Variable{len(table), columns}
	for _, row := range table {
		inputs = append(inputs, row...)
	}
	inputs = append(inputs, indexes...)
	out, err := api.Compiler().NewHint(FetchHint, len(indexes)*columns, inputs...)
	if err != nil {
		panic(fmt.Errorf("net.Fetch: %w", err)) // a wiring mistake, seen when compiling
	}
	rows := make([][]frontend.Variable, len(indexes))
	for i := range rows {
		rows[i] = out[i*columns : (i+1)*columns]
	}
	return rows
}

// Scatter proposes, for each cell and each delta, the sum over legs whose key is the cell's number. Nothing is
// proved: the caller puts keys, deltas and sums into a Balance. Legs without a cell are left out.
func Scatter(api frontend.API, cells int, keys []frontend.Variable, deltas [][]frontend.Variable) [][]frontend.Variable {
	sums := len(deltas[0])
	inputs := []frontend.Variable{cells, sums}
	for i, key := range keys {
		inputs = append(append(inputs, key), deltas[i]...)
	}
	out, err := api.Compiler().NewHint(ScatterHint, cells*sums, inputs...)
	if err != nil {
		panic(fmt.Errorf("net.Scatter: %w", err)) // a wiring mistake, seen when compiling
	}
	nets := make([][]frontend.Variable, cells)
	for i := range nets {
		nets[i] = out[i*sums : (i+1)*sums]
	}
	return nets
}

// FetchHint answers Fetch: rows, columns, the table row by row, then the indexes. A row that is not there is zeros,
// which no balance accepts.
func FetchHint(_ *big.Int, in, out []*big.Int) error {
	rows, columns := int(in[0].Int64()), int(in[1].Int64())
	table, indexes := in[2:2+rows*columns], in[2+rows*columns:]
	for i, index := range indexes {
		for k := range columns {
			if index.IsInt64() && index.Int64() < int64(rows) {
				out[i*columns+k].Set(table[int(index.Int64())*columns+k])
			} else {
				out[i*columns+k].SetInt64(0)
			}
		}
	}
	return nil
}

// ScatterHint answers Scatter: cells, sums, then for each leg its key and its deltas.
func ScatterHint(field *big.Int, in, out []*big.Int) error {
	cells, sums := in[0].Int64(), int(in[1].Int64())
	for _, value := range out {
		value.SetInt64(0)
	}
	for legs := in[2:]; len(legs) > 0; legs = legs[1+sums:] {
		key := legs[0]
		if !key.IsInt64() || key.Int64() >= cells {
			continue
		}
		for i, delta := range legs[1 : 1+sums] {
			value := out[int(key.Int64())*sums+i]
			value.Mod(value.Add(value, delta), field)
		}
	}
	return nil
}
