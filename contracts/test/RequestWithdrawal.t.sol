// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {Batches} from "./support/Batches.sol";
import {vm} from "./support/Vm.sol";

// requestWithdrawal
// ├── the caller is not the owner: NotOwner
// ├── the amount is not in 1 .. 2^62 - 1: AmountOutOfRange
// ├── one waits already: RequestPending
// └── else: queued, and the fee is the fee recipient's to claim
//     └── once a batch consumed it, another may follow
contract RequestWithdrawalTest is Batches {
    uint32 private _account;

    function setUp() public override {
        super.setUp();
        _account = openFor(alice, 100 * TOKEN);
    }

    function test_QueuesAndCreditsTheFee() public {
        uint248 payload = uint248((uint256(3) << 240) | (uint256(_account) << 208) | (uint256(40 * TOKEN) << 144));
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.RequestQueued(2, 3, _account, payload, uint40(START + 1 days));
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.Claimable(FEE_RECIPIENT, FEES, 0, FEE);
        vm.prank(alice);
        assertEq(settlement.requestWithdrawal(_account, 40 * TOKEN), 2, "request");
        assertEq(settlement.claimable(FEE_RECIPIENT), FEE, "claim of the fee recipient");
        assertEq(settlement.totalClaims(), FEE, "claims");
        assertEq(token.balanceOf(address(settlement)), 101 * TOKEN, "vault");
    }

    function test_RevertWhen_CallerIsNotTheOwner() public {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotOwner.selector, _account, bob));
        vm.prank(bob);
        settlement.requestWithdrawal(_account, TOKEN);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotOwner.selector, INSURANCE, bob));
        vm.prank(bob);
        settlement.requestWithdrawal(INSURANCE, TOKEN);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotOwner.selector, 77, bob));
        vm.prank(bob);
        settlement.requestWithdrawal(77, TOKEN);
    }

    function test_RevertWhen_AmountIsOutOfRange() public {
        uint64 most = 2 ** 62 - 1;
        uint64[3] memory amounts = [0, most + 1, type(uint64).max];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ISettlement.AmountOutOfRange.selector, amounts[i], 1, most));
            vm.prank(alice);
            settlement.requestWithdrawal(_account, amounts[i]);
        }
        vm.prank(alice);
        settlement.requestWithdrawal(_account, most);
    }

    function test_RevertWhen_OneWaitsAlready() public {
        vm.prank(alice);
        settlement.requestWithdrawal(_account, TOKEN);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.RequestPending.selector, _account, 2));
        vm.prank(alice);
        settlement.requestWithdrawal(_account, TOKEN);
    }

    function test_AnotherMayFollowOnceItWasConsumed() public {
        vm.prank(alice);
        settlement.requestWithdrawal(_account, TOKEN);
        Draft memory d = draft();
        addOutcome(d, 1, 0);
        addOutcome(d, 1, 0);
        settle(d); // consumes OPEN and DEPOSIT, not the withdrawal
        vm.expectRevert(abi.encodeWithSelector(ISettlement.RequestPending.selector, _account, 2));
        vm.prank(alice);
        settlement.requestWithdrawal(_account, TOKEN);
        d = draft();
        addOutcome(d, 1, TOKEN);
        settle(d);
        vm.prank(alice);
        assertEq(settlement.requestWithdrawal(_account, TOKEN), 3, "request");
    }

    function test_TheFeeRecipientOwnsAccountOne() public {
        _fund(FEE_RECIPIENT);
        vm.prank(FEE_RECIPIENT);
        assertEq(settlement.requestWithdrawal(FEES, TOKEN), 2, "request");
    }

    function test_RevertWhen_TheFeeIsNotApproved() public {
        vm.prank(alice);
        token.approve(address(settlement), FEE - 1);
        vm.expectRevert();
        vm.prank(alice);
        settlement.requestWithdrawal(_account, TOKEN);
        assertEq(settlement.queueLength(), 2, "nothing was queued");
    }
}
