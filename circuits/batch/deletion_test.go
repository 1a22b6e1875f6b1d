package batch

import (
	"maps"
	"math/big"
	"regexp"
	"slices"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	"github.com/consensys/gnark/constraint/solver"

	"github.com/zkclear/zkclear/circuits/internal/anatomy"
	"github.com/zkclear/zkclear/circuits/internal/forge"
	"github.com/zkclear/zkclear/circuits/internal/testbatch"
	"github.com/zkclear/zkclear/circuits/net"
	"github.com/zkclear/zkclear/circuits/rules"
)

// redundant are assertions that another constraint proves as well, or that no forged case was found to need.
var redundant = map[string]string{
	"batch.(*proof).openAccount: api.AssertIsBoolean(row.HasAgentRequest) of HasAgentRequest":                             "gnark's Select asserts it",
	"batch.(*proof).openAccount: api.AssertIsBoolean(row.HasWithdrawal) of HasWithdrawal":                                 "a balance counts its requests",
	"batch.(*proof).openAccounts: api.AssertIsBoolean(rows[i].HasEntries) of HasEntries":                                  "gnark's Select asserts it",
	"batch.(*proof).openAccounts: num.AssertPrefix(api, live) > num.AssertPrefix: api.AssertIsBoolean(flag) of Live":      "gnark's Select asserts it of all rows but the first, which is 1",
	"batch.(*proof).openMarkets: num.AssertPrefix(p.api, listed) > num.AssertPrefix: api.AssertIsBoolean(flag) of Listed": "gnark's Or asserts it",
	"batch.(*proof).openMarkets: p.api.AssertIsBoolean(rows[i].Changed) of Changed":                                       "gnark's Or asserts it",
	"batch.(*proof).openRequests: num.AssertPrefix(api, live) > num.AssertPrefix: api.AssertIsBoolean(flag)":              "rules.NewRequest asserts it",
	"batch.(*proof).openMarket: p.rc.Check(row.ShiftedStep, bind.MarkBits) of ShiftedStep":                                "the step's magnitude is in range",
	"batch.(*proof).proveSlots: p.rc.Check(stored.Nonce, rules.NonceBits) of StoredNonce":                                 "it is at most the entry's, and the leaf has one decoding",
	"batch.(*proof).proveEntries: num.AssertPrefix(p.api, live) > num.AssertPrefix: api.AssertIsBoolean(flag) of Live":    "no forged case was found: an account's rows must count as one with its root, and risk rows as one with theirs",
	"batch.(*proof).proveRisks: api.AssertIsBoolean(bit) of Absorb":                                                       "no forged case was found: Select, the ties and the counts of a subject leave no other values",
	"batch.(*proof).proveRisks: api.AssertIsBoolean(bit) of Book":                                                         "no forged case was found: Select, the ties and the counts of a subject leave no other values",
	"batch.(*proof).proveRisks: api.AssertIsBoolean(bit) of Close":                                                        "no forged case was found: Select, the ties and the counts of a subject leave no other values",
	"batch.(*proof).proveRisks: api.AssertIsBoolean(bit) of Deleverage":                                                   "no forged case was found: Select, the ties and the counts of a subject leave no other values",
	"batch.(*proof).proveRisks: api.AssertIsBoolean(bit) of Takeover":                                                     "no forged case was found: Select, the ties and the counts of a subject leave no other values",
	"batch.(*proof).proveRisks: num.AssertPrefix(api, live) > num.AssertPrefix: api.AssertIsBoolean(flag)":                "no forged case was found: two kinds need a row of padding, which names account 0 and market 0",
}

// unfollowed are parts of balances that are needed, but a case that no other constraint refuses would have to change
// several rows or paths: hints_test.go and rows_test.go lie about them.
var unfollowed = map[string]string{
	balanceOf("addUp") + "column 7":  "the fill changes sides: every path behind the accounts changes",
	balanceOf("addUp") + "column 8":  "the fill changes its cash: every path behind the accounts changes",
	balanceOf("addUp") + "column 10": "the fill changes its fee: every path behind the accounts changes",
	balanceOf("addUp") + "sum 1":     "lots move: TestRows_C3_NetsStayInTheirCell moves two sums",
}

func balanceOf(function string) string {
	return "batch.(*proof)." + function + ": p.sums.Balance(legs, cells) > net.(*Sums).Balance: balancer.Balance(legs, cells), "
}

