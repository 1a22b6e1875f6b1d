package testbatch

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"strconv"
)

// Vector is one case of tests/vectors/transition.json.
type Vector struct {
	ID     int
	Reject string // The one reason, or nothing.
	State  *State
	Batch  Batch
	After  *State // Of an accepted case.
}

type (
	jsonVectors struct {
		Cases []struct {
			ID     int       `json:"id"`
			Reject string    `json:"reject"`
			In     jsonIn    `json:"in"`
			Out    jsonState `json:"out"`
		} `json:"cases"`
	}
	jsonIn struct {
		State jsonState `json:"state"`
		Batch jsonBatch `json:"batch"`
	}
	jsonState struct {
		Accounts    []jsonAccount `json:"accounts"`
		Markets     []jsonMarket  `json:"markets"`
		Rows        number        `json:"rows"`
		Timestamp   number        `json:"timestamp"`
		FundingDust number        `json:"funding_dust"`
		Number      number        `json:"number"`
		NextRequest number        `json:"next_request"`
	}
	jsonAccount struct {
		ID         number      `json:"id"`
		Owner      number      `json:"owner"`
		Agent      number      `json:"agent"`
		AgentUntil number      `json:"agent_until"`
		Collateral number      `json:"collateral"`
		Positions  [][2]number `json:"positions"`
		Slots      [][]number  `json:"slots"`
	}
	jsonMarket struct {
		Config       jsonConfig `json:"config"`
		Mark         number     `json:"mark"`
		FundingIndex number     `json:"funding_index"`
		OpenInterest number     `json:"open_interest"`
	}
	jsonConfig struct {
		LotE8           number    `json:"lot_e8"`
		TickE8          number    `json:"tick_e8"`
		QuotePerLotTick number    `json:"quote_per_lot_tick"`
		T1              number    `json:"t1"`
		T2              number    `json:"t2"`
		Maintenance     [3]number `json:"maintenance"`
		Initial         [3]number `json:"initial"`
		MakerFee        number    `json:"maker_fee"`
		TakerFee        number    `json:"taker_fee"`
		LiquidationFee  number    `json:"liquidation_fee"`
		KeeperShare     number    `json:"keeper_share"`
		CloseFactor     number    `json:"close_factor"`
		Closeout        number    `json:"closeout"`
		MaxFundingRate  number    `json:"max_funding_rate"`
		MaxOpenInterest number    `json:"max_open_interest"`
		Status          number    `json:"status"`
	}
	jsonBatch struct {
		Number       number        `json:"number"`
		Timestamp    number        `json:"timestamp"`
		FirstRequest number        `json:"first_request"`
		Marks        []number      `json:"marks"`
		Steps        []number      `json:"funding_steps"`
		Entries      []jsonEntry   `json:"entries"`
		Fills        [][3]number   `json:"fills"`
		Requests     []jsonRequest `json:"requests"`
		Outcomes     [][2]number   `json:"outcomes"`
	}
	jsonEntry struct {
		Account number `json:"account"`
		Market  number `json:"market"`
		Action  number `json:"action"`
		Lots    number `json:"lots"`
		Limit   number `json:"limit"`
		Expiry  number `json:"expiry"`
		Nonce   number `json:"nonce"`
		Signer  number `json:"signer"`
		Trigger number `json:"trigger"`
	}
	jsonRequest struct {
		Kind    number `json:"kind"`
		Account number `json:"account"`
		Amount  number `json:"amount"`
		Address number `json:"address"`
		Until   number `json:"until"`
		Market  number `json:"market"`
		Lots    number `json:"lots"`
		Taker   number `json:"taker"`

		Config     *jsonConfig `json:"config"`
		ConfigHash number      `json:"config_hash"`
	}
)

// number is an integer as a decimal string.
type number struct{ *big.Int }

