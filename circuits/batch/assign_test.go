package batch

import (
	"bytes"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/zkclear/zkclear/circuits/internal/testbatch"
	"github.com/zkclear/zkclear/circuits/internal/zkclearv1"
)

// TestAssign_SaysWhatIsWrong: a witness that does not fit or is malformed gets a sentence that names place and cure.
func TestAssign_SaysWhatIsWrong(t *testing.T) {
	s := venue()
	honest, _ := build(s, trade(s))
	wide := bytes.Repeat([]byte{0xff}, 32)
	for name, c := range map[string]struct {
		change func(*zkclearv1.Witness)
		want   string
	}{
		"other shape": {func(w *zkclearv1.Witness) { w.Shape = "tiny" }, `for shape "tiny", this circuit is "micro"`},
		"too many entries": {
			func(w *zkclearv1.Witness) { w.Entries = append(w.Entries, w.Entries[0]) }, `3 entries, shape "micro" holds at most 2`,
		},
		"too many fills": {
			func(w *zkclearv1.Witness) { w.Fills = append(w.Fills, w.Fills[0]) }, "3 fills",
		},
		"too many accounts": {
			func(w *zkclearv1.Witness) { w.Accounts = append(w.Accounts, w.Accounts[0]) }, "5 accounts",
		},
		"too many requests": {
			func(w *zkclearv1.Witness) { w.Requests = append(w.Requests, w.Requests[0]) }, "3 requests",
		},
		"too many markets": {
			func(w *zkclearv1.Witness) { w.Markets = append(w.Markets, w.Markets[0]) }, "3 markets",
		},
		"no account 1":     {func(w *zkclearv1.Witness) { w.Accounts = w.Accounts[:1] }, "rows 0 and 1"},
		"domain too wide":  {func(w *zkclearv1.Witness) { w.Domain = wide }, "domain has 256 bits, it must be below 2^248"},
		"domain too short": {func(w *zkclearv1.Witness) { w.Domain = nil }, "domain has 0 bytes"},
		"timestamp":        {func(w *zkclearv1.Witness) { w.TimestampS = 1 << 40 }, "timestamp_s is 1099511627776"},
		"old timestamp":    {func(w *zkclearv1.Witness) { w.OldTimestampS = 1 << 40 }, "old_timestamp_s"},
		"old dust":         {func(w *zkclearv1.Witness) { w.OldFundingDust = 1 << 20 }, "old_funding_dust"},
		"old root":         {func(w *zkclearv1.Witness) { w.OldRoot = wide }, "old_root is not below the field's modulus"},
		"new root":         {func(w *zkclearv1.Witness) { w.NewRoot = w.NewRoot[:31] }, "new_root has 31 bytes"},
		"two rates": {
			func(w *zkclearv1.Witness) { w.Markets[1].InitialPpm = w.Markets[1].InitialPpm[:2] },
			"market 1: initial_ppm has 2 rates, it must have 3",
		},
		"rate":         {func(w *zkclearv1.Witness) { w.Markets[0].MaintenancePpm[2] = 1 << 20 }, "market 0: maintenance_ppm is 1048576"},
		"maker fee":    {func(w *zkclearv1.Witness) { w.Markets[0].MakerFeePpm = -1 << 20 }, "its magnitude must be below 2^20"},
		"funding step": {func(w *zkclearv1.Witness) { w.Markets[0].FundingStep = 1 << 55 }, "funding_step"},
		"entry word":   {func(w *zkclearv1.Witness) { w.Entries[1].Word = wide }, "entry 1: word has 256 bits"},
		"action": {
			func(w *zkclearv1.Witness) { w.Entries[0].Word[6] = 0x50 }, "entry 0: action 0x50 is none of",
		},
		"field C":     {func(w *zkclearv1.Witness) { w.Entries[0].Word[31] = 1 }, "entry 0: field C is 1"},
		"market":      {func(w *zkclearv1.Witness) { w.Entries[0].Word[5] = 2 }, "entry 0: market is 2, the last row is 1"},
		"signer":      {func(w *zkclearv1.Witness) { w.Entries[0].Signer = nil }, "entry 0: signer has 0 bytes, an address has 20"},
		"account row": {func(w *zkclearv1.Witness) { w.Entries[0].AccountRow = 4 }, "entry 0: account_row is 4, the last row is 3"},
		"slot path": {
			func(w *zkclearv1.Witness) { w.Entries[0].Siblings = w.Entries[0].Siblings[1:] },
			"entry 0: it has 14 siblings, a path of 5 levels has 15",
		},
		"slot sibling":  {func(w *zkclearv1.Witness) { w.Entries[0].Siblings[4] = wide }, "entry 0: sibling 4 is not below"},
		"stored nonce":  {func(w *zkclearv1.Witness) { w.Entries[0].StoredNonce = 1 << 56 }, "stored_nonce"},
		"stored filled": {func(w *zkclearv1.Witness) { w.Entries[0].StoredFilled = 1 << 40 }, "stored_filled"},
		"fill index":    {func(w *zkclearv1.Witness) { w.Fills[1].Taker = 2 }, "fill 1: taker is 2, the last row is 1"},
		"fill lots":     {func(w *zkclearv1.Witness) { w.Fills[0].Lots = 1 << 48 }, "fill 0: lots"},
		"request kind":  {func(w *zkclearv1.Witness) { w.Requests[0].Payload[1] = 8 }, "request 0: kind 8 is none of"},
		"request bits":  {func(w *zkclearv1.Witness) { w.Requests[1].Payload[31] = 1 }, "request 1: unused bits"},
		"request row":   {func(w *zkclearv1.Witness) { w.Requests[1].AccountRow = 9 }, "request 1: account_row is 9"},
		"sizes": {
			func(w *zkclearv1.Witness) { w.Accounts[2].Sizes = nil }, "account row 2: it has 0 sizes and 2 funding indexes",
		},
		"size":       {func(w *zkclearv1.Witness) { w.Accounts[2].Sizes[1] = 1 << 40 }, "account row 2: size 1 is 1099511627776"},
		"index":      {func(w *zkclearv1.Witness) { w.Accounts[2].FundingIndexes[0] = 1 << 62 }, "funding index 0"},
		"collateral": {func(w *zkclearv1.Witness) { w.Accounts[3].Collateral = -1 << 62 }, "account row 3: collateral"},
		"id":         {func(w *zkclearv1.Witness) { w.Accounts[3].Id = 256 }, "account row 3: id is 256, it must be below 2^8"},
		"owner":      {func(w *zkclearv1.Witness) { w.Accounts[3].Owner = wide }, "owner has 32 bytes"},
		"agent":      {func(w *zkclearv1.Witness) { w.Accounts[3].Agent = nil }, "agent has 0 bytes"},
		"slots root": {func(w *zkclearv1.Witness) { w.Accounts[3].SlotsRoot = wide }, "slots_root is not below"},
		"path":       {func(w *zkclearv1.Witness) { w.Accounts[3].Siblings = nil }, "it has 0 siblings, a path of 4 levels has 12"},
		"class": {
			func(w *zkclearv1.Witness) { w.Accounts[3].Closing = zkclearv1.ClosingClass_CLOSING_CLASS_UNSPECIFIED },
			"closing is CLOSING_CLASS_UNSPECIFIED, it must be unchanged, healthy or reduced",
		},
		"agent request": {func(w *zkclearv1.Witness) { w.Accounts[3].AgentRequest = 1 }, "agent_request is 1, a request of kind 3"},
		"withdraw request": {
			func(w *zkclearv1.Witness) { w.Accounts[3].WithdrawRequest = 7 }, "withdraw_request is 7, the last row is 1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := proto.Clone(honest).(*zkclearv1.Witness)
			c.change(w)
			_, err := Assign(Micro(), w)
			if err == nil {
				t.Fatal("it was accepted")
			}
			if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "witness of batch 7") {
				t.Errorf("the error %q does not say %q", err, c.want)
			}
		})
	}
}

// TestAssign_OpenRequestHasNoUntil: bits beside the owner are no part of an OPEN.
func TestAssign_OpenRequestHasNoUntil(t *testing.T) {
	s := venue()
	b := s.Following(8)
	b.Requests = []testbatch.Request{{Kind: testbatch.KindOpen, Account: 4, Address: s.Accounts[maker].Owner, Until: 1, Code: 1}}
	w, _ := build(s, b)
	if _, err := Assign(Micro(), w); err == nil || !strings.Contains(err.Error(), "bits beside its owner") {
		t.Errorf("the error is %v", err)
	}
}

func TestShapeByName_KnowsItsShapes(t *testing.T) {
	for _, shape := range append(Shapes(), Micro()) {
		if got, err := ShapeByName(shape.Name); err != nil || got != shape {
			t.Errorf("%s: %v, %v", shape.Name, got, err)
		}
	}
	if _, err := ShapeByName("huge"); err == nil || !strings.Contains(err.Error(), "known: tiny, small, medium, large, micro") {
		t.Errorf("the error is %v", err)
	}
}
