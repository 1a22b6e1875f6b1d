package batch

import (
	"fmt"

	"github.com/consensys/gnark-crypto/ecc"
	"github.com/consensys/gnark/constraint"
	"github.com/consensys/gnark/frontend"
	"github.com/consensys/gnark/frontend/cs/r1cs"
)

// sharedSection is what no section pays alone: the range checks' limbs and the balances of the net package.
const sharedSection = "ranges and balances"

// Sections returns how many constraints each section of a shape has.
//
// Range checks and balances are collected in the sections and built behind the last one, so they stand under a name of
// their own.
func Sections(shape Shape) map[string]int {
	counts := make(map[string]int)
	c, counted := New(shape), 0
	c.observe = func(section string, api frontend.API) {
		total := constraintsSoFar(api)
		counts[section] = total - counted
		counted = total
	}
	system, err := frontend.Compile(ecc.BN254.ScalarField(), r1cs.NewBuilder, c)
	if err != nil {
		panic(fmt.Errorf("batch.Sections: %w", err)) // a wiring mistake, seen when compiling
	}
	counts[sharedSection] = system.GetNbConstraints() - counted
	return counts
}

// constraintsSoFar asks the builder for what it has built; its system is the same one that grows on.
func constraintsSoFar(api frontend.API) int {
	builder, ok := api.(frontend.Builder[constraint.U64])
	if !ok {
		panic(fmt.Sprintf("batch.Sections: %T does not build a constraint system", api))
	}
	system, err := builder.Compile()
	if err != nil {
		panic(fmt.Errorf("batch.Sections: %w", err))
	}
	return system.GetNbConstraints()
}