// UnmarshalJSON reads "123".
func (n *number) UnmarshalJSON(raw []byte) error {
	text, err := strconv.Unquote(string(raw))
	if err != nil {
		return fmt.Errorf("%s is not a string: %w", raw, err)
	}
	value, ok := new(big.Int).SetString(text, 10)
	if !ok {
		return fmt.Errorf("%q is not a decimal integer", text)
	}
	n.Int = value
	return nil
}

// LoadVectors reads the cases of transition.json.
func LoadVectors(path string) ([]Vector, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file jsonVectors
	if err := json.Unmarshal(raw, &file); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	vectors := make([]Vector, len(file.Cases))
	for i, c := range file.Cases {
		vectors[i] = Vector{ID: c.ID, Reject: c.Reject, State: c.In.State.state(), Batch: c.In.Batch.batch()}
		if c.Reject == "" {
			vectors[i].After = c.Out.state()
		}
	}
	return vectors, nil
}

func (j jsonState) state() *State {
	rows := int(j.Rows.Int64())
	s := &State{
		Accounts: make(map[uint32]*Account), Markets: make([]Market, rows), Timestamp: j.Timestamp.Uint64(),
		Dust: j.FundingDust.Int64(), Number: j.Number.Uint64(), Next: j.NextRequest.Uint64(),
	}
	for i, m := range j.Markets {
		s.Markets[i] = m.market()
	}
	for _, a := range j.Accounts {
		account := &Account{
			Owner: a.Owner.Int, Agent: a.Agent.Int, AgentUntil: a.AgentUntil.Uint64(), Collateral: a.Collateral.Int64(),
			Positions: make([]Position, rows), Slots: make(map[uint32]Slot),
		}
		for m, p := range a.Positions {
			account.Positions[m] = Position{Size: p[0].Int64(), Index: p[1].Int64()}
		}
		for _, slot := range a.Slots {
			account.Slots[uint32(slot[0].Uint64())] = Slot{Nonce: slot[1].Uint64(), Filled: slot[2].Uint64()}
		}
		s.Accounts[uint32(a.ID.Uint64())] = account
	}
	return s
}

func (j jsonMarket) market() Market {
	m := j.Config.market()
	m.Mark, m.Index, m.OpenInterest = j.Mark.Uint64(), j.FundingIndex.Int64(), j.OpenInterest.Int64()
	return m
}

func (c jsonConfig) market() Market {
	small := func(n number) uint32 { return uint32(n.Uint64()) }
	three := func(n [3]number) [3]uint32 { return [3]uint32{small(n[0]), small(n[1]), small(n[2])} }
	return Market{
		LotE8: c.LotE8.Uint64(), TickE8: c.TickE8.Uint64(), QuotePerLotTick: c.QuotePerLotTick.Uint64(),
		T1: c.T1.Uint64(), T2: c.T2.Uint64(), Maintenance: three(c.Maintenance), Initial: three(c.Initial),
		MakerFee: int32(c.MakerFee.Int64()), TakerFee: small(c.TakerFee), LiquidationFee: small(c.LiquidationFee),
		KeeperShare: small(c.KeeperShare), CloseFactor: small(c.CloseFactor), Closeout: small(c.Closeout),
		FundingLimit: small(c.MaxFundingRate), MaxOpenInterest: c.MaxOpenInterest.Uint64(), Status: small(c.Status),
	}
}

