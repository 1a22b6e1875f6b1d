package batch

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/internal/forge"
	"github.com/zkclear/zkclear/circuits/internal/golden"
	"github.com/zkclear/zkclear/circuits/internal/testbatch"
	"github.com/zkclear/zkclear/circuits/num"
	"github.com/zkclear/zkclear/circuits/tree"
)

// configRow reads a vector's configuration, without looking at any bound.
func configRow(c golden.Value) MarketRow {
	rates := func(name string) (out [3]frontend.Variable) {
		for i, rate := range c.Ints(name) {
			out[i] = rate
		}
		return out
	}
	join := func(bits uint, names ...string) *big.Int {
		joined := new(big.Int)
		for _, name := range names {
			joined.Lsh(joined, bits).Add(joined, c.Int(name))
		}
		return joined
	}
	row := unlistedMarket()
	row.QuotePerLotTick, row.LotAndTick = c.Int("quote_per_lot_tick"), join(64, "lot_e8", "tick_e8")
	row.MaxOpenInterest, row.Status = c.Int("max_open_interest"), c.Int("status")
	row.T1, row.T2, row.Maintenance, row.Initial = c.Int("t1"), c.Int("t2"), rates("maintenance"), rates("initial")
	row.ShiftedMakerFee = new(big.Int).Add(c.Int("maker_fee"), shifted(0, feeOffsetBits))
	row.TakerFee, row.MaxFundingRate = c.Int("taker_fee"), c.Int("max_funding_rate")
	row.LiquidationFee, row.KeeperShare = c.Int("liquidation_fee"), c.Int("keeper_share")
	row.CloseFactor, row.Closeout = c.Int("close_factor"), c.Int("closeout")
	row.Listed = bit(c.Int("lot_e8").Sign() > 0)
	return row
}

// marketRow reads a vector's market as it stands before a batch whose mark is 1.
func marketRow(v golden.Value) MarketRow {
	row := configRow(v.At("config"))
	row.OldMark, row.OldOpenInterest = v.Int("mark"), v.Int("open_interest")
	if row.Listed == 1 {
		row.OldShiftedIndex = new(big.Int).Add(v.Int("funding_index"), shifted(0, indexOffsetBits))
		row.Mark, row.ShiftedStep = 1, shifted(0, stepOffsetBits)
	}
	return row
}

// marketCircuit opens one market row.
type marketCircuit struct {
	Row                    MarketRow
	Elapsed                frontend.Variable
	Shifted, Live, NewLive frontend.Variable
}

func (c *marketCircuit) Define(api frontend.API) error {
	p, err := newProof(api, New(Micro()))
	if err != nil {
		return err
	}
	p.elapsed = c.Elapsed
	m := p.openMarket(&c.Row)
	api.AssertIsEqual(m.shiftedIndex, c.Shifted)
	api.AssertIsEqual(m.oldLive, c.Live)
	api.AssertIsEqual(p.newLive(&c.Row, m, c.Row.OldOpenInterest), c.NewLive)
	return nil
}

// liveWord is the layout of docs/encoding.md.
func liveWord(mark, index, openInterest *big.Int) *big.Int {
	word := new(big.Int).Lsh(mark, 112)
	word.Add(word, new(big.Int).Lsh(new(big.Int).Add(index, shifted(0, indexOffsetBits)), 48))
	return word.Add(word, openInterest)
}