// TestForged_P1_EveryAssertionIsNeeded leaves out each assertion of this package in turn.
func TestForged_P1_EveryAssertionIsNeeded(t *testing.T) {
	declared := maps.Clone(unfollowed)
	maps.Copy(declared, redundant)
	forge.Needed(t, "batch", declared,
		TestForged_OperatorsBatchesAreRefused,
		TestForged_C1_WordsAreTheCircuits,
		TestForged_C5_FalseClaimsAreRefused,
		TestForged_C6_DustIsNotKept,
		TestForged_P2_OnlyBitsAreBits,
		TestForged_C5_OneUnitBelowInitialMarginIsRefused,
		TestOpenHeader_C1_Bounds,
		TestOpenMarkets_C1_Rows,
		TestAssertEmpty_C9_ANewAccountStartsWithNothing,
		TestOpenEntry_C2_Bounds,
		TestCloseAccount_C4_Bounds,
		TestSlots_C2_AStoredSlotHasOneDecoding,
		TestFills_P4_RowsInUseComeFirst,
		TestRows_P4_EntriesAndRequestsInUseComeFirst,
		TestSlots_C2_ASlotIsProvedUnderItsAccountsRoot,
		TestOpenMarket_C6_AdvanceVectors,
		TestOpenMarket_C11_LiveWordVectors,
		TestConfigHash_C11_Vectors,
		TestConfigHash_C11_NoFieldIsWider,
		TestStoredLeaf_C11_Vectors,
		TestStoredLeaf_C2_NoFieldBorrowsFromItsNeighbour,
		TestState_C11_RootVectors,
		TestForged_C7_RiskOperatorsBatchesAreRefused,
		TestForged_C7_AStandingIsThatOfItsAccount,
		TestForged_C6_RiskCashStaysWithItsAccount,
		TestForged_C7_AnOrderIsNotTakenForALiquidation,
		TestForged_C9_AConfigurationIsThatOfItsMarket,
		TestForged_C7_RowsThatPointElsewhereAreRefused,
		TestForged_C7_AnotherRequestThanTheQueueHolds,
		TestForged_C7_FalseRiskClaimsAreRefused,
		TestForged_C9_AMarketIsListedNextOnly,
		TestRisk_P4_PaddingIsInert,
		TestRisk_C11_NothingIsOpenedByALook,
		TestForged_C9_AKindIsNotTakenForAnother,
		TestForged_C7_ARowIsTiedInEveryPart,
		TestForged_C7_RowsOfADeleverageStandLastAndInOrder,
		TestForged_C7_AFundThatAbsorbsIsHealthy,
		TestRows_C6_AccountIdsStrictlyIncrease,
		TestRows_C11_AnAccountThatNothingNamesIsNotOpened,
		TestRows_C9_ADepositIsNotInvented,
		TestRows_C3_NetsStayInTheirCell,
		TestRows_P4_PaddingIsInert,
		TestRows_P4_APaddedRowTradesNothing,
		TestRows_C6_FixedRowsAreTheFirstAccounts,
		TestRows_C6_FixedRowsAreInUse,
		TestRows_P4_PaddingComesLast,
		TestRows_C9_ANewAccountIsNotGivenMoney,
		TestForged_C9_NothingCountsForARowThatIsNotInUse,
		lieInOneAnswer,
	)
}

// derived are inputs that follow from others; a prover may give anything.
var derived = regexp.MustCompile(`_(NewSlotsRoot|NewAgent|NewAgentUntil)$`)

