// Package proving turns the witness of a batch into a proof, or says why there is none.
package proving

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/consensys/gnark-crypto/ecc"
	"github.com/consensys/gnark/backend/witness"
	"github.com/consensys/gnark/frontend"
	"google.golang.org/protobuf/proto"

	"github.com/zkclear/zkclear/circuits/internal/zkclearv1"
)

// MaxWitness is the largest serialised witness that is read: a full batch of the largest shape takes
// half a MiB, and a worker must not be made to fill its memory.
const MaxWitness = 8 << 20

// ReadWitness reads a serialised zkclear.v1.Witness from a file.
func ReadWitness(path string) (*zkclearv1.Witness, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the witness cannot be read: %w", err)
	}
	content, err := io.ReadAll(io.LimitReader(file, MaxWitness+1))
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("the witness cannot be read: %w", err)
	}
	return ParseWitness(content)
}

// ParseWitness decodes a serialised zkclear.v1.Witness.
func ParseWitness(content []byte) (*zkclearv1.Witness, error) {
	if len(content) > MaxWitness {
		return nil, fmt.Errorf("the witness is larger than %d bytes, which no shape needs", MaxWitness)
	}
	message := new(zkclearv1.Witness)
	if err := proto.Unmarshal(content, message); err != nil {
		return nil, fmt.Errorf("the witness is no zkclear.v1.Witness: %w", err)
	}
	return message, nil
}

// fullWitness is the assignment as the vector that the solver starts from.
func fullWitness(assignment frontend.Circuit) (witness.Witness, error) {
	full, err := frontend.NewWitness(assignment, ecc.BN254.ScalarField())
	if err != nil {
		return nil, fmt.Errorf("the witness does not assign every input of the circuit: %w", err)
	}
	return full, nil
}
