// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {vm} from "./Vm.sol";

/// @notice Equality with a message that shows both sides.
abstract contract Assertions {
    error Unequal(string what, string expected, string actual);

    function assertEq(uint256 actual, uint256 expected, string memory what) internal pure {
        if (actual != expected) revert Unequal(what, vm.toString(expected), vm.toString(actual));
    }

    function assertEq(address actual, address expected, string memory what) internal pure {
        if (actual != expected) revert Unequal(what, vm.toString(expected), vm.toString(actual));
    }

    function assertEq(bytes32 actual, bytes32 expected, string memory what) internal pure {
        if (actual != expected) revert Unequal(what, vm.toString(expected), vm.toString(actual));
    }

    function assertEq(string memory actual, string memory expected, string memory what) internal pure {
        if (keccak256(bytes(actual)) != keccak256(bytes(expected))) revert Unequal(what, expected, actual);
    }

    function assertTrue(bool condition, string memory what) internal pure {
        if (!condition) revert Unequal(what, "true", "false");
    }

    /// @dev The low 63 bits of anything, for fuzz inputs that must be bounded: `low <= result <= high`.
    function bound(uint256 value, uint256 low, uint256 high) internal pure returns (uint256) {
        require(low <= high, "bound: low > high");
        if (low == 0 && high == type(uint256).max) return value;
        return low + value % (high - low + 1);
    }
}
