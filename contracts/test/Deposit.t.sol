// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {Fixture} from "./support/Fixture.sol";
import {vm} from "./support/Vm.sol";

// deposit
// ├── the account was never handed out: UnknownAccount
// ├── the amount is not in MIN_DEPOSIT .. what keeps the vault below 2^60: AmountOutOfRange
// └── else: by anyone, to any account, queued and announced
contract DepositTest is Fixture {
    function test_AnyoneMayDepositToAnyAccount() public {
        uint32 account = openFor(alice, MIN_DEPOSIT);
        uint32[3] memory targets = [INSURANCE, FEES, account];
        for (uint64 i = 0; i < 3; ++i) {
            vm.expectEmit(true, true, true, true, address(settlement));
            emit ISettlement.Deposited(2 + i, targets[i], bob, 20 * TOKEN);
            vm.prank(bob);
            assertEq(settlement.deposit(targets[i], 20 * TOKEN), 2 + i, "request");
            (uint248 payload,) = settlement.request(2 + i);
            uint256 expected = (uint256(2) << 240) | (uint256(targets[i]) << 208) | (uint256(20 * TOKEN) << 144);
            assertEq(payload, expected, "payload");
        }
        assertEq(settlement.queuedDeposits(), MIN_DEPOSIT + 60 * TOKEN, "queued deposits");
        assertEq(token.balanceOf(address(settlement)), MIN_DEPOSIT + 60 * TOKEN, "vault");
    }

    function test_RevertWhen_AccountIsUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.UnknownAccount.selector, 2));
        vm.prank(alice);
        settlement.deposit(2, MIN_DEPOSIT);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.UnknownAccount.selector, type(uint32).max));
        vm.prank(alice);
        settlement.deposit(type(uint32).max, MIN_DEPOSIT);
    }

    function test_RevertWhen_AmountIsBelowTheMinimum() public {
        vm.prank(alice);
        settlement.deposit(INSURANCE, MIN_DEPOSIT);
        uint256 most = 2 ** 60 - 1 - MIN_DEPOSIT;
        uint64[2] memory amounts = [MIN_DEPOSIT - 1, 0];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(ISettlement.AmountOutOfRange.selector, amounts[i], MIN_DEPOSIT, most)
            );
            vm.prank(alice);
            settlement.deposit(INSURANCE, amounts[i]);
        }
    }

    /// @dev Every account's collateral stays provable only while the vault as a whole is far below 2^62.
    function test_RevertWhen_VaultWouldReachItsBound() public {
        uint64 most = 2 ** 60 - 1;
        token.mint(alice, uint256(most) + 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.AmountOutOfRange.selector, most + 1, MIN_DEPOSIT, most));
        vm.prank(alice);
        settlement.deposit(INSURANCE, most + 1);
        vm.prank(alice);
        settlement.deposit(INSURANCE, most);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.AmountOutOfRange.selector, MIN_DEPOSIT, MIN_DEPOSIT, 0));
        vm.prank(alice);
        settlement.deposit(INSURANCE, MIN_DEPOSIT);
    }

    function test_RevertWhen_DonationsFilledTheVault() public {
        token.mint(address(settlement), 2 ** 60);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.AmountOutOfRange.selector, MIN_DEPOSIT, MIN_DEPOSIT, 0));
        vm.prank(alice);
        settlement.deposit(INSURANCE, MIN_DEPOSIT);
    }
}
