// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {BlacklistToken} from "./doubles/Tokens.sol";
import {Batches} from "./support/Batches.sol";
import {vm} from "./support/Vm.sol";

abstract contract ClaimFixture is Batches {
    /// @dev One fee for the fee recipient.
    function setUp() public virtual override {
        super.setUp();
        uint32 account = openFor(alice, 100 * TOKEN);
        vm.prank(alice);
        settlement.requestWithdrawal(account, TOKEN);
    }
}

// claim
// ├── nothing is credited: NothingToClaim
// └── else: all of it goes to the recipient, once, whoever calls
contract ClaimTest is ClaimFixture {
    function test_AnyonePaysTheRecipient() public {
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.Claimed(FEE_RECIPIENT, FEE_RECIPIENT, FEE);
        vm.prank(bob);
        assertEq(settlement.claim(FEE_RECIPIENT), FEE, "amount");
        assertEq(token.balanceOf(FEE_RECIPIENT), FEE, "balance");
        assertEq(settlement.claimable(FEE_RECIPIENT), 0, "claim");
        assertEq(settlement.totalClaims(), 0, "claims");
    }

    function test_RevertWhen_NothingIsCredited() public {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NothingToClaim.selector, bob));
        settlement.claim(bob);
    }

    function test_RevertWhen_ItWasPaidBefore() public {
        settlement.claim(FEE_RECIPIENT);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NothingToClaim.selector, FEE_RECIPIENT));
        settlement.claim(FEE_RECIPIENT);
    }
}

// claimTo
// ├── to is 0 or the contract: BadAddress
// ├── nothing is credited to the caller: NothingToClaim
// └── else: all of it goes to `to`
contract ClaimToTest is ClaimFixture {
    function test_TheRecipientChoosesWhereTo() public {
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.Claimed(FEE_RECIPIENT, bob, FEE);
        uint256 before = token.balanceOf(bob);
        vm.prank(FEE_RECIPIENT);
        assertEq(settlement.claimTo(bob), FEE, "amount");
        assertEq(token.balanceOf(bob) - before, FEE, "balance");
    }

    function test_RevertWhen_TheTargetCannotHoldTokens() public {
        address[2] memory targets = [address(0), address(settlement)];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ISettlement.BadAddress.selector, targets[i]));
            vm.prank(FEE_RECIPIENT);
            settlement.claimTo(targets[i]);
        }
    }

    function test_RevertWhen_NothingIsCreditedToTheCaller() public {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NothingToClaim.selector, alice));
        vm.prank(alice);
        settlement.claimTo(bob);
    }
}

/// @notice A recipient that cannot be paid blocks nobody else (I-18).
contract ClaimBlacklistTest is Batches {
    function setUp() public override {
        super.setUp();
        BlacklistToken hostile = new BlacklistToken();
        deployWith(hostile);
        hostile.blacklist(FEE_RECIPIENT);
    }

    function test_OneBadRecipientBlocksNobodyElse() public {
        uint32 account = openFor(alice, 100 * TOKEN);
        vm.prank(alice);
        settlement.requestWithdrawal(account, 5 * TOKEN);
        Draft memory d = draft();
        addOutcome(d, 1, 0);
        addOutcome(d, 1, 0);
        addOutcome(d, 1, 5 * TOKEN);
        settle(d);
        settlement.claim(alice);
        vm.expectRevert(abi.encodeWithSelector(BlacklistToken.Blacklisted.selector, FEE_RECIPIENT));
        settlement.claim(FEE_RECIPIENT);
        assertEq(settlement.claimable(FEE_RECIPIENT), FEE, "the claim waits");
    }
}
