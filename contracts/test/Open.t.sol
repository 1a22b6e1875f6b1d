// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {Fixture} from "./support/Fixture.sol";
import {vm} from "./support/Vm.sol";

// open
// ├── the owner is 0 or the contract: BadAddress
// ├── every number is taken: TreeFull
// ├── the amount is below the minimum, or the vault would reach 2^60: AmountOutOfRange
// └── else
//     ├── numbers go up by one, and the owner is recorded
//     ├── OPEN and DEPOSIT are queued, with events
//     └── the tokens are in the vault
contract OpenTest is Fixture {
    function test_NumbersGoUpAndOwnersAreRecorded() public {
        assertEq(settlement.accountCount(), 2, "accounts at the start");
        assertEq(settlement.owner(INSURANCE), address(0), "owner of account 0");
        assertEq(settlement.owner(FEES), FEE_RECIPIENT, "owner of account 1");
        assertEq(openFor(alice, MIN_DEPOSIT), 2, "first account");
        assertEq(openFor(bob, MIN_DEPOSIT), 3, "second account");
        assertEq(openFor(alice, MIN_DEPOSIT), 4, "an owner may have several");
        assertEq(settlement.owner(3), bob, "owner of account 3");
        assertEq(settlement.owner(5), address(0), "owner of a number not handed out");
        assertEq(settlement.accountCount(), 5, "accounts at the end");
    }

    function test_QueuesOpenAndThenDeposit() public {
        uint40 deadline = uint40(START + 1 days);
        uint248 opening = uint248((uint256(1) << 240) | (uint256(2) << 208) | (uint256(uint160(bob)) << 48));
        uint248 deposit = uint248((uint256(2) << 240) | (uint256(2) << 208) | (uint256(MIN_DEPOSIT) << 144));
        _expect();
        emit ISettlement.AccountOpened(2, bob);
        _expect();
        emit ISettlement.RequestQueued(0, 1, 2, opening, deadline);
        _expect();
        emit ISettlement.RequestQueued(1, 2, 2, deposit, deadline);
        _expect();
        emit ISettlement.Deposited(1, 2, alice, MIN_DEPOSIT);
        vm.prank(alice);
        (uint32 account, uint64 request) = settlement.open(bob, MIN_DEPOSIT);
        assertEq(account, 2, "account");
        assertEq(request, 1, "the request returned is the deposit");
        assertEq(settlement.queueLength(), 2, "queue length");
        assertEq(settlement.queueHead(), 0, "queue head");
        (uint248 payload, uint40 until) = settlement.request(0);
        assertEq(payload, opening, "payload of OPEN");
        assertEq(until, deadline, "deadline of OPEN");
        (payload,) = settlement.request(1);
        assertEq(payload, deposit, "payload of DEPOSIT");
        (payload,) = settlement.request(2);
        assertEq(payload, 0, "a request that does not exist");
    }

    function test_TokensAreInTheVault() public {
        openFor(alice, 25 * TOKEN);
        assertEq(token.balanceOf(address(settlement)), 25 * TOKEN, "vault");
        assertEq(settlement.queuedDeposits(), 25 * TOKEN, "queued deposits");
    }

    function test_RevertWhen_OwnerIsNobodyOrTheContract() public {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadAddress.selector, address(0)));
        settlement.open(address(0), MIN_DEPOSIT);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadAddress.selector, address(settlement)));
        settlement.open(address(settlement), MIN_DEPOSIT);
    }

    function test_RevertWhen_EveryNumberIsTaken() public {
        _setAccountCount(2 ** 24 - 1);
        assertEq(openFor(alice, MIN_DEPOSIT), 2 ** 24 - 1, "the last number");
        vm.expectRevert(abi.encodeWithSelector(ISettlement.TreeFull.selector, 2 ** 24));
        vm.prank(alice);
        settlement.open(alice, MIN_DEPOSIT);
    }

    function test_RevertWhen_AmountIsBelowTheMinimum() public {
        uint256 most = 2 ** 60 - 1;
        vm.expectRevert(
            abi.encodeWithSelector(ISettlement.AmountOutOfRange.selector, MIN_DEPOSIT - 1, MIN_DEPOSIT, most)
        );
        vm.prank(alice);
        settlement.open(alice, MIN_DEPOSIT - 1);
    }

    function testFuzz_VaultHoldsWhatWasDeposited(uint64 amountE6) public {
        amountE6 = uint64(bound(amountE6, MIN_DEPOSIT, 1_000_000 * uint256(TOKEN)));
        openFor(alice, amountE6);
        assertEq(token.balanceOf(address(settlement)), amountE6, "vault");
        assertEq(settlement.queuedDeposits(), amountE6, "queued deposits");
    }

    function _expect() private {
        vm.expectEmit(true, true, true, true, address(settlement));
    }

    /// @dev Storage slot of `accountCount`, its top 32 bits; the view proves that it is the right one.
    function _setAccountCount(uint256 count) private {
        bytes32 slot = bytes32(uint256(5));
        uint256 others = uint256(vm.load(address(settlement), slot)) & (2 ** 224 - 1);
        vm.store(address(settlement), slot, bytes32((count << 224) | others));
        assertEq(settlement.accountCount(), count, "accountCount moved in storage");
    }
}