func TestOpenMarket_C6_AdvanceVectors(t *testing.T) {
	system := forge.Compile(t, &marketCircuit{})
	for _, c := range golden.Load(t, "funding", "advance") {
		old := c.In.At("market")
		row := marketRow(old)
		mark, step := c.In.Int("mark"), c.In.Int("step")
		row.Mark, row.ShiftedStep = mark, new(big.Int).Add(shifted(0, stepOffsetBits), step)
		index := new(big.Int).Add(old.Int("funding_index"), step)
		assignment := &marketCircuit{
			Row: row, Elapsed: c.In.Int("elapsed"), Shifted: new(big.Int).Add(index, shifted(0, indexOffsetBits)),
			Live:    liveWord(old.Int("mark"), old.Int("funding_index"), old.Int("open_interest")),
			NewLive: liveWord(mark, index, old.Int("open_interest")),
		}
		if c.Reject == "" {
			forge.Accepts(t, system, assignment)
			if index.Cmp(c.Out.Int("funding_index")) != 0 {
				t.Errorf("case %d: the index is %v", c.ID, index)
			}
		} else {
			forge.Refuses(t, system, assignment)
		}
	}
}

func TestOpenMarket_C11_LiveWordVectors(t *testing.T) {
	system := forge.Compile(t, &marketCircuit{})
	for _, c := range golden.Load(t, "tree", "market_live_word") {
		v := c.In.At("market")
		row := marketRow(v)
		index := new(big.Int).Add(v.Int("funding_index"), shifted(0, indexOffsetBits))
		newLive := liveWord(big.NewInt(1), v.Int("funding_index"), v.Int("open_interest"))
		if row.Listed == 0 {
			index, newLive = new(big.Int), new(big.Int)
		}
		assignment := &marketCircuit{Row: row, Elapsed: 0, Shifted: index, NewLive: newLive}
		if c.Reject != "" {
			assignment.Live = liveWord(v.Int("mark"), v.Int("funding_index"), v.Int("open_interest"))
			forge.Refuses(t, system, assignment)
			continue
		}
		assignment.Live = c.Out.Int()
		if v.Int("mark").BitLen() > 32 {
			continue // the layout's widest mark; none of 2^32 or more is ever stored
		}
		forge.Accepts(t, system, assignment)
	}
}

// sideBySide packs fields without looking at their bounds, each as a value and its bits.
func sideBySide(fields ...any) (e fr.Element) {
	word := new(big.Int)
	for i := 0; i < len(fields); i += 2 {
		word.Lsh(word, uint(fields[i+1].(int)))
		switch value := fields[i].(type) {
		case *big.Int:
			word.Add(word, value)
		case int:
			word.Add(word, big.NewInt(int64(value)))
		default:
			panic(fmt.Sprintf("a field is a %T", value))
		}
	}
	e.SetBigInt(word)
	return e
}

// packedConfig is the hash of a configuration's fields, however wide they are.
func packedConfig(row MarketRow) fr.Element {
	m, n := row.Maintenance, row.Initial
	return tree.Sponge(tree.TagMarket, []fr.Element{
		sideBySide(row.QuotePerLotTick, 24, row.LotAndTick, 128, row.MaxOpenInterest, 40, row.Status, 8),
		sideBySide(row.T1, 62, row.T2, 62, m[0], 20, m[1], 20, m[2], 20, row.ShiftedMakerFee, 21, row.TakerFee, 20),
		sideBySide(n[0], 20, n[1], 20, n[2], 20,
			row.LiquidationFee, 20, row.KeeperShare, 20, row.CloseFactor, 20, row.Closeout, 20, row.MaxFundingRate, 20),
	})
}

// packedLeaf is the hash of an account's fields, however wide they are.
func packedLeaf(row AccountRow) fr.Element {
	size := func(m int) *big.Int {
		value := new(big.Int).Set(row.Magnitudes[m].(*big.Int))
		if row.Negatives[m] == 1 {
			value.Neg(value)
		}
		return value.Add(value, shifted(0, 40))
	}
	return tree.Sponge(tree.TagAccount, []fr.Element{
		sideBySide(row.Owner, 160, row.Collateral, 64), sideBySide(row.Agent, 160, row.AgentUntil, 40), row.SlotsRoot.(fr.Element),
		sideBySide(size(0), 41, row.ShiftedIndexes[0], 63, size(1), 41, row.ShiftedIndexes[1], 63),
	})
}

type configCircuit struct {
	Row  MarketRow
	Hash frontend.Variable
}

