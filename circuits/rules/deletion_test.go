package rules_test

import (
	"testing"

	"github.com/zkclear/zkclear/circuits/internal/forge"
)

// redundant are assertions that another constraint proves as well.
var redundant = map[string]string{
	"rules.AssertGrowth: api.AssertIsBoolean(claimed) of Claimed":  "gnark's Select asserts it",
	"rules.AssertGrowth: api.AssertIsBoolean(claimed) of NotGrown": "gnark's Select asserts it",
}

// TestForged_P1_EveryAssertionIsNeeded leaves out each assertion of the gadgets in turn.
func TestForged_P1_EveryAssertionIsNeeded(t *testing.T) {
	forge.Needed(t, "rules", redundant,
		TestAssertClass_C5_Vectors,
		TestNewClass_C5_OneClaim,
		TestAssertNoPositions_C9_NothingCancels,
		TestOpenInterestAfter_C8_Vectors,
		TestAssertFill_C3_Vectors,
		TestNewLegs_C4_ForgedFeeIsRejected,
		TestStepWithin_C6_Vectors,
		TestAssertIndex_C6_Bounds,
		TestRequirement_C4_ForgedBracketsAreRejected,
		TestWithdrawable_C9_NothingBelowTheMargin,
		TestAction_C2_EveryCodeHasOneMeaning,
		TestAction_P2_EveryPartIsABit,
		TestAssertTerms_C2_Vectors,
		TestAssertTerms_C2_PaddingHasNoTerms,
		TestAuthorise_C2_Vectors,
		TestSlotAfter_C3_Vectors,
		TestAssertGrowth_C5_Vectors,
		TestNewRequest_C9_ForgedRequestIsRejected,
		TestNewRequest_P2_EveryKindIsABit,
		TestRisk_C7_EdgesOfEveryOperation,
		TestRisk_C7_OneBeyondTheEdge,
		TestFits_C7_ValueOfALegalEntry,
		TestChunkLots_C9_ValueOfALegalEntry,
		TestDeleverage_C7_NoMoreThanThePosition,
	)
}
