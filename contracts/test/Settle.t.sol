// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Settlement} from "../src/Settlement.sol";
import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {Batches} from "./support/Batches.sol";
import {vm} from "./support/Vm.sol";

// settle, when nothing is wrong
// ├── an empty batch: number, root, time, marks move; nothing else
// ├── the words shown to the verifier are those of docs/encoding.md
// │   ├── with orders, cancels, withdrawals, fills and requests
// │   ├── with risk entries, whose signer is 0
// │   └── in another shape
// ├── a signed withdrawal credits its recipient
// ├── a forced withdrawal credits the owner
// ├── a deposit leaves the queue
// └── anyone may call
contract SettleTest is Batches {
    function test_EmptyBatchMovesNumberRootTimeAndMarks() public {
        vm.warp(START + 5);
        Draft memory d = draft();
        tiny.expect(expectedInputs(d));
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.BatchSettled(1, d.header.newRoot, TINY, uint40(START + 5), 0, 0, 0);
        settle(d);
        assertEq(settlement.batchNumber(), 1, "number");
        assertEq(settlement.stateRoot(), d.header.newRoot, "root");
        assertEq(settlement.lastTimestamp(), START + 5, "time");
        uint32[] memory marks = settlement.marks();
        assertEq(marks[0], 30_000, "ETH mark");
        assertEq(marks[1], 60_000, "BTC mark");
        assertEq(settlement.totalClaims(), 0, "claims");
    }

    function test_C1_WordsAreThoseOfTheEncoding() public {
        uint32 first = openFor(alice, 500 * TOKEN);
        uint32 second = openFor(bob, 500 * TOKEN);
        Draft memory d = draft();
        d.header.fundingSteps[0] = -7;
        d.header.fundingSteps[1] = 2 ** 55 - 1;
        addOrder(d, ALICE_KEY, orderWord(first, 0, BUY_GTC, 10, 30_010, 1));
        addWithdrawal(d, ALICE_KEY, first, 3 * TOKEN, address(0xCAFE), 2);
        addOrder(d, BOB_KEY, orderWord(second, 0, SELL_IOC, 10, 29_990, 1));
        addCancel(d, BOB_KEY, second, 1, 5);
        addFill(d, 0, 2, 4);
        addFill(d, 0, 2, 5);
        addFill(d, 1, 3, 2 ** 48 - 1);
        addFill(d, type(uint16).max, 2, 1);
        for (uint256 i = 0; i < 4; ++i) {
            addOutcome(d, 1, 0);
        }
        settleExpecting(d);
        assertEq(settlement.queueHead(), 4, "queue head");
        assertEq(settlement.queuedDeposits(), 0, "queued deposits");
        assertEq(settlement.claimable(address(0xCAFE)), 3 * TOKEN, "claim of the recipient");
    }

    function test_C1_C7_WordsOfRiskEntries() public {
        uint32 first = openFor(alice, 500 * TOKEN);
        drain();
        Draft memory d = draft();
        addRisk(d, word(INSURANCE, 0, RISK, (uint256(5) << 32) | 30_000, NEVER, 1)); // the fund buys back
        addOrder(d, ALICE_KEY, orderWord(first, 0, SELL_IOC, 5, 30_000, 1));
        addRisk(d, word(first, 1, RISK + 2, 0, NEVER, 2)); // is absorbed
        addRisk(d, word(first, 1, RISK + 3, uint256(9) << 32, NEVER, 3) | 77); // takes over from account 77
        addFill(d, 1, 0, 5);
        settleExpecting(d);
        assertEq(settlement.totalClaims(), 0, "claims");
    }

    function test_C1_WordsOfALargerShape() public {
        uint32 first = openFor(alice, 500 * TOKEN);
        Draft memory d = draft();
        d.header.shape = SMALL;
        for (uint40 nonce = 1; nonce <= 20; ++nonce) {
            addOrder(d, ALICE_KEY, orderWord(first, uint8(nonce & 1), uint8(0x40 + (nonce & 15)), nonce, 7, nonce));
            addFill(d, uint16(nonce), 3, nonce);
        }
        addOutcome(d, 1, 0);
        addOutcome(d, 1, 0);
        settleExpecting(d);
    }

    function test_ASignedWithdrawalCreditsItsRecipient() public {
        uint32 account = openFor(alice, 500 * TOKEN);
        Draft memory d = draft();
        addWithdrawal(d, ALICE_KEY, account, 7 * TOKEN, bob, 1);
        addOutcome(d, 1, 0);
        addOutcome(d, 1, 0);
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.Claimable(bob, account, 1, 7 * TOKEN);
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.BatchSettled(1, d.header.newRoot, TINY, uint40(START), 1, 0, 2);
        settle(d);
        assertEq(settlement.claimable(bob), 7 * TOKEN, "claim");
        assertEq(settlement.totalClaims(), 7 * TOKEN, "claims");
    }

    function test_AForcedWithdrawalCreditsTheOwner() public {
        uint32 account = openFor(alice, 500 * TOKEN);
        vm.prank(alice);
        settlement.requestWithdrawal(account, 50 * TOKEN);
        Draft memory d = draft();
        addOutcome(d, 1, 0);
        addOutcome(d, 1, 0);
        addOutcome(d, 1, 30 * TOKEN);
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.RequestResolved(0, 1, 1, 0);
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.RequestResolved(1, 1, 1, 0);
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.Claimable(alice, account, 1, 30 * TOKEN);
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.RequestResolved(2, 1, 1, 30 * TOKEN);
        settle(d);
        assertEq(settlement.claimable(alice), 30 * TOKEN, "claim");
        assertEq(settlement.queueHead(), 3, "queue head");
    }

    function test_AForcedWithdrawalMayPayNothing() public {
        uint32 account = openFor(alice, 500 * TOKEN);
        vm.prank(alice);
        settlement.requestWithdrawal(account, 50 * TOKEN);
        Draft memory d = draft();
        for (uint256 i = 0; i < 3; ++i) {
            addOutcome(d, 1, 0);
        }
        settle(d);
        assertEq(settlement.claimable(alice), 0, "claim");
    }

    function test_AQueueIsConsumedInParts() public {
        openFor(alice, 500 * TOKEN);
        Draft memory d = draft();
        addOutcome(d, 1, 0);
        settleExpecting(d);
        assertEq(settlement.queuedDeposits(), 500 * TOKEN, "the deposit still waits");
        d = draft();
        addOutcome(d, 1, 0);
        settleExpecting(d);
        assertEq(settlement.queuedDeposits(), 0, "the deposit was consumed");
    }

    function test_TheSmallestDepositLeavesTheQueue() public {
        ISettlement.Deployment memory d = deployment();
        d.parameters.minDepositE6 = 1;
        settlement = new Settlement(d);
        vm.prank(alice);
        token.approve(address(settlement), 1);
        vm.prank(alice);
        settlement.deposit(INSURANCE, 1);
        assertEq(settlement.queuedDeposits(), 1, "the deposit waits");
        settleOutcome(1, 0);
        assertEq(settlement.queuedDeposits(), 0, "the deposit was consumed");
    }

    function test_AnyoneMayCall() public {
        Draft memory d = draft();
        vm.prank(address(0xD06));
        settle(d);
        assertEq(settlement.batchNumber(), 1, "number");
    }
}