func (c *configCircuit) Define(api frontend.API) error {
	p, err := newProof(api, New(Micro()))
	if err != nil {
		return err
	}
	api.AssertIsEqual(p.configHash(&c.Row), c.Hash)
	return nil
}

func TestConfigHash_C11_Vectors(t *testing.T) {
	system := forge.Compile(t, &configCircuit{})
	for _, c := range golden.Load(t, "tree", "market_config_hash") {
		row := configRow(c.In.At("config"))
		assignment := &configCircuit{Row: row, Hash: packedConfig(row)}
		if c.Reject != "" {
			forge.Refuses(t, system, assignment) // although the hash is that of the fields side by side
			continue
		}
		assignment.Hash = c.Out.Int()
		forge.Accepts(t, system, assignment)
		assignment.Row.LiquidationFee = new(big.Int).Add(c.In.Int("config", "liquidation_fee"), big.NewInt(1))
		forge.Refuses(t, system, assignment)
	}
}

// TestConfigHash_C11_NoFieldIsWider hashes fields side by side of which one carries into its neighbour.
func TestConfigHash_C11_NoFieldIsWider(t *testing.T) {
	system := forge.Compile(t, &configCircuit{})
	for field := range 17 {
		row := configRow(golden.Load(t, "tree", "market_config_hash")[0].In.At("config"))
		wide := []struct {
			of   *frontend.Variable
			bits int
		}{
			{&row.QuotePerLotTick, 24}, {&row.LotAndTick, 128}, {&row.MaxOpenInterest, 40}, {&row.Status, 8},
			{&row.T1, 62}, {&row.T2, 62}, {&row.Maintenance[0], 20}, {&row.Maintenance[2], 20},
			{&row.ShiftedMakerFee, 21}, {&row.TakerFee, 20}, {&row.Initial[0], 20}, {&row.Initial[2], 20},
			{&row.LiquidationFee, 20}, {&row.KeeperShare, 20}, {&row.CloseFactor, 20}, {&row.Closeout, 20},
			{&row.MaxFundingRate, 20},
		}[field]
		*wide.of = num.Pow2(wide.bits)
		forge.Refuses(t, system, &configCircuit{Row: row, Hash: packedConfig(row)})
	}
}

// leafCircuit hashes the stored content of an account with two markets.
type leafCircuit struct {
	Row  AccountRow
	Leaf frontend.Variable
}

func (c *leafCircuit) Define(api frontend.API) error {
	p, err := newProof(api, New(Micro()))
	if err != nil {
		return err
	}
	a := p.takeSizes(&c.Row)
	api.AssertIsEqual(p.storedLeaf(&c.Row, a), c.Leaf)
	return nil
}

func TestStoredLeaf_C11_Vectors(t *testing.T) {
	system := forge.Compile(t, &leafCircuit{Row: New(Micro()).Accounts[0]})
	replayed := 0
	for _, c := range golden.Load(t, "tree", "account_leaf") {
		v := c.In.At("account")
		if v.At("positions").Len() != Micro().Markets {
			continue
		}
		replayed++
		slots := make(map[uint32]testbatch.Slot)
		for i := range v.At("slots").Len() {
			slots[uint32(v.Int("slots", i, 0).Uint64())] = testbatch.Slot{
				Nonce: v.Int("slots", i, 1).Uint64(), Filled: v.Int("slots", i, 2).Uint64(),
			}
		}
		padded := &assignment{shape: Micro()}
		assigned := &leafCircuit{}
		padded.padAccount(&assigned.Row)
		row := &assigned.Row
		row.Owner, row.Agent, row.AgentUntil = v.Int("owner"), v.Int("agent"), v.Int("agent_until")
		row.Collateral = new(big.Int).Add(v.Int("collateral"), shifted(0, collateralOffsetBits))
		row.SlotsRoot = testbatch.SlotsRoot(slots)
		for m := range row.Magnitudes {
			size := v.Int("positions", m, 0)
			row.Magnitudes[m], row.Negatives[m] = new(big.Int).Abs(size), bit(size.Sign() < 0)
			row.ShiftedIndexes[m] = new(big.Int).Add(v.Int("positions", m, 1), shifted(0, indexOffsetBits))
		}
		assigned.Leaf = packedLeaf(*row)
		if c.Reject != "" {
			if !isLowest(*row) {
				forge.Refuses(t, system, assigned) // although the leaf is that of the fields side by side
			}
			continue
		}
		assigned.Leaf = c.Out.Int()
		forge.Accepts(t, system, assigned)
		row.Owner = new(big.Int).Add(v.Int("owner"), big.NewInt(1))
		forge.Refuses(t, system, assigned)
	}
	if replayed < 10 {
		t.Errorf("only %d vectors were replayed", replayed)
	}
}

