// Package testbatch makes witnesses for tests: it keeps a state with its trees and does what a batch says.
//
// It refuses nothing. What an operator might try becomes a witness as good as that operator could make it; only the
// circuit says no. It is no rule book: zkclear/rules is.
package testbatch

import (
	"maps"
	"math/big"
	"slices"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"

	"github.com/zkclear/zkclear/circuits/tree"
)

// State is what the state root commits to.
type State struct {
	Accounts  map[uint32]*Account
	Markets   []Market
	Timestamp uint64
	Dust      int64
	Number    uint64
	Next      uint64 // Queue position of the next request.
}

// Account is one leaf. Positions has one element a market row.
type Account struct {
	Owner, Agent *big.Int
	AgentUntil   uint64
	Collateral   int64
	Positions    []Position
	Slots        map[uint32]Slot
}

// Position is a size and the funding index up to which it was settled.
type Position struct{ Size, Index int64 }

// Slot is an order slot.
type Slot struct{ Nonce, Filled uint64 }

// Market is a configuration and its live values.
type Market struct {
	LotE8, TickE8, QuotePerLotTick, T1, T2                                     uint64
	Maintenance, Initial                                                       [3]uint32
	MakerFee                                                                   int32
	TakerFee, LiquidationFee, KeeperShare, CloseFactor, Closeout, FundingLimit uint32
	MaxOpenInterest                                                            uint64
	Status                                                                     uint32
	Mark                                                                       uint64
	Index                                                                      int64
	OpenInterest                                                               int64
}

// Clone returns a deep copy.
func (s *State) Clone() *State {
	copied := *s
	copied.Accounts = make(map[uint32]*Account, len(s.Accounts))
	for id, account := range s.Accounts {
		copied.Accounts[id] = account.clone()
	}
	copied.Markets = slices.Clone(s.Markets)
	return &copied
}

func (a *Account) clone() *Account {
	copied := *a
	copied.Positions = slices.Clone(a.Positions)
	copied.Slots = maps.Clone(a.Slots)
	if copied.Slots == nil {
		copied.Slots = make(map[uint32]Slot)
	}
	return &copied
}

// NewAccount returns an account as it is opened.
func NewAccount(owner int64, markets int) *Account {
	return &Account{
		Owner: big.NewInt(owner), Agent: new(big.Int),
		Positions: make([]Position, markets), Slots: make(map[uint32]Slot),
	}
}

// Genesis returns the state of a new contract: accounts 0 and 1, the listed markets.
func Genesis(feeRecipient int64, timestamp uint64, rows int, listed ...Market) *State {
	markets := make([]Market, rows)
	copy(markets, listed)
	return &State{
		Accounts:  map[uint32]*Account{0: NewAccount(0, rows), 1: NewAccount(feeRecipient, rows)},
		Markets:   markets,
		Timestamp: timestamp,
	}
}

// listed says whether the row is in use.
func (m Market) listed() bool { return m != Market{} }

// Listed returns how many rows are in use.
func (s *State) Listed() int {
	count := 0
	for _, m := range s.Markets {
		count += int(bit(m.listed()))
	}
	return count
}

func bit(condition bool) uint64 {
	if condition {
		return 1
	}
	return 0
}

// pack puts values side by side; a negative one borrows from its left, so offsets may be added as fields of their own.
func pack(fields ...[2]any) fr.Element {
	word := new(big.Int)
	for _, field := range fields {
		word.Lsh(word, uint(field[1].(int)))
		switch value := field[0].(type) {
		case *big.Int:
			word.Add(word, value)
		case int64:
			word.Add(word, big.NewInt(value))
		case uint64:
			word.Add(word, new(big.Int).SetUint64(value))
		case uint32:
			word.Add(word, new(big.Int).SetUint64(uint64(value)))
		}
	}
	var e fr.Element
	e.SetBigInt(word)
	return e
}

func element(value *big.Int) (e fr.Element) {
	e.SetBigInt(value)
	return e
}

// leaf returns the hash of an account.
func (a *Account) leaf() fr.Element {
	elements := []fr.Element{
		pack([2]any{a.Owner, 160}, [2]any{a.Collateral + 1<<62, 64}),
		pack([2]any{a.Agent, 160}, [2]any{a.AgentUntil, 40}),
		a.slotTree().root(),
	}
	for m := 0; m < len(a.Positions); m += 2 {
		p, q := a.Positions[m], a.Positions[m+1]
		elements = append(elements, pack(
			[2]any{p.Size + 1<<40, 41}, [2]any{uint64(p.Index + 1<<62), 63},
			[2]any{q.Size + 1<<40, 41}, [2]any{uint64(q.Index + 1<<62), 63}))
	}
	return tree.Sponge(tree.TagAccount, elements)
}

