package keys

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/consensys/gnark-crypto/ecc/bn254"
	groth16 "github.com/consensys/gnark/backend/groth16/bn254"
	"golang.org/x/crypto/sha3"
)

// verifyingKeyJSON is the verifying key for readers outside Go: decimal strings, a point of the
// first group as [x, y], one of the second as [x0, x1, y0, y1].
type verifyingKeyJSON struct {
	Shape      string      `json:"shape"`
	Hash       string      `json:"hash"`
	Alpha      [2]string   `json:"alpha"`
	Beta       [4]string   `json:"beta"`
	Gamma      [4]string   `json:"gamma"`
	Delta      [4]string   `json:"delta"`
	K          [][2]string `json:"k"`
	Commitment *pedersen   `json:"commitment"`
	Committed  [][]int     `json:"committed"`
}

type pedersen struct {
	G         [4]string `json:"g"`
	GSigmaNeg [4]string `json:"gSigmaNeg"`
}

func g1(point bn254.G1Affine) [2]string {
	return [2]string{point.X.String(), point.Y.String()}
}

func g2(point bn254.G2Affine) [4]string {
	return [4]string{point.X.A0.String(), point.X.A1.String(), point.Y.A0.String(), point.Y.A1.String()}
}

// VerifyingKeyHash is the keccak256 of the key's raw serialisation.
func VerifyingKeyHash(vk *groth16.VerifyingKey) ([32]byte, error) {
	var raw bytes.Buffer
	if _, err := vk.WriteRawTo(&raw); err != nil {
		return [32]byte{}, fmt.Errorf("the verifying key cannot be written: %w", err)
	}
	digest := sha3.NewLegacyKeccak256()
	digest.Write(raw.Bytes())
	return [32]byte(digest.Sum(nil)), nil
}

// VerifyingKeyJSON writes the key in the form that zkclear/crypto/groth16.py reads.
func VerifyingKeyJSON(shape string, vk *groth16.VerifyingKey) ([]byte, error) {
	hash, err := VerifyingKeyHash(vk)
	if err != nil {
		return nil, err
	}
	out := verifyingKeyJSON{
		Shape: shape, Hash: fmt.Sprintf("0x%x", hash),
		Alpha: g1(vk.G1.Alpha), Beta: g2(vk.G2.Beta), Gamma: g2(vk.G2.Gamma), Delta: g2(vk.G2.Delta),
		Committed: [][]int{},
	}
	for _, indexes := range vk.PublicAndCommitmentCommitted {
		out.Committed = append(out.Committed, append([]int{}, indexes...)) // never null in JSON
	}
	for _, point := range vk.G1.K {
		out.K = append(out.K, g1(point))
	}
	if len(vk.CommitmentKeys) == 1 {
		out.Commitment = &pedersen{G: g2(vk.CommitmentKeys[0].G), GSigmaNeg: g2(vk.CommitmentKeys[0].GSigmaNeg)}
	}
	text, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		return nil, fmt.Errorf("the verifying key cannot be written as JSON: %w", err)
	}
	return append(text, '\n'), nil
}

var contractName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// ExportSolidity writes the verifier contract under the given name; gnark calls every one "Verifier".
func ExportSolidity(out io.Writer, vk *groth16.VerifyingKey, name string) error {
	if !contractName.MatchString(name) {
		return fmt.Errorf("%q cannot name a contract; use letters, digits and underscores, as in VerifierTiny", name)
	}
	var source bytes.Buffer
	if err := vk.ExportSolidity(&source); err != nil {
		return fmt.Errorf("the Solidity verifier cannot be exported: %w", err)
	}
	const declaration = "contract Verifier"
	if count := strings.Count(source.String(), declaration); count != 1 {
		return fmt.Errorf("the exported source has %d lines %q, where one was expected", count, declaration)
	}
	_, err := io.WriteString(out, strings.Replace(source.String(), declaration, "contract "+name, 1))
	return err
}
