package replay

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/consensys/gnark-crypto/ecc"
	cs "github.com/consensys/gnark/constraint/bn254"
	"github.com/consensys/gnark/frontend"
	"github.com/consensys/gnark/frontend/cs/r1cs"

	"github.com/zkclear/zkclear/circuits/proving"
)

// Calls of the rule book that a case may be about, as tests/vectors/liquidation.json names them.
const (
	CallTakeover = "takeover_outcome"
	CallClose    = "close_outcome"
)

// maxLine bounds a line of cases: two accounts and eight markets are 6,000 bytes.
const maxLine = 1 << 20

// Replayer holds the compiled circuit.
type Replayer struct{ system *cs.R1CS }

// New compiles the circuit of one case.
func New() (*Replayer, error) {
	system, err := frontend.Compile(ecc.BN254.ScalarField(), r1cs.NewBuilder, &caseCircuit{})
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	return &Replayer{system.(*cs.R1CS)}, nil
}

// Agrees says whether the gadgets give what a case says. An error means that they did not get to an answer.
func (r *Replayer) Agrees(c *Case) (bool, error) {
	assigned, err := c.assign()
	if err != nil {
		return false, err
	}
	err = proving.Check(r.system, assigned)
	var unsatisfied *proving.UnsatisfiedError
	if errors.As(err, &unsatisfied) {
		return false, nil
	}
	return err == nil, err
}

// Run reads one case a line and writes a line for every mismatch. It returns how many cases and mismatches there were.
func (r *Replayer) Run(in io.Reader, out io.Writer) (cases, mismatches int, err error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var c Case
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return cases, mismatches, fmt.Errorf("line %d: %w", cases+1, err)
		}
		cases++
		agrees, err := r.Agrees(&c)
		if err != nil {
			return cases, mismatches, fmt.Errorf("line %d: %w", cases, err)
		}
		if agrees {
			continue
		}
		mismatches++
		if _, err := fmt.Fprintf(out, "line %d: the circuit has another outcome than %s: %s\n", cases, c.Call, c.Out); err != nil {
			return cases, mismatches, err
		}
	}
	return cases, mismatches, lines.Err()
}
