package proving

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	groth16 "github.com/consensys/gnark/backend/groth16/bn254"

	"github.com/zkclear/zkclear/circuits/keys"
)

// ProofSize is A, B, C, the commitment and its proof of knowledge: 64 + 128 + 3·64 bytes.
const ProofSize = 384

// pointsSize is the part of a proof before the commitment.
const pointsSize = 256

// Proof is what the contract takes, with its public inputs.
type Proof struct {
	Bytes            [ProofSize]byte
	Inputs           [keys.PublicInputs]fr.Element // h, r, y
	Shape            string
	VerifyingKeyHash [32]byte
}

// H is the first public input, 32 bytes big endian.
func (p *Proof) H() [32]byte { return p.Inputs[0].Bytes() }

// R is the second public input, 32 bytes big endian.
func (p *Proof) R() [32]byte { return p.Inputs[1].Bytes() }

// Y is the third public input, 32 bytes big endian.
func (p *Proof) Y() [32]byte { return p.Inputs[2].Bytes() }

// proofJSON is proof.json: every value in 0x-hex.
type proofJSON struct {
	Proof            string `json:"proof"`
	H                string `json:"h"`
	R                string `json:"r"`
	Y                string `json:"y"`
	Shape            string `json:"shape"`
	VerifyingKeyHash string `json:"verifying_key_hash"`
}

// MarshalJSON writes proof.json.
func (p *Proof) MarshalJSON() ([]byte, error) {
	return json.Marshal(proofJSON{
		Proof: fmt.Sprintf("0x%x", p.Bytes), H: fmt.Sprintf("0x%x", p.H()), R: fmt.Sprintf("0x%x", p.R()),
		Y: fmt.Sprintf("0x%x", p.Y()), Shape: p.Shape, VerifyingKeyHash: fmt.Sprintf("0x%x", p.VerifyingKeyHash),
	})
}

// UnmarshalJSON reads proof.json and refuses wrong lengths and inputs outside the field.
func (p *Proof) UnmarshalJSON(text []byte) error {
	var read proofJSON
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	p.Shape = read.Shape
	failures := []error{
		parseHex("proof", read.Proof, p.Bytes[:]),
		parseHex("verifying_key_hash", read.VerifyingKeyHash, p.VerifyingKeyHash[:]),
	}
	for i, input := range []struct{ name, text string }{{"h", read.H}, {"r", read.R}, {"y", read.Y}} {
		var value [32]byte
		failures = append(failures, parseHex(input.name, input.text, value[:]))
		if err := p.Inputs[i].SetBytesCanonical(value[:]); err != nil {
			failures = append(failures, fmt.Errorf("%s is not below the field modulus", input.name))
		}
	}
	return errors.Join(failures...)
}

func parseHex(name, text string, into []byte) error {
	raw, err := hex.DecodeString(strings.TrimPrefix(text, "0x"))
	if err != nil || len(raw) != len(into) || !strings.HasPrefix(text, "0x") {
		return fmt.Errorf("%s must be 0x and %d hex digits", name, 2*len(into))
	}
	copy(into, raw)
	return nil
}

// ReadProof reads a proof.json.
func ReadProof(path string) (*Proof, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the proof cannot be read: %w", err)
	}
	const bound = 1 << 16 // a proof.json has about 1,300 bytes
	text, err := io.ReadAll(io.LimitReader(file, bound))
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("the proof cannot be read: %w", err)
	}
	proof := new(Proof)
	if err := json.Unmarshal(text, proof); err != nil {
		return nil, fmt.Errorf("%s is no proof.json: %w", path, err)
	}
	return proof, nil
}

// Write writes proof.json.
func (p *Proof) Write(path string) error {
	text, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("the proof cannot be written: %w", err)
	}
	return nil
}

// points decodes the bytes; gnark refuses coordinates that are not reduced and points outside the group.
func (p *Proof) points() (*groth16.Proof, error) {
	var raw bytes.Buffer
	raw.Write(p.Bytes[:pointsSize])
	raw.Write(binary.BigEndian.AppendUint32(nil, 1)) // gnark's own format counts the commitments
	raw.Write(p.Bytes[pointsSize:])
	proof := new(groth16.Proof)
	if _, err := proof.ReadFrom(&raw); err != nil {
		return nil, fmt.Errorf("the proof's points are malformed: %w", err)
	}
	return proof, nil
}