// TestStoredLeaf_C2_NoFieldBorrowsFromItsNeighbour: an element of the leaf is owner * 2^64 + collateral, or agent * 2^40 +
// until, modulo the field: for any other right part there is a left part, too wide, that gives the same element.
func TestStoredLeaf_C2_NoFieldBorrowsFromItsNeighbour(t *testing.T) {
	system := forge.Compile(t, &leafCircuit{Row: New(Micro()).Accounts[0]})
	stored := func() *leafCircuit {
		c := &leafCircuit{}
		(&assignment{shape: Micro()}).padAccount(&c.Row)
		c.Row.Owner, c.Row.Agent, c.Row.AgentUntil = big.NewInt(5), big.NewInt(6), big.NewInt(1_000)
		c.Row.SlotsRoot = fr.Element{}
		for m := range c.Row.Magnitudes {
			c.Row.Magnitudes[m] = new(big.Int)
		}
		c.Leaf = packedLeaf(c.Row)
		return c
	}
	forge.Accepts(t, system, stored())
	// left' = left - more / 2^bits when right grows by more.
	borrow := func(left *big.Int, more int64, bits int) *big.Int {
		part := new(big.Int).ModInverse(num.Pow2(bits), forge.Field())
		part.Mul(part, big.NewInt(more))
		return part.Mod(part.Sub(left, part), forge.Field())
	}
	later := stored()
	later.Row.Agent, later.Row.AgentUntil = borrow(big.NewInt(6), 5, 40), big.NewInt(1_005)
	forge.Refuses(t, system, later)
	richer := stored()
	richer.Row.Owner = borrow(big.NewInt(5), 1_000, 64)
	richer.Row.Collateral = shifted(1_000, collateralOffsetBits)
	forge.Refuses(t, system, richer)
}

// isLowest says that a shifted field is 0: one value below what the state ever holds, since closeAccount and AssertIndex
// refuse it; it has one decoding all the same.
func isLowest(row AccountRow) bool {
	lowest := row.Collateral.(*big.Int).Sign() == 0
	for _, index := range row.ShiftedIndexes {
		lowest = lowest || index.(*big.Int).Sign() == 0
	}
	return lowest
}

// TestState_C11_RootVectors ties the builder of these tests, whose roots the circuit reproduces, to the rule book's.
func TestState_C11_RootVectors(t *testing.T) {
	vectors, err := testbatch.LoadRoots(golden.Path("tree"))
	if err != nil {
		t.Fatal(err)
	}
	if len(vectors) == 0 {
		t.Fatal("tree.json has no state roots")
	}
	for _, v := range vectors {
		root := v.State.Root(v.Depth)
		if got := root.BigInt(new(big.Int)); got.Cmp(v.Root) != 0 {
			t.Errorf("case %d: the root is %v, not %v", v.ID, got, v.Root)
		}
	}
	empty := testbatch.SlotsRoot(nil)
	if UnusedSlotsRoot().Cmp(empty.BigInt(new(big.Int))) != 0 {
		t.Error("the root of unused slots differs between circuit and builder")
	}
}
