package batch

import (
	"errors"
	"fmt"

	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/internal/zkclearv1"
	"github.com/zkclear/zkclear/circuits/rules"
)

func (a *assignment) accounts() error {
	moved := a.moved()
	for i := range a.circuit.Accounts {
		row := &a.circuit.Accounts[i]
		if i >= len(a.witness.GetAccounts()) {
			a.padAccount(row)
			continue
		}
		if err := a.assignAccount(row, a.witness.GetAccounts()[i], moved[i]); err != nil {
			return fmt.Errorf("account row %d: %w", i, err)
		}
	}
	return nil
}

// moved returns, by account row and market, how far fills and risk operations move each position. It serves the claims
// NotGrown only.
func (a *assignment) moved() [][]int64 {
	moved := make([][]int64, len(a.witness.GetAccounts()))
	for i := range moved {
		moved[i] = make([]int64, a.shape.Markets)
	}
	for _, f := range a.witness.GetFills() {
		for _, index := range []uint32{f.GetMaker(), f.GetTaker()} {
			fields, lots := a.entryFields[index], int64(f.GetLots())
			if fields.sells() {
				lots = -lots
			}
			moved[a.witness.GetEntries()[index].GetAccountRow()][fields.market.Uint64()] += lots
		}
	}
	a.moveRisks(moved)
	return moved
}

// padAccount fills a row that is not in use. It holds nothing and touches nothing.
func (a *assignment) padAccount(row *AccountRow) {
	*row = AccountRow{
		Live: 0, New: 0, Owner: 0, Agent: 0, AgentUntil: 0, Collateral: shifted(0, collateralOffsetBits),
		SlotsRoot: 0, NewSlotsRoot: 0, Path: emptyPath(a.shape.AccountDepth), HasEntries: 0,
		HasAgentRequest: 0, NewAgent: 0, NewAgentUntil: 0, HasWithdrawal: 0, Requested: 0,
		AgentInForce: 0, Healthy: 0, Reduced: 0,
	}
	a.positions(row, nil, nil, make([]int64, a.shape.Markets))
}

func (a *assignment) assignAccount(row *AccountRow, account *zkclearv1.WitnessAccount, moved []int64) error {
	owner, err := address("owner", account.GetOwner())
	if err != nil {
		return err
	}
	agent, err := address("agent", account.GetAgent())
	if err != nil {
		return err
	}
	slotsRoot, err := element("slots_root", account.GetSlotsRoot())
	if err != nil {
		return err
	}
	newSlotsRoot, err := element("new_slots_root", account.GetNewSlotsRoot())
	if err != nil {
		return err
	}
	path, err := readPath(uint64(account.GetId()), account.GetSiblings(), a.shape.AccountDepth)
	if err != nil {
		return err
	}
	if err := a.checkAccount(account); err != nil {
		return err
	}
	*row = AccountRow{
		Live: 1, New: bit(account.GetIsNew()), Owner: owner, Agent: agent, AgentUntil: account.GetAgentUntilS(),
		Collateral: shifted(account.GetCollateral(), collateralOffsetBits),
		SlotsRoot:  slotsRoot, NewSlotsRoot: newSlotsRoot, Path: path, HasEntries: bit(account.GetLastEntry() >= 0),
		HasAgentRequest: 0, NewAgent: 0, NewAgentUntil: 0, HasWithdrawal: 0, Requested: 0,
		Healthy: bit(account.GetClosing() == zkclearv1.ClosingClass_CLOSING_CLASS_HEALTHY),
		Reduced: bit(account.GetClosing() == zkclearv1.ClosingClass_CLOSING_CLASS_REDUCED),
	}
	a.positions(row, account.GetSizes(), account.GetFundingIndexes(), moved)
	return a.accountRequests(row, account)
}

// positions fills a row's positions. An unlisted market has none, and a claim costs nothing where nothing moved.
func (a *assignment) positions(row *AccountRow, sizes, indexes []int64, moved []int64) {
	markets := a.shape.Markets
	row.Magnitudes, row.Negatives = make([]frontend.Variable, markets), make([]frontend.Variable, markets)
	row.ShiftedIndexes, row.NotGrown = make([]frontend.Variable, markets), make([]frontend.Variable, markets)
	for m := range markets {
		size, index := int64(0), int64(0)
		if m < len(sizes) {
			size, index = sizes[m], indexes[m]
		}
		row.Magnitudes[m], row.Negatives[m] = max(size, -size), bit(size < 0)
		row.ShiftedIndexes[m] = shifted(index, indexOffsetBits)
		row.NotGrown[m] = bit(didNotGrow(size, size+moved[m]))
	}
}

// didNotGrow says whether a position ends no larger than it began and not flipped.
func didNotGrow(before, after int64) bool {
	if before >= 0 {
		return 0 <= after && after <= before
	}
	return before <= after && after <= 0
}

// accountRequests fills in what the batch's AGENT and WITHDRAW requests do to an account.
func (a *assignment) accountRequests(row *AccountRow, account *zkclearv1.WitnessAccount) error {
	until := account.GetAgentUntilS()
	if index := account.GetAgentRequest(); index >= 0 {
		if err := a.checkRequest("agent_request", index, rules.KindAgent); err != nil {
			return err
		}
		request := a.requestFields[index]
		row.HasAgentRequest, row.NewAgent, row.NewAgentUntil = 1, request.address, request.until
		until = request.until.Uint64()
	}
	row.AgentInForce = bit(a.witness.GetTimestampS() <= until)
	if index := account.GetWithdrawRequest(); index >= 0 {
		if err := a.checkRequest("withdraw_request", index, rules.KindWithdraw); err != nil {
			return err
		}
		row.HasWithdrawal, row.Requested = 1, a.requestFields[index].amount
	}
	return nil
}

func (a *assignment) checkRequest(name string, index int32, kind uint64) error {
	if err := row(name, uint32(index), len(a.requestFields)); err != nil {
		return err
	}
	if given := a.requestFields[index].kind; given != kind {
		return fmt.Errorf("%s is %d, a request of kind %d, it must be of kind %d", name, index, given, kind)
	}
	return nil
}

// checkAccount refuses lists of the wrong length and fields that do not fit their place in the leaf.
func (a *assignment) checkAccount(account *zkclearv1.WitnessAccount) error {
	listed := len(a.witness.GetMarkets())
	if len(account.GetSizes()) != listed || len(account.GetFundingIndexes()) != listed {
		return fmt.Errorf("it has %d sizes and %d funding indexes, one of each a listed market is right: %d",
			len(account.GetSizes()), len(account.GetFundingIndexes()), listed)
	}
	if account.GetClosing() < zkclearv1.ClosingClass_CLOSING_CLASS_UNCHANGED ||
		account.GetClosing() > zkclearv1.ClosingClass_CLOSING_CLASS_REDUCED {
		return fmt.Errorf("closing is %s, it must be unchanged, healthy or reduced", account.GetClosing())
	}
	problems := []error{
		below("id", uint64(account.GetId()), 2*a.shape.AccountDepth),
		below("agent_until_s", account.GetAgentUntilS(), rules.SecondsBits),
		signedBelow("collateral", account.GetCollateral(), rules.QuoteBits),
	}
	for m := range listed {
		problems = append(problems,
			signedBelow(fmt.Sprintf("size %d", m), account.GetSizes()[m], rules.SizeBits),
			signedBelow(fmt.Sprintf("funding index %d", m), account.GetFundingIndexes()[m], rules.IndexBits))
	}
	return errors.Join(problems...)
}
