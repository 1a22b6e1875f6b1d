package batch

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/zkclear/zkclear/circuits/internal/forge"
	"github.com/zkclear/zkclear/circuits/internal/golden"
	"github.com/zkclear/zkclear/circuits/internal/testbatch"
)

// TestTransition_C1_VectorsDecideAlike solves the real constraint system for every case of transition.json.
func TestTransition_C1_VectorsDecideAlike(t *testing.T) {
	t.Parallel()
	shape, err := ShapeByName("tiny")
	if err != nil {
		t.Fatal(err)
	}
	vectors, err := testbatch.LoadVectors(golden.Path("transition"))
	if err != nil {
		t.Fatal(err)
	}
	system := compiled(t, shape)
	for _, v := range vectors {
		t.Run(fmt.Sprintf("%d %s", v.ID, v.Reject), func(t *testing.T) {
			witness, after := testbatch.Build(shape.Name, shape.AccountDepth, v.State, v.Batch)
			if v.After != nil && !bytes.Equal(after.NewRoot(shape.AccountDepth), v.After.NewRoot(shape.AccountDepth)) {
				t.Fatal("the builder's state after the batch is not the vector's")
			}
			circuit, err := Assign(shape, witness)
			if err == nil {
				err = forge.Solve(system, circuit)
			}
			// Number and queue position are words: only the contract knows what they must be.
			accepted := v.Reject == "" || v.Reject == "WRONG_BATCH_NUMBER"
			if (err == nil) != accepted {
				t.Errorf("the rule book says %q, the circuit says: %v", v.Reject, err)
			}
		})
	}
}
