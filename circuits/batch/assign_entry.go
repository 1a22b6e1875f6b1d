package batch

import (
	"fmt"
	"math/big"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"

	"github.com/zkclear/zkclear/circuits/bind"
	"github.com/zkclear/zkclear/circuits/internal/zkclearv1"
	"github.com/zkclear/zkclear/circuits/rules"
	"github.com/zkclear/zkclear/circuits/tree"
)

// entryFields is an entry's word, taken apart.
type entryFields struct {
	account, market, action, lots, limit, expiry, nonce, subject *big.Int
	signer                                                       *big.Int
}

func (a *assignment) readEntries() error {
	for i, e := range a.witness.GetEntries() {
		fields, err := readEntry(e, len(a.witness.GetAccounts()))
		if err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
		if fields.market.Cmp(big.NewInt(int64(a.shape.Markets))) >= 0 {
			return fmt.Errorf("entry %d: market is %s, the last row is %d", i, fields.market, a.shape.Markets-1)
		}
		a.entryFields = append(a.entryFields, fields)
	}
	return nil
}

func readEntry(e *zkclearv1.WitnessEntry, accounts int) (entryFields, error) {
	word, err := integer("word", e.GetWord(), bind.WordBits)
	if err != nil {
		return entryFields{}, err
	}
	f, err := bind.Unpack(word, bind.EntryWidths)
	if err != nil {
		return entryFields{}, err
	}
	if f[7].Sign() != 0 && f[2].Uint64() != deleverageAction {
		return entryFields{}, fmt.Errorf("field C is %s, only a DELEVERAGE (0xc3) uses it: it must be 0", f[7])
	}
	signer, err := address("signer", e.GetSigner())
	if err != nil {
		return entryFields{}, err
	}
	if err := row("account_row", e.GetAccountRow(), accounts); err != nil {
		return entryFields{}, err
	}
	return entryFields{
		account: f[0], market: f[1], action: f[2], lots: f[3], limit: f[4], expiry: f[5], nonce: f[6], subject: f[7],
		signer: signer,
	}, nil
}

// order says whether the action is that of a plain order.
func (f entryFields) order() bool { return f.action.Uint64()&0xf0 == 0x40 }

// book says whether the action is a liquidation in the book.
func (f entryFields) book() bool { return f.action.Uint64()&^1 == bookAction }

// sells says whether an order or a liquidation in the book sells.
func (f entryFields) sells() bool { return f.action.Bit(0) == 1 }

func (a *assignment) entries() error {
	for i := range a.circuit.Entries {
		row := &a.circuit.Entries[i]
		if i >= len(a.entryFields) {
			a.padEntry(row)
			continue
		}
		if err := assignEntry(row, a.entryFields[i], a.witness.GetEntries()[i]); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
	}
	return nil
}

// padEntry fills a row that is not in use. It names account row 0, whose owner, its signer, is 0.
func (a *assignment) padEntry(row *EntryRow) {
	*row = EntryRow{
		Live: 0, ActionBits: actionBits(nil), Account: 0, Market: 0,
		Lots: 0, Limit: 0, Subject: 0, Expiry: a.witness.GetTimestampS(), NonceHigh: 0, Signer: 0, StoredNonce: 0, StoredFilled: 0,
		Path: emptyPath(SlotDepth),
	}
}

func assignEntry(row *EntryRow, f entryFields, e *zkclearv1.WitnessEntry) error {
	switch code := f.action.Uint64(); {
	case f.order(), f.book():
	case code == withdrawAction, code == cancelAction, code == absorbAction, code == deleverageAction:
	default:
		return fmt.Errorf("action 0x%02x is none of 0x40 to 0x4f, 0x80, 0x82, 0xc0 to 0xc3", code)
	}
	if err := below("stored_nonce", e.GetStoredNonce(), rules.NonceBits); err != nil {
		return err
	}
	if err := below("stored_filled", e.GetStoredFilled(), rules.SizeBits); err != nil {
		return err
	}
	slot := f.nonce.Uint64() % slots
	path, err := readPath(slot, e.GetSiblings(), SlotDepth)
	if err != nil {
		return err
	}
	*row = EntryRow{
		Live: 1, ActionBits: actionBits(&f), Subject: f.subject,
		Account: e.GetAccountRow(), Market: f.market, Lots: f.lots, Limit: f.limit, Expiry: f.expiry,
		NonceHigh: f.nonce.Uint64() / slots, Signer: f.signer,
		StoredNonce: e.GetStoredNonce(), StoredFilled: e.GetStoredFilled(), Path: path,
	}
	return nil
}

// Codes of the actions beside orders.
const (
	withdrawAction   = 0x80
	cancelAction     = 0x82
	bookAction       = 0xc0
	absorbAction     = 0xc2
	deleverageAction = 0xc3
)

// actionBits returns the bits of an entry's action; none of a row that is not in use.
func actionBits(f *entryFields) rules.ActionBits {
	is := func(code uint64) int { return bit(f != nil && f.action.Uint64() == code) }
	flag := func(index int) int { return bit(f != nil && f.order() && f.action.Bit(index) == 1) }
	return rules.ActionBits{
		Withdraw: is(withdrawAction), Cancel: is(cancelAction), Absorb: is(absorbAction), Deleverage: is(deleverageAction),
		Book: bit(f != nil && f.book()), Sell: bit(f != nil && (f.order() || f.book()) && f.sells()),
		Force0: flag(1), Force1: flag(2), ReduceOnly: flag(3),
	}
}

func (a *assignment) fills() error {
	for i := range a.circuit.Fills {
		if i >= len(a.witness.GetFills()) {
			a.circuit.Fills[i] = FillRow{Live: 0, Maker: 0, Taker: 0, Lots: 0}
			continue
		}
		f := a.witness.GetFills()[i]
		for name, index := range map[string]uint32{"maker": f.GetMaker(), "taker": f.GetTaker()} {
			if err := row(name, index, len(a.entryFields)); err != nil {
				return fmt.Errorf("fill %d: %w", i, err)
			}
		}
		if err := below("lots", f.GetLots(), 48); err != nil {
			return fmt.Errorf("fill %d: %w", i, err)
		}
		a.circuit.Fills[i] = FillRow{Live: 1, Maker: f.GetMaker(), Taker: f.GetTaker(), Lots: f.GetLots()}
	}
	return nil
}

// readPath reads a path of three siblings a level, leaf level first, in child order.
func readPath(index uint64, siblings [][]byte, depth int) ([]tree.Level, error) {
	if len(siblings) != 3*depth {
		return nil, fmt.Errorf("it has %d siblings, a path of %d levels has %d", len(siblings), depth, 3*depth)
	}
	levels := make([][3]fr.Element, depth)
	for i, bytes := range siblings {
		node, err := element(fmt.Sprintf("sibling %d", i), bytes)
		if err != nil {
			return nil, err
		}
		levels[i/3][i%3] = node
	}
	return tree.NewLevels(index, levels), nil
}

func emptyPath(depth int) []tree.Level { return tree.NewLevels(0, make([][3]fr.Element, depth)) }