func slotLeaf(s Slot) fr.Element {
	return pack([2]any{uint64(tree.TagSlot), 56}, [2]any{s.Nonce, 56}, [2]any{s.Filled, 40})
}

func (a *Account) slotTree() *sparse {
	t := newSparse(5, slotLeaf(Slot{}))
	for number, slot := range a.Slots {
		t.set(uint64(number), slotLeaf(slot))
	}
	return t
}

// SlotsRoot returns the root of a slot tree with the given slots in use.
func SlotsRoot(slots map[uint32]Slot) fr.Element { return (&Account{Slots: slots}).slotTree().root() }

func (s *State) accountTree(depth int) *sparse {
	t := newSparse(depth, fr.Element{})
	for id, account := range s.Accounts {
		t.set(uint64(id), account.leaf())
	}
	return t
}

// Root returns the state root, with an account tree of the given depth.
func (s *State) Root(depth int) fr.Element { return s.rootWith(s.accountTree(depth).root()) }

func (s *State) rootWith(accounts fr.Element) fr.Element {
	var markets []fr.Element
	for _, m := range s.Markets {
		markets = append(markets, m.configHash(), m.live())
	}
	return tree.Sponge(tree.TagState, []fr.Element{
		accounts, tree.Sponge(tree.TagMarket, markets),
		pack([2]any{s.Timestamp, 40}, [2]any{s.Dust, 64}),
	})
}

func (m Market) configHash() fr.Element {
	three := func(rates [3]uint32) [][2]any {
		return [][2]any{{rates[0], 20}, {rates[1], 20}, {rates[2], 20}}
	}
	c0 := pack([2]any{m.QuotePerLotTick, 24}, [2]any{m.LotE8, 64}, [2]any{m.TickE8, 64},
		[2]any{m.MaxOpenInterest, 40}, [2]any{m.Status, 8})
	c1 := pack(append(append([][2]any{{m.T1, 62}, {m.T2, 62}}, three(m.Maintenance)...),
		[2]any{int64(m.MakerFee) + 1<<20, 21}, [2]any{m.TakerFee, 20})...)
	c2 := pack(append(three(m.Initial), [2]any{m.LiquidationFee, 20}, [2]any{m.KeeperShare, 20},
		[2]any{m.CloseFactor, 20}, [2]any{m.Closeout, 20}, [2]any{m.FundingLimit, 20})...)
	return tree.Sponge(tree.TagMarket, []fr.Element{c0, c1, c2})
}

func (m Market) live() fr.Element {
	if !m.listed() {
		return fr.Element{}
	}
	return pack([2]any{m.Mark, 56}, [2]any{uint64(m.Index + 1<<62), 64}, [2]any{m.OpenInterest, 48})
}

// sparse is a 4-ary tree of which most leaves are the same.
type sparse struct {
	empty []fr.Element // By level.
	nodes []map[uint64]fr.Element
}

func newSparse(depth int, leaf fr.Element) *sparse {
	t := &sparse{empty: []fr.Element{leaf}, nodes: make([]map[uint64]fr.Element, depth+1)}
	for k := range depth {
		e := t.empty[k]
		t.empty = append(t.empty, tree.Compress([4]fr.Element{e, e, e, e}))
	}
	for k := range t.nodes {
		t.nodes[k] = make(map[uint64]fr.Element)
	}
	return t
}

func (t *sparse) node(level int, index uint64) fr.Element {
	if node, ok := t.nodes[level][index]; ok {
		return node
	}
	return t.empty[level]
}

func (t *sparse) set(index uint64, leaf fr.Element) {
	t.nodes[0][index] = leaf
	for k := 1; k < len(t.nodes); k++ {
		index >>= 2
		var children [4]fr.Element
		for i := range children {
			children[i] = t.node(k-1, index<<2|uint64(i))
		}
		t.nodes[k][index] = tree.Compress(children)
	}
}

func (t *sparse) root() fr.Element { return t.node(len(t.nodes)-1, 0) }

// siblings returns the path of a leaf as witnesses carry it.
func (t *sparse) siblings(index uint64) [][]byte {
	var path [][]byte
	for k := range len(t.nodes) - 1 {
		for i := range uint64(4) {
			if own := index & 3; i != own {
				path = append(path, bytes(t.node(k, index&^3|i)))
			}
		}
		index >>= 2
	}
	return path
}

func bytes(e fr.Element) []byte {
	b := e.Bytes()
	return b[:]
}
