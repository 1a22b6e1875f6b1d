package keys

import (
	"errors"
	"fmt"

	"github.com/consensys/gnark-crypto/ecc/bn254"
	groth16 "github.com/consensys/gnark/backend/groth16/bn254"
)

// Lint refuses a verifying key with which proofs could be forged: each check is a failure that
// happened to somebody (gamma = delta, a default delta, a key of the wrong length).
func Lint(vk *groth16.VerifyingKey) error {
	_, _, generator1, generator2 := bn254.Generators()
	checks := []error{
		lintPoint1("alpha", vk.G1.Alpha), lintPoint2("beta", vk.G2.Beta),
		lintPoint2("gamma", vk.G2.Gamma), lintPoint2("delta", vk.G2.Delta),
	}
	if vk.G2.Gamma.Equal(&vk.G2.Delta) {
		checks = append(checks, errors.New("gamma equals delta"))
	}
	if vk.G2.Delta.Equal(&generator2) || vk.G1.Delta.Equal(&generator1) {
		checks = append(checks, errors.New("delta is the generator"))
	}
	if len(vk.CommitmentKeys) > 1 || len(vk.CommitmentKeys) != len(vk.PublicAndCommitmentCommitted) {
		checks = append(checks, fmt.Errorf("there are %d commitment keys for %d commitments; at most one is allowed",
			len(vk.CommitmentKeys), len(vk.PublicAndCommitmentCommitted)))
	}
	if want := PublicInputs + 1 + len(vk.CommitmentKeys); len(vk.G1.K) != want {
		checks = append(checks, fmt.Errorf("K has %d points, not %d", len(vk.G1.K), want))
	}
	for i, point := range vk.G1.K {
		checks = append(checks, lintPoint1(fmt.Sprintf("K[%d]", i), point))
		for j := range i {
			if point.Equal(&vk.G1.K[j]) {
				checks = append(checks, fmt.Errorf("K[%d] equals K[%d]", i, j))
			}
		}
	}
	for _, key := range vk.CommitmentKeys {
		checks = append(checks, lintPoint2("commitment g", key.G), lintPoint2("commitment gSigmaNeg", key.GSigmaNeg))
		var negated bn254.G2Affine
		if negated.Neg(&key.G); key.GSigmaNeg.Equal(&key.G) || key.GSigmaNeg.Equal(&negated) {
			checks = append(checks, errors.New("the commitment key's secret is 1 or -1"))
		}
	}
	if err := errors.Join(checks...); err != nil {
		return fmt.Errorf("the verifying key is unsafe: %w", err)
	}
	return nil
}

func lintPoint1(name string, point bn254.G1Affine) error {
	if point.IsInfinity() || !point.IsOnCurve() {
		return fmt.Errorf("%s is infinity or off the curve", name)
	}
	return nil
}

func lintPoint2(name string, point bn254.G2Affine) error {
	if point.IsInfinity() || !point.IsInSubGroup() {
		return fmt.Errorf("%s is infinity or outside the group", name)
	}
	return nil
}
