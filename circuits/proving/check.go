package proving

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"strings"

	bn254cs "github.com/consensys/gnark/constraint/bn254"
	"github.com/consensys/gnark/constraint/solver"
	"github.com/consensys/gnark/frontend"
	fcs "github.com/consensys/gnark/frontend/cs"
)

// UnsatisfiedError says that a witness satisfies every input format and no proof exists for it:
// constraint number Constraint does not hold.
type UnsatisfiedError struct {
	Constraint int
	Cause      error
}

func (e *UnsatisfiedError) Error() string {
	return fmt.Sprintf("no proof exists for this witness: constraint %d does not hold (%v)", e.Constraint, e.Cause)
}

// Unwrap gives gnark's own error.
func (e *UnsatisfiedError) Unwrap() error { return e.Cause }

// UnsolvableError says that the solver stopped before a constraint failed, in a hint: the inputs are
// such that an honest prover cannot go on.
type UnsolvableError struct {
	Cause error
}

func (e *UnsolvableError) Error() string {
	return fmt.Sprintf("no proof was found for this witness: a hint refused its inputs (%v)", e.Cause)
}

// Unwrap gives gnark's own error.
func (e *UnsolvableError) Unwrap() error { return e.Cause }

// Check solves the constraint system without proving: nil means that a proof exists.
//
// It is a prover with nothing to lose. The commitment's challenge is a hash of all that is committed,
// as in a proof, only with another hash; so a witness cannot be fitted to it. And gnark's look-up
// hint, which gives up on a query that is not in its table, is replaced by one that goes on: the
// query then fails where the verifier would see it, in a constraint.
func Check(system *bn254cs.R1CS, assignment frontend.Circuit) error {
	full, err := fullWitness(assignment)
	if err != nil {
		return err
	}
	_, err = system.Solve(full,
		solver.OverrideHint(solver.GetHintID(fcs.Bsb22CommitmentComputePlaceholder), challengeHint),
		solver.OverrideHint(countHintID(), countHint))
	return solveError(err)
}

// challengeHint proposes the challenge: the sha256 of the committed values, in order.
func challengeHint(field *big.Int, in, out []*big.Int) error {
	digest := sha256.New()
	var element [32]byte
	for _, value := range in {
		digest.Write(value.FillBytes(element[:]))
	}
	out[0].Mod(out[0].SetBytes(digest.Sum(nil)), field)
	return nil
}

// gnarkCountHint is the hint that counts how often each row of a table is queried.
const gnarkCountHint = "github.com/consensys/gnark/std/internal/logderivarg.countHint"

// countHintID finds the hint by name, for its package is internal to gnark.
func countHintID() solver.HintID {
	for _, hint := range solver.GetRegisteredHints() {
		if solver.GetHintName(hint) == gnarkCountHint {
			return solver.GetHintID(hint)
		}
	}
	panic("gnark has no hint " + gnarkCountHint + " any more: look where its log-derivative argument moved")
}

// countHint proposes, for each row of a table, how many queries equal it; other queries count nowhere.
// Inputs are the number of rows, the elements a row, then rows and queries.
func countHint(_ *big.Int, in, out []*big.Int) error {
	rows, width := int(in[0].Int64()), int(in[1].Int64())
	elements := in[2:]
	if width < 1 || len(out) != rows || len(elements) < rows*width || len(elements)%width != 0 {
		return fmt.Errorf("%d inputs do not hold %d rows of %d elements", len(in), rows, width)
	}
	key := func(row int) string {
		var joined strings.Builder
		for _, value := range elements[row*width : (row+1)*width] {
			joined.WriteString(value.Text(62))
			joined.WriteByte(',')
		}
		return joined.String()
	}
	counts := make(map[string]int64)
	for query := rows; query < len(elements)/width; query++ {
		counts[key(query)]++
	}
	for row := range rows {
		out[row].SetInt64(counts[key(row)])
	}
	return nil
}

// solveError sorts what the solver says into the two errors above. gnark has one type for both; only
// a failed constraint ends in the two sides that differ.
func solveError(err error) error {
	if err == nil {
		return nil
	}
	var failed *bn254cs.UnsatisfiedConstraintError
	if errors.As(err, &failed) && strings.Contains(failed.Err.Error(), " != ") {
		return &UnsatisfiedError{Constraint: failed.CID, Cause: failed.Err}
	}
	return &UnsolvableError{Cause: err}
}
