// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {Batches} from "./support/Batches.sol";
import {vm} from "./support/Vm.sol";

// the queue under attack
// ├── deposits into one account are the only requests that may wait in any number: all of a batch's rows are theirs
// ├── of every other kind one waits, whoever asks and however often
// └── refused takeovers add one deposit each, once
contract QueueTest is Batches {
    uint256 private constant HOSTILE = 1_000;
    uint256 private constant ROWS = 16; // of the shape `small`

    uint32 private _account;
    uint32 private _honest;

    function setUp() public override {
        super.setUp();
        _account = openFor(alice, 100 * TOKEN);
        _honest = openFor(bob, 100 * TOKEN);
        drain();
    }

    /// @dev An honest withdrawal behind them is paid by the batch that its place in the queue gives it.
    function test_C9_AThousandRequestsOnOneAccountDelayByTheirNumberAlone() public {
        vm.prank(alice);
        settlement.requestWithdrawal(_account, TOKEN);
        vm.prank(bob);
        settlement.liquidate(_account, 0, 1, _honest);
        for (uint256 i = 2; i < HOSTILE; ++i) {
            vm.prank(alice);
            settlement.deposit(_account, MIN_DEPOSIT);
        }
        uint32 other = openFor(bob, 100 * TOKEN);
        vm.prank(bob);
        uint64 id = settlement.requestWithdrawal(other, TOKEN);
        uint256 batches = 0;
        for (; settlement.queueHead() <= id; ++batches) {
            _settleFull();
        }
        assertEq(batches, (HOSTILE + 3 + ROWS - 1) / ROWS, "batches until it is paid");
        assertEq(settlement.claimable(bob), TOKEN + BOND, "what the honest one may claim");
        assertEq(settlement.queuedDeposits(), 0, "queued deposits");
    }

    function test_C9_NoOtherKindWaitsTwice() public {
        uint256 length = settlement.queueLength();
        vm.prank(alice);
        settlement.requestClose(_account, 0, 1);
        vm.prank(alice);
        settlement.authorizeAgent(_account, bob, NEVER);
        vm.prank(bob);
        settlement.liquidate(_account, 0, 1, _honest);
        for (uint256 i = 0; i < 3; ++i) {
            vm.prank(alice);
            vm.expectPartialRevert(ISettlement.RequestPending.selector);
            settlement.requestWithdrawal(_account, TOKEN);
            vm.prank(alice);
            vm.expectPartialRevert(ISettlement.RequestPending.selector);
            settlement.authorizeAgent(_account, bob, NEVER);
            uint32 taker = openFor(bob, MIN_DEPOSIT);
            vm.prank(bob);
            vm.expectPartialRevert(ISettlement.RequestPending.selector);
            settlement.liquidate(_account, 0, 1, taker);
        }
        assertEq(settlement.queueLength(), length + 3 + 6, "three requests, and three accounts that were opened");
    }

    /// @dev Work for a bond: the takeover and the deposit that becomes of it, and nothing after that.
    function test_C9_RefusedTakeoversEndAfterTwoRounds() public {
        uint32[] memory takers = new uint32[](ROWS);
        uint32[] memory targets = new uint32[](ROWS);
        for (uint256 i = 0; i < ROWS; ++i) {
            (takers[i], targets[i]) = (openFor(bob, MIN_DEPOSIT), openFor(alice, MIN_DEPOSIT));
        }
        drain();
        uint64 head = settlement.queueHead();
        for (uint256 i = 0; i < ROWS; ++i) {
            vm.prank(bob);
            settlement.liquidate(targets[i], 0, 1, takers[i]);
        }
        Draft memory d = draft();
        d.header.shape = SMALL;
        for (uint256 i = 0; i < ROWS; ++i) {
            addOutcome(d, 3, 0);
        }
        settle(d);
        assertEq(settlement.queueLength(), head + 2 * ROWS, "a deposit each");
        _settleFull();
        assertEq(settlement.queueLength(), settlement.queueHead(), "and no more");
    }

    /// @dev As many requests as fit: a WITHDRAW pays what it asks for, a LIQUIDATE has nothing to do.
    function _settleFull() private {
        Draft memory d = draft();
        d.header.shape = SMALL;
        uint64 head = settlement.queueHead();
        for (uint64 id = head; id < settlement.queueLength() && id < head + ROWS; ++id) {
            (uint248 payload,) = settlement.request(id);
            uint8 kind = uint8(payload >> 240);
            addOutcome(d, kind == 5 ? 2 : 1, kind == 3 ? uint64(payload >> 144) : 0);
        }
        settle(d);
    }
}
