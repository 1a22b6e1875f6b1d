// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {FeeToken} from "./doubles/Tokens.sol";
import {Batches} from "./support/Batches.sol";
import {vm} from "./support/Vm.sol";

abstract contract LiquidateFixture is Batches {
    uint40 internal constant MOST = type(uint40).max;
    /// @dev Alice's, to be liquidated; bob's, who takes over.
    uint32 internal account;
    uint32 internal taker;

    function setUp() public virtual override {
        super.setUp();
        account = openFor(alice, 100 * TOKEN);
        taker = openFor(bob, 100 * TOKEN);
        drain();
    }

    function liquidate(uint8 market, uint64 maxLots) internal returns (uint64) {
        vm.prank(bob);
        return settlement.liquidate(account, market, maxLots, taker);
    }

    /// @dev Bob asks, is refused for this reason, and has lost nothing.
    function refuse(uint32 subject, uint8 market, uint64 maxLots, uint32 by, bytes memory reason) internal {
        uint256[4] memory before = _standing();
        vm.expectRevert(reason);
        vm.prank(bob);
        settlement.liquidate(subject, market, maxLots, by);
        uint256[4] memory afterwards = _standing();
        for (uint256 i = 0; i < 4; ++i) {
            assertEq(afterwards[i], before[i], "nothing was taken or queued");
        }
    }

    function _standing() private view returns (uint256[4] memory) {
        return [
            settlement.queueLength(),
            settlement.queuedBonds(),
            token.balanceOf(bob),
            token.allowance(bob, address(settlement))
        ];
    }
}

// liquidate
// ├── no such account, or the insurance fund: UnknownAccount
// ├── the taker is not the caller's: NotOwner
// ├── account and taker have one owner: SameOwner
// ├── no such market: UnknownMarket
// ├── lots not in 1 .. 2^40 - 1, or a full vault: AmountOutOfRange
// ├── a LIQUIDATE of the account waits, or a request of the taker's own: RequestPending
// ├── the bond is not there: the token's own error; another amount arrives: TokenAmountMismatch
// └── else: queued and announced, and the vault holds the bond
contract LiquidateTest is LiquidateFixture {
    function test_QueuesAndTakesTheBond() public {
        uint256 body = (uint256(1) << 200) | (uint256(77) << 160) | (uint256(taker) << 128);
        uint248 payload = uint248((uint256(5) << 240) | (uint256(account) << 208) | body);
        uint256 before = token.balanceOf(bob);
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.RequestQueued(4, 5, account, payload, uint40(START + 1 days));
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.LiquidationRequested(4, account, taker, 1, 77);
        assertEq(liquidate(1, 77), 4, "request");
        (uint248 stored,) = settlement.request(4);
        assertEq(stored, payload, "payload");
        assertEq(token.balanceOf(bob), before - BOND, "the keeper's tokens");
        assertEq(settlement.queuedBonds(), BOND, "queued bonds");
        assertEq(settlement.queuedDeposits(), 0, "queued deposits");
        assertEq(settlement.totalClaims(), 0, "no fee besides the bond");
        _assertPending(account, 0, 5);
        _assertPending(taker, 5, 0);
    }

    function test_TheWidestRequest() public {
        liquidate(0, MOST);
        (uint248 stored,) = settlement.request(4);
        assertEq(uint40(stored >> 160), MOST, "lots");
    }

    function test_RevertWhen_TheAccountIsUnknown() public {
        uint32[3] memory unknown = [INSURANCE, taker + 1, type(uint32).max];
        for (uint256 i = 0; i < 3; ++i) {
            refuse(unknown[i], 0, 1, taker, abi.encodeWithSelector(ISettlement.UnknownAccount.selector, unknown[i]));
        }
    }

    function test_RevertWhen_TheTakerIsNotTheCallers() public {
        uint32[4] memory takers = [account, INSURANCE, FEES, taker + 1];
        for (uint256 i = 0; i < 4; ++i) {
            bytes memory reason = abi.encodeWithSelector(ISettlement.NotOwner.selector, takers[i], bob);
            refuse(account, 0, 1, takers[i], reason);
        }
    }

    function test_RevertWhen_OneOwnerHasBoth() public {
        uint32 second = openFor(bob, 100 * TOKEN);
        refuse(second, 0, 1, taker, abi.encodeWithSelector(ISettlement.SameOwner.selector, second, taker));
        refuse(taker, 0, 1, taker, abi.encodeWithSelector(ISettlement.SameOwner.selector, taker, taker));
    }

    function test_RevertWhen_TheMarketIsUnknown() public {
        refuse(account, 2, 1, taker, abi.encodeWithSelector(ISettlement.UnknownMarket.selector, 2));
        refuse(account, 255, 1, taker, abi.encodeWithSelector(ISettlement.UnknownMarket.selector, 255));
    }

    function test_RevertWhen_LotsAreNoneOrTooMany() public {
        uint64[3] memory refused = [0, uint64(MOST) + 1, type(uint64).max];
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory reason = abi.encodeWithSelector(ISettlement.AmountOutOfRange.selector, refused[i], 1, MOST);
            refuse(account, 0, refused[i], taker, reason);
        }
    }

    function test_RevertWhen_TheBondIsNotApproved() public {
        vm.prank(bob);
        token.approve(address(settlement), BOND - 1);
        bytes memory reason = abi.encodeWithSignature(
            "ERC20InsufficientAllowance(address,uint256,uint256)", address(settlement), BOND - 1, BOND
        );
        refuse(account, 0, 1, taker, reason);
    }

    function test_RevertWhen_TheBondIsNotThere() public {
        uint256 held = token.balanceOf(bob);
        vm.prank(bob);
        token.transfer(address(0xCA401), held - BOND + 1);
        bytes memory reason =
            abi.encodeWithSignature("ERC20InsufficientBalance(address,uint256,uint256)", bob, BOND - 1, BOND);
        refuse(account, 0, 1, taker, reason);
    }

    function test_RevertWhen_TheTokenDeliversLess() public {
        vm.etch(address(token), address(new FeeToken()).code); // it begins to keep a part
        bytes memory reason = abi.encodeWithSelector(ISettlement.TokenAmountMismatch.selector, BOND, BOND - BOND / 1000);
        refuse(account, 0, 1, taker, reason);
    }

    /// @dev Bonds may become deposits, so they obey the bound that keeps every sum of deposits in the circuit's range.
    function test_RevertWhen_TheVaultIsFull() public {
        uint256 room = 2 ** 60 - 1 - token.balanceOf(address(settlement));
        token.mint(address(settlement), room - BOND + 1);
        bytes memory reason = abi.encodeWithSelector(ISettlement.AmountOutOfRange.selector, BOND, BOND, BOND - 1);
        refuse(account, 0, 1, taker, reason);
    }

    function _assertPending(uint32 of_, uint64 own, uint64 targeted) private view {
        (uint64 actualOwn, uint64 actualTargeted) = settlement.pendingRisk(of_);
        assertEq(actualOwn, own, "own");
        assertEq(actualTargeted, targeted, "targeted");
    }
}

