package batch

import (
	"testing"

	"github.com/consensys/gnark-crypto/ecc"
	"github.com/consensys/gnark/frontend"
	"github.com/consensys/gnark/frontend/cs/r1cs"
)

func TestCompile(t *testing.T) {
	for _, shape := range append(Shapes()[:2], Micro()) {
		ccs, err := frontend.Compile(ecc.BN254.ScalarField(), r1cs.NewBuilder, New(shape))
		if err != nil {
			t.Fatal(err)
		}
		t.Log(shape.Name, ccs.GetNbConstraints())
	}
}