// lieInOneAnswer changes what single look-ups and sums are, and follows what comes of it. The words are unbound, so that what
// refuses the lie is what it is about.
func lieInOneAnswer(t *testing.T) {
	circuit := newUnbound()
	system, err := anatomy.Compile(circuit)
	if err != nil {
		t.Fatal(err)
	}
	answers := system.Answers(solver.GetHintID(net.FetchHint), solver.GetHintID(net.ScatterHint))
	given := slices.DeleteFunc(system.Inputs(), func(wire int) bool { return !derived.MatchString(system.Name(wire)) })
	one := fr.One()
	for name, scene := range map[string]scenario{
		"trade": honestBatches()["trade"], "takeover, close and trade": takeoverAndTrade, "deleveraging": deleveraging,
		"book": bookSale, "agent": agentChange, "absorption": absorption, "market change": marketChange,
	} {
		t.Run(name, func(t *testing.T) {
			s, b := scene()
			honest, err := system.Solve(&unbound{Circuit: *prepare(t, s, b)})
			if err != nil {
				t.Fatal(err)
			}
			probe, err := system.NewProbe(honest)
			if err != nil {
				t.Fatal(err)
			}
			for _, wire := range append(answers, given...) {
				changed, err := circuit.change(system, probe, wire, *new(fr.Element).Add(&honest.Wires[wire], &one))
				if err != nil {
					t.Fatal(err)
				}
				same, outcome := circuit.sameBatch(system, honest.Wires, changed.Wires)
				if len(changed.Broken) <= mostBroken && (!slices.Contains(given, wire) || (same && !outcome)) {
					forge.OnlyRefusedBy(t, system.LeftOut(changed))
				}
			}
		})
	}
}

// agentChange has account 3 take another agent, and nothing else happen.
func agentChange() (*testbatch.State, testbatch.Batch) {
	s := venue()
	b := s.Following(8)
	b.Requests = []testbatch.Request{
		{Kind: testbatch.KindAgent, Account: taker, Address: big.NewInt(0xbeef), Until: start + 60, Code: 1},
	}
	return s, b
}

// TestForged_C9_NothingCountsForARowThatIsNotInUse: no root holds what such a row says, and its new leaf goes nowhere. A
// deposit would be lost there, and a taker be as unfit as the operator likes.
func TestForged_C9_NothingCountsForARowThatIsNotInUse(t *testing.T) {
	circuit := newUnbound()
	system, err := anatomy.Compile(circuit)
	if err != nil {
		t.Fatal(err)
	}
	lost := venue()
	lost.Accounts[maker].Positions[0].Size = 0
	swallowed := prepare(t, lost, deposit(lost, maker))
	swallowed.Accounts[2].Live = 0

	for name, c := range map[string]struct {
		honest, lie *Circuit
		refusedBy   string
	}{
		"a deposit": {prepare(t, lost, deposit(lost, maker)), swallowed, balanceOf("lookUpRequestAccounts") + "column 1"},
		"a taker":   {takerOf(t, 60_000_000, 1), unlikelyTaker(t), balanceOf("lookUpStandings") + "column 1"},
	} {
		t.Run(name, func(t *testing.T) {
			honest, err := system.Solve(&unbound{Circuit: *c.honest})
			if err != nil || len(honest.Broken) > 0 {
				t.Fatalf("an honest batch breaks %v: %v", honest, err)
			}
			forged, err := system.Solve(&unbound{Circuit: *c.lie})
			if err != nil {
				t.Fatal(err)
			}
			if same, outcome := circuit.sameBatch(system, honest.Wires, forged.Wires); !same || outcome {
				t.Fatalf("it is not a forgery: the same batch %v, the same outcome %v", same, outcome)
			}
			places := system.LeftOut(forged)
			if !slices.Contains(places, c.refusedBy) {
				t.Errorf("left out, any of %q would have it accepted, but not %s", places, c.refusedBy)
			}
			forge.OnlyRefusedBy(t, places)
		})
	}
}

// takerOf is a takeover by account 3, which holds nothing but collateral, and what the operator says that it came to.
func takerOf(t *testing.T, collateral int64, code uint32) *Circuit {
	t.Helper()
	s, b := takeover()
	s.Accounts[taker].Positions[0].Size, s.Accounts[taker].Collateral = 0, collateral
	if b.Requests[0].Code = code; code != 1 {
		b.Requests[0].Paid = 0
	}
	return prepare(t, s, b)
}

// unlikelyTaker calls a fit taker unfit: its row says so and is not in use, and the other paths have its true leaf.
func unlikelyTaker(t *testing.T) *Circuit {
	t.Helper()
	lie, honest := takerOf(t, 1, rules.TakerUnfit), takerOf(t, 60_000_000, 1)
	lie.Accounts[3].Live = 0
	lie.Accounts[0].Path[0].Across[1] = honest.Accounts[0].Path[0].Across[1]
	lie.Accounts[1].Path[0].Across[1] = honest.Accounts[1].Path[0].Across[1]
	lie.Accounts[2].Path[0].Paired = honest.Accounts[2].Path[0].Paired
	return lie
}
