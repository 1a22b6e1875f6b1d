// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {Batches} from "./support/Batches.sol";
import {vm} from "./support/Vm.sol";

// requestClose
// ├── the caller is not the owner: NotOwner
// ├── no such market: UnknownMarket
// ├── lots not in 1 .. 2^40 - 1: AmountOutOfRange
// ├── a WITHDRAW or CLOSE waits already: RequestPending
// └── else: queued, and the fee is the fee recipient's to claim
//     └── settled: nothing is paid, whatever the outcome
contract RequestCloseTest is Batches {
    uint40 private constant MOST = type(uint40).max;
    uint32 private _account;

    function setUp() public override {
        super.setUp();
        _account = openFor(alice, 100 * TOKEN);
        drain();
    }

    function test_QueuesAndCreditsTheFee() public {
        uint256 body = (uint256(1) << 200) | (uint256(77) << 160);
        uint248 payload = uint248((uint256(4) << 240) | (uint256(_account) << 208) | body);
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.RequestQueued(2, 4, _account, payload, uint40(START + 1 days));
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.Claimable(FEE_RECIPIENT, FEES, 0, FEE);
        assertEq(_close(1, 77), 2, "request");
        (uint248 stored,) = settlement.request(2);
        assertEq(stored, payload, "payload");
        assertEq(settlement.claimable(FEE_RECIPIENT), FEE, "claim of the fee recipient");
        (uint64 own, uint64 targeted) = settlement.pendingRisk(_account);
        assertEq(own, 3, "its own request, plus one");
        assertEq(targeted, 0, "no request of a stranger");
    }

    function test_RevertWhen_CallerIsNotTheOwner() public {
        uint32[3] memory accounts = [_account, INSURANCE, 77];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ISettlement.NotOwner.selector, accounts[i], bob));
            vm.prank(bob);
            settlement.requestClose(accounts[i], 0, 1);
        }
        _assertNothingWasTaken();
    }

    function test_RevertWhen_TheMarketIsUnknown() public {
        _refuse(2, 1, abi.encodeWithSelector(ISettlement.UnknownMarket.selector, 2));
        _refuse(255, 1, abi.encodeWithSelector(ISettlement.UnknownMarket.selector, 255));
        _assertNothingWasTaken();
    }

    function test_RevertWhen_LotsAreNoneOrTooMany() public {
        uint64[3] memory refused = [0, uint64(MOST) + 1, type(uint64).max];
        for (uint256 i = 0; i < 3; ++i) {
            _refuse(0, refused[i], abi.encodeWithSelector(ISettlement.AmountOutOfRange.selector, refused[i], 1, MOST));
        }
        _assertNothingWasTaken();
        _close(0, MOST);
    }

    function test_RevertWhen_ARequestOfTheOwnerWaits() public {
        _close(0, 5);
        bytes memory pending = abi.encodeWithSelector(ISettlement.RequestPending.selector, _account, 2);
        _refuse(1, 5, pending);
        vm.expectRevert(pending);
        vm.prank(alice);
        settlement.requestWithdrawal(_account, TOKEN);
        settleOutcome(5, 0);
        vm.prank(alice);
        settlement.requestWithdrawal(_account, TOKEN);
        _refuse(1, 5, abi.encodeWithSelector(ISettlement.RequestPending.selector, _account, 3));
    }

    function test_RevertWhen_TheFeeIsNotApproved() public {
        vm.prank(alice);
        token.approve(address(settlement), FEE - 1);
        vm.expectRevert(
            abi.encodeWithSignature(
                "ERC20InsufficientAllowance(address,uint256,uint256)", address(settlement), FEE - 1, FEE
            )
        );
        vm.prank(alice);
        settlement.requestClose(_account, 0, 1);
        _assertNothingWasTaken();
    }

    function test_C9_AnOutcomePaysNothing() public {
        uint8[3] memory codes = [1, 2, 5];
        uint64[3] memory lots = [uint64(7), 0, 0];
        for (uint256 i = 0; i < 3; ++i) {
            uint64 id = _close(0, 7);
            uint256 claims = settlement.totalClaims();
            Draft memory d = draftOutcome(codes[i], lots[i]);
            vm.expectEmit(true, true, true, true, address(settlement));
            emit ISettlement.RequestResolved(id, d.header.number, codes[i], lots[i]);
            settle(d);
            assertEq(settlement.totalClaims(), claims, "claims");
        }
    }

    function test_C9_RevertWhen_TheOutcomeIsNotOfItsKind() public {
        uint64 id = _close(0, 7);
        uint8[6] memory codes = [0, 3, 4, 6, 255, 1];
        uint64[6] memory lots = [uint64(0), 0, 0, 0, 0, 8];
        for (uint256 i = 0; i < 6; ++i) {
            refuseOutcome(id, codes[i], lots[i]);
        }
        refuseOutcome(id, 1, 0);
        refuseOutcome(id, 2, 1);
        refuseOutcome(id, 5, 1);
    }

    function _close(uint8 market, uint64 maxLots) private returns (uint64) {
        vm.prank(alice);
        return settlement.requestClose(_account, market, maxLots);
    }

    function _refuse(uint8 market, uint64 maxLots, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(alice);
        settlement.requestClose(_account, market, maxLots);
    }

    function _assertNothingWasTaken() private view {
        assertEq(settlement.queueLength(), 2, "nothing was queued");
        assertEq(settlement.totalClaims(), 0, "nobody was credited");
        assertEq(token.balanceOf(address(settlement)), 100 * TOKEN, "nothing was taken");
    }
}