func (j jsonBatch) batch() Batch {
	b := Batch{Number: j.Number.Uint64(), Timestamp: j.Timestamp.Uint64(), FirstRequest: j.FirstRequest.Uint64()}
	for _, mark := range j.Marks {
		b.Marks = append(b.Marks, mark.Uint64())
	}
	for _, step := range j.Steps {
		b.Steps = append(b.Steps, step.Int64())
	}
	for _, e := range j.Entries {
		b.Entries = append(b.Entries, Entry{
			Account: uint32(e.Account.Uint64()), Market: e.Market.Uint64(), Action: e.Action.Uint64(),
			Lots: e.Lots.Uint64(), Limit: e.Limit.Uint64(), Expiry: e.Expiry.Uint64(), Nonce: e.Nonce.Uint64(),
			Signer: e.Signer.Int, Subject: uint32(e.Trigger.Uint64()),
		})
	}
	for _, f := range j.Fills {
		b.Fills = append(b.Fills, Fill{
			Maker: uint32(f[0].Uint64()), Taker: uint32(f[1].Uint64()), Lots: f[2].Uint64(),
		})
	}
	for i, r := range j.Requests {
		request := Request{
			Kind: r.Kind.Uint64(), Account: uint32(r.Account.Uint64()), Amount: r.Amount.Uint64(),
			Address: r.Address.Int, Until: r.Until.Uint64(),
			Market: r.Market.Uint64(), Lots: r.Lots.Uint64(), Taker: uint32(r.Taker.Uint64()), Hash: r.ConfigHash.Int,
		}
		if r.Config != nil {
			config := r.Config.market()
			request.Config = &config
		}
		if i < len(j.Outcomes) {
			request.Code, request.Paid = uint32(j.Outcomes[i][0].Uint64()), j.Outcomes[i][1].Uint64()
		}
		b.Requests = append(b.Requests, request)
	}
	return b
}

// RootVector is one case of tests/vectors/tree.json: a state and its root.
type RootVector struct {
	ID    int
	State *State
	Depth int
	Root  *big.Int
}

// LoadRoots reads the accepted state roots of tree.json.
func LoadRoots(path string) ([]RootVector, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file struct {
		Cases []struct {
			ID     int             `json:"id"`
			Call   string          `json:"call"`
			Reject string          `json:"reject"`
			In     json.RawMessage `json:"in"`
			Out    json.RawMessage `json:"out"`
		} `json:"cases"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var vectors []RootVector
	for _, c := range file.Cases {
		if c.Call != "state_root" || c.Reject != "" {
			continue
		}
		var in struct {
			State jsonState `json:"state"`
			Depth number    `json:"account_depth"`
		}
		var root number
		if err := errors.Join(json.Unmarshal(c.In, &in), json.Unmarshal(c.Out, &root)); err != nil {
			return nil, fmt.Errorf("%s, case %d: %w", path, c.ID, err)
		}
		vectors = append(vectors, RootVector{c.ID, in.State.state(), int(in.Depth.Int64()), root.Int})
	}
	return vectors, nil
}

// WordsVector is one case of tests/vectors/words.json: a batch and its words in a shape.
type WordsVector struct {
	ID                       int
	Reject                   string
	Batch                    Batch
	Shape                    string
	Domain, OldRoot, NewRoot *big.Int
	Words                    []*big.Int
}

// LoadWords reads the cases of whole batches in words.json.
func LoadWords(path string) ([]WordsVector, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file struct {
		Cases []struct {
			ID     int             `json:"id"`
			Call   string          `json:"call"`
			Reject string          `json:"reject"`
			In     json.RawMessage `json:"in"`
			Out    json.RawMessage `json:"out"`
		} `json:"cases"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var vectors []WordsVector
	for _, c := range file.Cases {
		if c.Call != "batch_words" {
			continue
		}
		var in struct {
			Batch   jsonBatch `json:"batch"`
			Shape   string    `json:"shape"`
			Domain  number    `json:"domain"`
			OldRoot number    `json:"old_root"`
			NewRoot number    `json:"new_root"`
		}
		var words []number
		err := json.Unmarshal(c.In, &in)
		if c.Reject == "" {
			err = errors.Join(err, json.Unmarshal(c.Out, &words))
		}
		if err != nil {
			return nil, fmt.Errorf("%s, case %d: %w", path, c.ID, err)
		}
		v := WordsVector{
			ID: c.ID, Reject: c.Reject, Batch: in.Batch.batch(), Shape: in.Shape,
			Domain: in.Domain.Int, OldRoot: in.OldRoot.Int, NewRoot: in.NewRoot.Int,
		}
		for _, word := range words {
			v.Words = append(v.Words, word.Int)
		}
		vectors = append(vectors, v)
	}
	return vectors, nil
}