// the two slots of an account
// ├── own: WITHDRAW, CLOSE, taker of a LIQUIDATE: one of them at a time
// ├── targeted: one LIQUIDATE of the account, by anyone
// ├── neither holds the other up, and AGENT neither
// └── both are free once a batch consumed the request
contract PendingRiskTest is LiquidateFixture {
    function test_RevertWhen_ALiquidationOfTheAccountWaits() public {
        liquidate(0, 5);
        uint32 third = openFor(bob, 100 * TOKEN);
        refuse(account, 1, 5, third, abi.encodeWithSelector(ISettlement.RequestPending.selector, account, 4));
    }

    function test_RevertWhen_ARequestOfTheTakerWaits() public {
        uint32 third = openFor(alice, 100 * TOKEN);
        liquidate(0, 5);
        refuse(third, 0, 5, taker, abi.encodeWithSelector(ISettlement.RequestPending.selector, taker, 6));
    }

    function test_RevertWhen_TheTakerWithdrawsOrCloses() public {
        vm.prank(bob);
        settlement.requestWithdrawal(taker, TOKEN);
        refuse(account, 0, 5, taker, abi.encodeWithSelector(ISettlement.RequestPending.selector, taker, 4));
        settleOutcome(1, 0);
        vm.prank(bob);
        settlement.requestClose(taker, 0, 5);
        refuse(account, 0, 5, taker, abi.encodeWithSelector(ISettlement.RequestPending.selector, taker, 5));
    }

    function test_RevertWhen_ATakerWantsToLeave() public {
        liquidate(0, 5);
        bytes memory pending = abi.encodeWithSelector(ISettlement.RequestPending.selector, taker, 4);
        vm.expectRevert(pending);
        vm.prank(bob);
        settlement.requestWithdrawal(taker, TOKEN);
        vm.expectRevert(pending);
        vm.prank(bob);
        settlement.requestClose(taker, 0, 5);
    }

    function test_ALiquidationHoldsNoOwnerUp() public {
        liquidate(0, 5);
        vm.prank(alice);
        settlement.requestWithdrawal(account, TOKEN);
        vm.prank(alice);
        settlement.authorizeAgent(account, bob, NEVER);
        assertEq(settlement.queueLength(), 7, "queue");
    }

    function test_AnOwnerKeepsNoKeeperAway() public {
        vm.prank(alice);
        settlement.requestClose(account, 0, 5);
        vm.prank(alice);
        settlement.authorizeAgent(account, bob, NEVER);
        assertEq(liquidate(0, 5), 6, "request");
    }

    /// @dev A taker may itself be liquidated: its own requests do not protect it.
    function test_ATakerCanBeTargeted() public {
        liquidate(0, 5);
        vm.prank(alice);
        settlement.liquidate(taker, 0, 5, account);
        (uint64 own, uint64 targeted) = settlement.pendingRisk(account);
        assertEq(own, 6, "alice's account takes");
        assertEq(targeted, 5, "and is targeted");
    }

    function test_BothAreFreeOnceItWasConsumed() public {
        liquidate(0, 5);
        settleOutcome(3, 0);
        (uint64 own, uint64 targeted) = settlement.pendingRisk(account);
        assertEq(own + targeted, 0, "nothing waits for the account");
        (own, targeted) = settlement.pendingRisk(taker);
        assertEq(own + targeted, 0, "nothing waits for the taker");
        assertEq(liquidate(0, 5), 6, "another request; 5 is the lost bond");
    }
}

