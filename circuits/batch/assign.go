package batch

import (
	"fmt"
	"math/big"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"

	"github.com/zkclear/zkclear/circuits/bind"
	"github.com/zkclear/zkclear/circuits/internal/zkclearv1"
	"github.com/zkclear/zkclear/circuits/rules"
)

// Assign returns the circuit of a shape filled with a witness, padded, with its three public inputs.
//
// It checks form only: counts, lengths, ranges, indexes. Whether the batch follows the rules is what the constraints
// are for. A batch that does not fit the shape or is malformed gets an error that says where and what would be right.
func Assign(shape Shape, w *zkclearv1.Witness) (*Circuit, error) {
	if err := checkCapacity(shape, w); err != nil {
		return nil, fmt.Errorf("witness of batch %d: %w", w.GetNumber(), err)
	}
	a := &assignment{shape: shape, witness: w, circuit: New(shape)}
	for _, step := range []func() error{
		a.header, a.readRequests, a.readEntries, a.markets, a.marketChanges, a.requests, a.entries, a.fills, a.risks,
		a.accounts, a.publicInputs,
	} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("witness of batch %d: %w", w.GetNumber(), err)
		}
	}
	return a.circuit, nil
}

// assignment is a witness on its way into a circuit.
type assignment struct {
	shape   Shape
	witness *zkclearv1.Witness
	circuit *Circuit

	entryFields   []entryFields
	requestFields []requestFields
}

func checkCapacity(shape Shape, w *zkclearv1.Witness) error {
	if w.GetShape() != shape.Name {
		return fmt.Errorf("it is for shape %q, this circuit is %q", w.GetShape(), shape.Name)
	}
	for _, list := range []struct {
		name            string
		given, capacity int
	}{
		{"markets", len(w.GetMarkets()), shape.Markets},
		{"accounts", len(w.GetAccounts()), shape.Accounts},
		{"entries", len(w.GetEntries()), shape.Orders},
		{"fills", len(w.GetFills()), shape.Fills},
		{"requests", len(w.GetRequests()), shape.Requests},
		{"risk operations", len(w.GetRisks()), shape.Risks},
	} {
		if list.given > list.capacity {
			return fmt.Errorf("it has %d %s, shape %q holds at most %d", list.given, list.name, shape.Name, list.capacity)
		}
	}
	if given := len(w.GetAccounts()); given < fixedRows {
		return fmt.Errorf("it has %d accounts, rows 0 and 1 hold accounts 0 and 1 in every batch", given)
	}
	return nil
}

func (a *assignment) header() error {
	w := a.witness
	domain, err := integer("domain", w.GetDomain(), bind.WordBits)
	if err != nil {
		return err
	}
	if err := below("timestamp_s", w.GetTimestampS(), rules.SecondsBits); err != nil {
		return err
	}
	if err := below("old_timestamp_s", w.GetOldTimestampS(), rules.SecondsBits); err != nil {
		return err
	}
	if err := below("old_funding_dust", w.GetOldFundingDust(), dustBits); err != nil {
		return err
	}
	a.circuit.Header = Header{
		Domain: domain, Number: w.GetNumber(), Timestamp: w.GetTimestampS(), FirstRequest: w.GetFirstRequest(),
		OldTimestamp: w.GetOldTimestampS(), OldDust: w.GetOldFundingDust(),
	}
	return nil
}

func (a *assignment) publicInputs() error {
	words, err := a.words()
	if err != nil {
		return err
	}
	h, r, y := bind.Inputs(words)
	a.circuit.H, a.circuit.R, a.circuit.Y = h, r, y
	return nil
}

// integer reads 32 big-endian bytes below 2^bits.
func integer(name string, bytes []byte, bits int) (*big.Int, error) {
	if len(bytes) != 32 {
		return nil, fmt.Errorf("%s has %d bytes, it must have 32", name, len(bytes))
	}
	value := new(big.Int).SetBytes(bytes)
	if value.BitLen() > bits {
		return nil, fmt.Errorf("%s has %d bits, it must be below 2^%d", name, value.BitLen(), bits)
	}
	return value, nil
}

// element reads 32 big-endian bytes below the field's modulus.
func element(name string, bytes []byte) (value fr.Element, err error) {
	if len(bytes) != fr.Bytes {
		return value, fmt.Errorf("%s has %d bytes, it must have %d", name, len(bytes), fr.Bytes)
	}
	if err := value.SetBytesCanonical(bytes); err != nil {
		return value, fmt.Errorf("%s is not below the field's modulus: %w", name, err)
	}
	return value, nil
}

// address reads 20 bytes.
func address(name string, bytes []byte) (*big.Int, error) {
	if len(bytes) != rules.AddressBits/8 {
		return nil, fmt.Errorf("%s has %d bytes, an address has %d", name, len(bytes), rules.AddressBits/8)
	}
	return new(big.Int).SetBytes(bytes), nil
}

// below refuses a value of more bits than its field has.
func below(name string, value uint64, bits int) error {
	if value>>bits != 0 {
		return fmt.Errorf("%s is %d, it must be below 2^%d", name, value, bits)
	}
	return nil
}

// signedBelow refuses a signed value whose magnitude has more bits than its field has.
func signedBelow(name string, value int64, bits int) error {
	if bound := int64(1) << bits; value <= -bound || value >= bound {
		return fmt.Errorf("%s is %d, its magnitude must be below 2^%d", name, value, bits)
	}
	return nil
}

// row refuses an index that is not one of count rows.
func row(name string, index uint32, count int) error {
	if int64(index) >= int64(count) {
		return fmt.Errorf("%s is %d, the last row is %d", name, index, count-1)
	}
	return nil
}

func bit(condition bool) int {
	if condition {
		return 1
	}
	return 0
}

// shifted returns value + 2^bits.
func shifted(value int64, bits int) *big.Int {
	offset := new(big.Int).Lsh(big.NewInt(1), uint(bits))
	return offset.Add(offset, big.NewInt(value))
}
