package num_test

import (
	"testing"

	"github.com/zkclear/zkclear/circuits/internal/forge"
)

// TestForged_P1_EveryAssertionIsNeeded leaves out each assertion of the gadgets in turn.
func TestForged_P1_EveryAssertionIsNeeded(t *testing.T) {
	forge.Needed(t, "num", nil,
		TestDivFloorBy_C7_Edges,
		TestDivFloorBy_C7_ForgedQuotientIsRejected,
		TestIsNegative_C7_EveryByteAndBothBits,
		TestDivCeil_C4_ForgedQuotientIsRejected,
		TestDivCeilSigned_C6_ForgedQuotientIsRejected,
		TestDivFloorSigned_C6_ForgedQuotientIsRejected,
		TestPositive_C4_EveryByteAndBothBits,
		TestMin_C9_IsTheSmaller,
		TestNewSigned_C4_RangesAndSigns,
		TestSplitSign_C4_RangesAndSigns,
		TestAssertPrefix_P4_OnesThenZeros,
		TestAssertZeroIf_OnlyWhereTheConditionHolds,
	)
}
