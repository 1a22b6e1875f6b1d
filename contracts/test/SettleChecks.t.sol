// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Settlement} from "../src/Settlement.sol";
import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {BurningVerifier, RefusingVerifier} from "./doubles/Verifiers.sol";
import {Batches} from "./support/Batches.sol";
import {Plain} from "./support/Plain.sol";
import {vm} from "./support/Vm.sol";

// settle, what it refuses besides prices and entries, in the order of its checks
// ├── number is not last + 1: WrongBatchNumber (replayed, skipped)
// ├── root is not the last one: StaleRoot
// ├── time before the last batch, MAX_LAG behind or MAX_LEAD ahead of the block: TimestampOutOfWindow
// ├── more requests than wait: RequestsOverrun
// ├── outcomes: BadLength, BadOutcome
// ├── shape: UnknownShape, ShapeOverflow
// ├── fills, steps: BadLength
// ├── roots, h, steps: FieldOverflow
// └── the verifier's own revert, at most 500,000 gas
contract SettleChecksTest is Batches {
    uint256 private constant P = Plain.P;

    function test_RevertWhen_NumberIsNotTheNext() public {
        uint64[3] memory numbers = [0, 2, type(uint64).max];
        for (uint256 i = 0; i < 3; ++i) {
            Draft memory d = draft();
            d.header.number = numbers[i];
            _refuse(d, abi.encodeWithSelector(ISettlement.WrongBatchNumber.selector, 1, numbers[i]));
        }
    }

    function test_RevertWhen_BatchIsReplayed() public {
        Draft memory d = draft();
        settle(d);
        _refuse(d, abi.encodeWithSelector(ISettlement.WrongBatchNumber.selector, 2, 1));
    }

    function test_RevertWhen_RootIsStale() public {
        Draft memory d = draft();
        uint256 root = d.header.oldRoot;
        d.header.oldRoot = root + 1;
        _refuse(d, abi.encodeWithSelector(ISettlement.StaleRoot.selector, root, root + 1));
        d.header.oldRoot = root + P; // the same field element
        _refuse(d, abi.encodeWithSelector(ISettlement.StaleRoot.selector, root, root + P));
    }

    function test_RevertWhen_TimeIsBeforeTheLastBatch() public {
        vm.warp(START + 100);
        settle(draft());
        Draft memory d = draft();
        _setTime(d, START + 99);
        _refuseTime(d, START + 100, START + 160);
        _setTime(d, START + 100);
        settle(d);
    }

    function test_RevertWhen_TimeIsTooFarFromTheBlock() public {
        uint256 time = START + 2 hours;
        vm.warp(time);
        uint256[4] memory refused = [time - 3601, time + 61, 0, type(uint40).max];
        for (uint256 i = 0; i < 4; ++i) {
            Draft memory d = draft();
            _setTime(d, refused[i]);
            _refuseTime(d, time - 3600, time + 60);
        }
        Draft memory earliest = draft();
        _setTime(earliest, time - 3600);
        settle(earliest);
        Draft memory latest = draft();
        _setTime(latest, time + 60);
        settle(latest);
    }

    function test_RevertWhen_MoreRequestsThanWait() public {
        openFor(alice, 100 * TOKEN);
        Draft memory d = draft();
        for (uint256 i = 0; i < 3; ++i) {
            addOutcome(d, 1, 0);
        }
        _refuse(d, abi.encodeWithSelector(ISettlement.RequestsOverrun.selector, 3, 2));
    }

    function test_RevertWhen_OutcomesHaveAnotherLength() public {
        openFor(alice, 100 * TOKEN);
        Draft memory d = draft();
        addOutcome(d, 1, 0);
        bytes memory whole = d.outcomes;
        d.outcomes = bytes.concat(whole, hex"00");
        _refuse(d, abi.encodeWithSelector(ISettlement.BadLength.selector, 9, 10));
        d.outcomes = "";
        _refuse(d, abi.encodeWithSelector(ISettlement.BadLength.selector, 9, 0));
    }

    /// @dev Requests 0..3: OPEN, DEPOSIT, WITHDRAW of 5 tokens, AGENT.
    function test_C9_RevertWhen_OutcomeIsNotOfItsKind() public {
        _queueOneOfEach();
        uint8[4] memory codes = [0, 2, 5, 255];
        for (uint256 request = 0; request < 4; ++request) {
            for (uint256 i = 0; i < 4; ++i) {
                _refuseOutcome(request, codes[i], 0);
            }
            uint64 least = request == 2 ? 5 * TOKEN + 1 : 1;
            _refuseOutcome(request, 1, least);
            _refuseOutcome(request, 1, type(uint64).max);
        }
        Draft memory d = _outcomes(2, 1, 5 * TOKEN);
        settle(d);
    }

    function test_RevertWhen_ShapeIsUnknown() public {
        Draft memory d = draft();
        d.header.shape = 2;
        _refuse(d, abi.encodeWithSelector(ISettlement.UnknownShape.selector, 2));
        d.header.shape = 255;
        _refuse(d, abi.encodeWithSelector(ISettlement.UnknownShape.selector, 255));
    }

    function test_RevertWhen_ASectionExceedsTheShape() public {
        uint32 account = openFor(alice, 100 * TOKEN);
        openFor(alice, 100 * TOKEN);
        openFor(alice, 100 * TOKEN);
        Draft memory d = draft();
        for (uint56 nonce = 1; nonce <= 5; ++nonce) {
            addOrder(d, ALICE_KEY, orderWord(account, 0, BUY_GTC, 1, 1, nonce));
        }
        _refuse(d, abi.encodeWithSelector(ISettlement.ShapeOverflow.selector, "entries", 5, 4));
        d = draft();
        for (uint256 i = 0; i < 5; ++i) {
            addFill(d, 0, 1, 1);
        }
        _refuse(d, abi.encodeWithSelector(ISettlement.ShapeOverflow.selector, "fills", 5, 4));
        d = draft();
        for (uint256 i = 0; i < 5; ++i) {
            addOutcome(d, 1, 0);
        }
        _refuse(d, abi.encodeWithSelector(ISettlement.ShapeOverflow.selector, "requests", 5, 4));
        d.header.shape = SMALL;
        settle(d);
    }

    function test_RevertWhen_FillsHaveAnotherLength() public {
        Draft memory d = draft();
        addFill(d, 0, 1, 1);
        bytes memory whole = d.fills;
        d.fills = bytes.concat(whole, hex"00");
        _refuse(d, abi.encodeWithSelector(ISettlement.BadLength.selector, 10, 11));
        d.fills = "";
        _refuse(d, abi.encodeWithSelector(ISettlement.BadLength.selector, 10, 0));
        d.fills = bytes.concat(whole, whole);
        _refuse(d, abi.encodeWithSelector(ISettlement.BadLength.selector, 10, 20));
    }

    function test_RevertWhen_StepsAreNotOneAMarket() public {
        Draft memory d = draft();
        for (uint256 count = 0; count < 4; ++count) {
            if (count == 2) continue;
            d.header.fundingSteps = new int64[](count);
            _refuse(d, abi.encodeWithSelector(ISettlement.BadLength.selector, 2, count));
        }
    }

    function test_RevertWhen_AStepIsTooWide() public {
        int64 bound_ = 2 ** 55;
        int64[4] memory steps = [bound_, -bound_, type(int64).max, type(int64).min];
        for (uint256 i = 0; i < 4; ++i) {
            Draft memory d = draft();
            d.header.fundingSteps[1] = steps[i];
            _refuse(d, abi.encodeWithSelector(ISettlement.FieldOverflow.selector, uint256(int256(steps[i]))));
        }
        Draft memory widest = draft();
        (widest.header.fundingSteps[0], widest.header.fundingSteps[1]) = (bound_ - 1, 1 - bound_);
        settleExpecting(widest);
    }

    /// @dev A value and the value plus p are one element to the proof: only the small one is let in.
    function test_C1_RevertWhen_RootOrHashIsOutsideTheField() public {
        uint256[3] memory values = [P, P + 1, type(uint256).max];
        for (uint256 i = 0; i < 3; ++i) {
            Draft memory d = draft();
            d.header.newRoot = values[i];
            _refuse(d, abi.encodeWithSelector(ISettlement.FieldOverflow.selector, values[i]));
            d = draft();
            d.header.h = values[i];
            _refuse(d, abi.encodeWithSelector(ISettlement.FieldOverflow.selector, values[i]));
        }
        Draft memory widest = draft();
        (widest.header.newRoot, widest.header.h) = (P - 1, P - 1);
        settleExpecting(widest);
    }

    function test_RevertWhen_TheVerifierRefuses() public {
        _deployVerifiedBy(address(new RefusingVerifier()));
        _refuse(draft(), abi.encodeWithSelector(RefusingVerifier.ProofInvalid.selector));
    }

    /// @dev A proof with a point off the curve must not burn the caller's whole gas.
    function test_TheVerifierCannotBurnMoreThanItsCap() public {
        _deployVerifiedBy(address(new BurningVerifier()));
        Draft memory d = draft();
        uint256 before = gasleft();
        vm.expectRevert();
        settle(d);
        assertTrue(before - gasleft() < 700_000, "gas burned is below 700,000");
    }

    function _refuse(Draft memory d, bytes memory reason) private {
        vm.expectRevert(reason);
        settle(d);
    }

    function _refuseTime(Draft memory d, uint256 earliest, uint256 latest) private {
        _refuse(
            d, abi.encodeWithSelector(ISettlement.TimestampOutOfWindow.selector, d.header.timestamp, earliest, latest)
        );
    }

    function _setTime(Draft memory d, uint256 time) private view {
        d.header.timestamp = uint40(time);
        d.reports = reports(uint64(time), ETH_PRICE_E8, BTC_PRICE_E8);
    }

    function _queueOneOfEach() private {
        uint32 account = openFor(alice, 100 * TOKEN);
        vm.prank(alice);
        settlement.requestWithdrawal(account, 5 * TOKEN);
        vm.prank(alice);
        settlement.authorizeAgent(account, bob, NEVER);
    }

    /// @dev A batch of all four requests, each as it must be but for `odd`.
    function _outcomes(uint256 odd, uint8 code, uint64 amountE6) private view returns (Draft memory d) {
        d = draft();
        for (uint256 i = 0; i < 4; ++i) {
            if (i == odd) addOutcome(d, code, amountE6);
            else addOutcome(d, 1, 0);
        }
    }

    function _refuseOutcome(uint256 request, uint8 code, uint64 amountE6) private {
        _refuse(
            _outcomes(request, code, amountE6), abi.encodeWithSelector(ISettlement.BadOutcome.selector, request, code)
        );
    }

    function _deployVerifiedBy(address verifier) private {
        ISettlement.Deployment memory d = deployment();
        d.shapes[TINY].verifier = verifier;
        settlement = new Settlement(d);
    }
}
