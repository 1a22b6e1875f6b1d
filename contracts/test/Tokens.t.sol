// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Settlement} from "../src/Settlement.sol";
import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {BurnableByAllToken, FalseToken, FeeToken, ReentrantToken, WideToken} from "./doubles/Tokens.sol";
import {Batches} from "./support/Batches.sol";
import {vm} from "./support/Vm.sol";

// Tokens that do not do what they are asked (T6)
// ├── one that keeps a part: TokenAmountMismatch wherever tokens come in
// ├── one that answers false: refused by SafeERC20
// ├── one that calls back: refused by the guard, at every entry point
// ├── one that loses the vault's balance: VaultShort, and no batch settles
// └── one with other decimals: refused at construction
contract TokensTest is Batches {
    function test_RevertWhen_TheTokenKeepsAPart() public {
        deployWith(new FeeToken());
        bytes memory short = abi.encodeWithSelector(
            ISettlement.TokenAmountMismatch.selector, MIN_DEPOSIT, MIN_DEPOSIT - MIN_DEPOSIT / 1000
        );
        vm.expectRevert(short);
        openFor(alice, MIN_DEPOSIT);
        vm.expectRevert(short);
        vm.prank(alice);
        settlement.deposit(INSURANCE, MIN_DEPOSIT);
        _fund(FEE_RECIPIENT);
        bytes memory shortFee = abi.encodeWithSelector(ISettlement.TokenAmountMismatch.selector, FEE, FEE - FEE / 1000);
        vm.expectRevert(shortFee);
        vm.prank(FEE_RECIPIENT);
        settlement.requestWithdrawal(FEES, TOKEN);
        vm.expectRevert(shortFee);
        vm.prank(FEE_RECIPIENT);
        settlement.authorizeAgent(FEES, bob, NEVER);
    }

    function test_RevertWhen_TheTokenAnswersFalse() public {
        FalseToken hostile = new FalseToken();
        deployWith(hostile);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(hostile)));
        openFor(alice, MIN_DEPOSIT);
    }

    function test_RevertWhen_TheTokenCallsBack() public {
        ReentrantToken hostile = new ReentrantToken();
        deployWith(hostile);
        openFor(alice, MIN_DEPOSIT);
        ISettlement.Deployment memory listed = deployment();
        Draft memory d = draft();
        bytes[11] memory calls = [
            abi.encodeCall(Settlement.open, (bob, MIN_DEPOSIT)),
            abi.encodeCall(Settlement.deposit, (INSURANCE, MIN_DEPOSIT)),
            abi.encodeCall(Settlement.requestWithdrawal, (FEES, TOKEN)),
            abi.encodeCall(Settlement.authorizeAgent, (FEES, bob, NEVER)),
            abi.encodeCall(Settlement.revokeAgent, (FEES, bob)),
            abi.encodeCall(Settlement.requestClose, (FEES, 0, 1)),
            abi.encodeCall(Settlement.liquidate, (2, 0, 1, FEES)),
            abi.encodeCall(Settlement.queueMarket, (0, listed.markets[0])),
            abi.encodeCall(Settlement.settle, (d.header, d.reports, d.entries, d.fills, d.outcomes, d.proof)),
            abi.encodeCall(Settlement.claim, (FEE_RECIPIENT)),
            abi.encodeCall(Settlement.claimTo, (bob))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            hostile.arm(address(settlement), calls[i]);
            vm.expectRevert(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
            vm.prank(alice);
            settlement.deposit(INSURANCE, MIN_DEPOSIT);
        }
    }

    function test_C8_RevertWhen_TheVaultWasRobbed() public {
        BurnableByAllToken hostile = new BurnableByAllToken();
        deployWith(hostile);
        openFor(alice, 100 * TOKEN);
        hostile.burn(address(settlement), 1);
        Draft memory d = draft();
        vm.expectRevert(abi.encodeWithSelector(ISettlement.VaultShort.selector, 100 * TOKEN - 1, 100 * TOKEN));
        settle(d);
        hostile.mint(address(settlement), 1);
        settle(d);
    }

    /// @dev A bond is owed from the moment it arrives: to the queue, then to the keeper or the fund.
    function test_C8_RevertWhen_ABondWasRobbed() public {
        BurnableByAllToken hostile = new BurnableByAllToken();
        deployWith(hostile);
        uint32 account = openFor(alice, 100 * TOKEN);
        uint32 taker = openFor(bob, 100 * TOKEN);
        drain();
        hostile.burn(address(settlement), 200 * TOKEN); // what batches took is owed by the state, not by the ledger
        vm.prank(bob);
        settlement.liquidate(account, 0, 1, taker);
        hostile.burn(address(settlement), 1);
        bytes memory short = abi.encodeWithSelector(ISettlement.VaultShort.selector, BOND - 1, BOND);
        Draft[3] memory drafts = [draft(), draftOutcome(1, 1), draftOutcome(3, 0)];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(short);
            settle(drafts[i]);
        }
        hostile.mint(address(settlement), 1);
        settle(drafts[2]);
    }

    function test_C8_RevertWhen_ABatchCreditsMoreThanTheVaultHolds() public {
        uint32 account = openFor(alice, 100 * TOKEN);
        Draft memory d = draft();
        addWithdrawal(d, ALICE_KEY, account, 1, alice, 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.VaultShort.selector, 100 * TOKEN, 100 * TOKEN + 1));
        settle(d); // the verifier's double believes it; the deposit still waits in the queue
        addOutcome(d, 1, 0);
        addOutcome(d, 1, 0);
        settle(d);
    }

    function test_RevertWhen_TheTokenHasOtherDecimals() public {
        ISettlement.Deployment memory d = deployment();
        d.token = address(new WideToken());
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadAddress.selector, d.token));
        new Settlement(d);
    }
}
