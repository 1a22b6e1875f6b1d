// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title A timelock whose delay is fixed for ever: what stands between the governor and the list of markets.
/// @notice Everybody sees an operation for the whole delay before it can be executed, and nobody can shorten the delay,
/// the timelock itself included. `governor` proposes, cancels and executes; there is no admin besides the timelock.
contract MarketTimelock is TimelockController {
    /// @notice The delay of this timelock cannot be changed.
    error DelayIsFixed(uint256 delay);

    constructor(
        uint256 delay,
        address governor
    ) TimelockController(delay, _only(governor), _only(governor), address(0)) {}

    /// @notice Always reverts with DelayIsFixed.
    function updateDelay(uint256) public view override {
        revert DelayIsFixed(getMinDelay());
    }

    function _only(address one) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = one;
    }
}