// settle, what becomes of a bond
// ├── EXECUTED, NOTHING_TO_DO: a claim of the taker's owner
// ├── NOT_LIQUIDATABLE, TAKER_UNFIT: a DEPOSIT request to the insurance fund, which a later batch consumes
// └── any other outcome, or lots that do not fit: BadOutcome
contract BondTest is LiquidateFixture {
    function test_TheBondComesBackWithATakeover() public {
        _comesBack(1, 5);
    }

    function test_TheBondComesBackWhenThereIsNothingToDo() public {
        _comesBack(2, 0);
    }

    function test_TheBondOfAHealthyAccountGoesToTheFund() public {
        _goesToTheFund(3);
    }

    function test_TheBondOfAnUnfitTakerGoesToTheFund() public {
        _goesToTheFund(4);
    }

    function test_C9_RevertWhen_TheOutcomeIsNotOfItsKind() public {
        uint64 id = liquidate(0, 5);
        uint8[9] memory codes = [0, 5, 6, 255, 1, 1, 2, 3, 4];
        uint64[9] memory lots = [uint64(0), 0, 0, 0, 0, 6, 1, 1, 1];
        for (uint256 i = 0; i < 9; ++i) {
            refuseOutcome(id, codes[i], lots[i]);
        }
        settleOutcome(1, 1);
    }

    /// @dev One batch, one bond of each kind: every one goes its own way.
    function test_C8_BondsOfOneBatchDoNotMix() public {
        uint32[4] memory accounts = [account, uint32(0), 0, 0];
        uint32[4] memory takers = [taker, uint32(0), 0, 0];
        for (uint256 i = 1; i < 4; ++i) {
            accounts[i] = openFor(alice, 100 * TOKEN);
            takers[i] = openFor(bob, 100 * TOKEN);
        }
        drain();
        for (uint256 i = 0; i < 4; ++i) {
            vm.prank(bob);
            settlement.liquidate(accounts[i], 0, 9, takers[i]);
        }
        assertEq(settlement.queuedBonds(), 4 * uint256(BOND), "queued bonds");
        Draft memory d = draft();
        addOutcome(d, 1, 9);
        addOutcome(d, 4, 0);
        addOutcome(d, 2, 0);
        addOutcome(d, 3, 0);
        settleExpecting(d);
        assertEq(settlement.claimable(bob), 2 * uint256(BOND), "claim of the keeper");
        assertEq(settlement.queuedDeposits(), 2 * uint256(BOND), "deposits of the fund");
        assertEq(settlement.queuedBonds(), 0, "queued bonds");
        assertEq(settlement.queueLength() - settlement.queueHead(), 2, "two deposits wait");
    }

    /// @dev What arrives in the same batch stays in the queue behind it: a batch never consumes what it makes.
    function test_RevertWhen_ABatchConsumesTheDepositItMakes() public {
        uint64 id = liquidate(0, 5);
        Draft memory d = draft();
        addOutcome(d, 3, 0);
        addOutcome(d, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.RequestsOverrun.selector, id + 2, id + 1));
        settle(d);
    }

    function _comesBack(uint8 code, uint64 lots) private {
        uint64 id = liquidate(0, 5);
        uint256 before = token.balanceOf(bob);
        Draft memory d = draftOutcome(code, lots);
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.Claimable(bob, taker, d.header.number, BOND);
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.RequestResolved(id, d.header.number, code, lots);
        settle(d);
        assertEq(settlement.queuedBonds(), 0, "queued bonds");
        assertEq(settlement.queuedDeposits(), 0, "queued deposits");
        assertEq(settlement.claim(bob), BOND, "claim");
        assertEq(token.balanceOf(bob), before + BOND, "the keeper's tokens");
    }

    function _goesToTheFund(uint8 code) private {
        uint64 id = liquidate(0, 5);
        uint248 payload = uint248((uint256(2) << 240) | (uint256(BOND) << 144));
        vm.warp(START + 60);
        Draft memory d = draftOutcome(code, 0);
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.RequestQueued(id + 1, 2, INSURANCE, payload, uint40(START + 60 + 1 days));
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.Deposited(id + 1, INSURANCE, bob, BOND);
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.RequestResolved(id, d.header.number, code, 0);
        settle(d);
        assertEq(settlement.claimable(bob), 0, "claim of the keeper");
        assertEq(settlement.queuedBonds(), 0, "queued bonds");
        assertEq(settlement.queuedDeposits(), BOND, "queued deposits");
        settleOutcome(1, 0);
        assertEq(settlement.queuedDeposits(), 0, "the fund has it");
        assertEq(settlement.totalClaims(), 0, "claims");
    }
}
