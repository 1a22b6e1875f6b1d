package tree_test

import (
	"testing"

	"github.com/zkclear/zkclear/circuits/internal/forge"
)

// TestForged_P1_EveryAssertionIsNeeded leaves out each assertion of the gadgets in turn.
func TestForged_P1_EveryAssertionIsNeeded(t *testing.T) {
	forge.Needed(t, "tree", nil,
		TestUpdate_C11_ForgedPathIsRejected, TestUpdate_C11_AnyLeafWouldFitIfPositionsWereNoBits)
}
