// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {Batches} from "./support/Batches.sol";
import {vm} from "./support/Vm.sol";

// settle, where its marks come from
// ├── bytes that are no whole reports: BadLength
// ├── a signer who is not listed, or no signer at all: UnknownOracleSigner
// ├── signers not strictly increasing, so also one twice: UnorderedSigners
// ├── a report too old, or newer than the batch: ReportOutOfWindow
// ├── fewer opinions than the quorum, by market: OracleQuorum
// ├── a median too far from the last mark: PriceMoveTooLarge
// ├── a median that is no tick or too many: FieldOverflow
// └── else: the lower median of those with an opinion, floored to the tick
contract SettlePricesTest is Batches {
    function test_RevertWhen_ReportsAreNotWhole() public {
        Draft memory d = draft();
        d.reports = bytes.concat(d.reports, hex"00");
        _refuse(d, abi.encodeWithSelector(ISettlement.BadLength.selector, 176, 177));
    }

    function test_RevertWhen_SignerIsNotListed() public {
        Draft memory d = draft();
        d.reports = bytes.concat(_report(0, 3_000), report(ALICE_KEY, _now(), ETH_PRICE_E8, BTC_PRICE_E8));
        _refuse(d, abi.encodeWithSelector(ISettlement.UnknownOracleSigner.selector, alice));
    }

    function test_RevertWhen_SignatureIsMalformed() public {
        Draft memory d = draft();
        d.reports = bytes.concat(_report(0, 3_000), new bytes(88));
        _refuse(d, abi.encodeWithSelector(ISettlement.UnknownOracleSigner.selector, address(0)));
    }

    function test_RevertWhen_AReportWasChangedAfterSigning() public {
        Draft memory d = draft();
        for (uint256 i = 0; i < 24; ++i) {
            bytes memory changed = bytes.concat(d.reports);
            changed[i] = bytes1(uint8(changed[i]) ^ 1);
            Draft memory forged = draft();
            forged.reports = changed;
            vm.expectPartialRevert(ISettlement.UnknownOracleSigner.selector);
            settle(forged);
        }
    }

    function test_RevertWhen_OneSignerCountsTwice() public {
        Draft memory d = draft();
        d.reports = bytes.concat(_report(1, 3_000), _report(1, 3_001));
        address signer = vm.addr(oracleKeys[1]);
        _refuse(d, abi.encodeWithSelector(ISettlement.UnorderedSigners.selector, signer, signer));
    }

    function test_RevertWhen_SignersAreNotInOrder() public {
        Draft memory d = draft();
        d.reports = bytes.concat(_report(1, 3_000), _report(0, 3_000));
        bytes memory reason = abi.encodeWithSelector(
            ISettlement.UnorderedSigners.selector, vm.addr(oracleKeys[1]), vm.addr(oracleKeys[0])
        );
        _refuse(d, reason);
    }

    function test_RevertWhen_AReportIsTooOldOrTooNew() public {
        uint64[4] memory refused = [_now() - 31, _now() + 1, 0, type(uint64).max];
        for (uint256 i = 0; i < 4; ++i) {
            Draft memory d = draft();
            d.reports = reports(refused[i], ETH_PRICE_E8, BTC_PRICE_E8);
            _refuse(d, abi.encodeWithSelector(ISettlement.ReportOutOfWindow.selector, refused[i], _now() - 30, _now()));
        }
        Draft memory oldest = draft();
        oldest.reports = reports(_now() - 30, ETH_PRICE_E8, BTC_PRICE_E8);
        settle(oldest);
    }

    function test_RevertWhen_TooFewHaveAnOpinion() public {
        Draft memory d = draft();
        d.reports = "";
        _refuse(d, abi.encodeWithSelector(ISettlement.OracleQuorum.selector, 0, 0, 2));
        d.reports = _report(2, 3_000);
        _refuse(d, abi.encodeWithSelector(ISettlement.OracleQuorum.selector, 0, 1, 2));
        // All three report, but two of them say nothing about the second market.
        d.reports = bytes.concat(
            report(oracleKeys[0], _now(), ETH_PRICE_E8, 0),
            report(oracleKeys[1], _now(), ETH_PRICE_E8, BTC_PRICE_E8),
            report(oracleKeys[2], _now(), ETH_PRICE_E8, 0)
        );
        _refuse(d, abi.encodeWithSelector(ISettlement.OracleQuorum.selector, 1, 1, 2));
    }

    function test_MarkIsTheLowerMedianFlooredToTheTick() public {
        Draft memory d = draft();
        d.reports = bytes.concat(_report(0, 3_100), _report(1, 3_000)); // of two, the lower
        settle(d);
        assertEq(settlement.marks()[0], 30_000, "of two");
        d = draft();
        d.reports = bytes.concat(_report(0, 3_050), _report(1, 2_000), _report(2, 3_010));
        settle(d);
        assertEq(settlement.marks()[0], 30_100, "of three");
        d = draft();
        uint64 priceE8 = 3_010 * 10 ** 8 + 9_999_999; // one unit below the next tick
        d.reports = reports(_now(), priceE8, BTC_PRICE_E8);
        settle(d);
        assertEq(settlement.marks()[0], 30_100, "floored");
    }

    function test_ASignerWithoutOpinionIsNotCounted() public {
        Draft memory d = draft();
        d.reports = bytes.concat(_report(0, 0), _report(1, 3_100), _report(2, 3_000));
        settle(d);
        assertEq(settlement.marks()[0], 30_000, "the lower of two opinions, not of three");
    }

    function testFuzz_MarkLiesBetweenTwoHonestPrices(uint64 first, uint64 second, uint64 third) public {
        uint64[3] memory prices = [_price(first), _price(second), _price(third)];
        Draft memory d = draft();
        d.reports = bytes.concat(
            report(oracleKeys[0], _now(), prices[0], BTC_PRICE_E8),
            report(oracleKeys[1], _now(), prices[1], BTC_PRICE_E8),
            report(oracleKeys[2], _now(), prices[2], BTC_PRICE_E8)
        );
        settle(d);
        uint256 mark = settlement.marks()[0];
        uint256 atOrBelow = 0;
        uint256 atOrAbove = 0;
        for (uint256 i = 0; i < 3; ++i) {
            if (prices[i] / 10_000_000 <= mark) ++atOrBelow;
            if (prices[i] / 10_000_000 >= mark) ++atOrAbove;
        }
        assertTrue(atOrBelow >= 2 && atOrAbove >= 2, "two opinions on each side of the median, itself counted");
    }

    function test_RevertWhen_ThePriceMovedTooFar() public {
        settle(draft()); // 30,000 ticks at START
        _refuseMove(31_501, 30_000); // 5 % and a tick, no time passed
        _refuseMove(28_499, 30_000);
        _settleAt(31_500);
        vm.warp(START + 10); // 1 % more: 6 % of 31,500 is 1,890
        _refuseMove(33_391, 31_500);
        _refuseMove(29_609, 31_500);
        _settleAt(33_390);
        vm.warp(START + 10 + 950); // 5 % + 95 %: halving and doubling are both allowed
        _settleAt(1);
    }

    function test_TheFirstPriceIsFree() public {
        Draft memory d = draft();
        d.reports = reports(_now(), 1_000_000 * 10 ** 8, 10 ** 8);
        settle(d);
        assertEq(settlement.marks()[0], 10_000_000, "ETH mark");
        assertEq(settlement.marks()[1], 1, "BTC mark");
    }

    function test_RevertWhen_TheMarkIsNoTickOrTooMany() public {
        Draft memory d = draft();
        d.reports = reports(_now(), 9_999_999, BTC_PRICE_E8);
        _refuse(d, abi.encodeWithSelector(ISettlement.FieldOverflow.selector, 0));
        d.reports = reports(_now(), uint64(2 ** 32 * uint256(10_000_000)), BTC_PRICE_E8);
        _refuse(d, abi.encodeWithSelector(ISettlement.FieldOverflow.selector, 2 ** 32));
        d.reports = reports(_now(), uint64(2 ** 32 * uint256(10_000_000)) - 1, BTC_PRICE_E8);
        settle(d);
        assertEq(settlement.marks()[0], 2 ** 32 - 1, "the highest mark");
    }

    function _now() private view returns (uint64) {
        return uint64(block.timestamp);
    }

    function _report(uint256 signer, uint64 dollars) private view returns (bytes memory) {
        return report(oracleKeys[signer], _now(), dollars * 10 ** 8, BTC_PRICE_E8);
    }

    function _price(uint64 seed) private pure returns (uint64) {
        return uint64(bound(seed, 10_000_000, 10 ** 15));
    }

    function _at(uint256 ticks) private view returns (Draft memory d) {
        d = draft();
        d.reports = reports(_now(), uint64(ticks * 10_000_000), BTC_PRICE_E8);
    }

    function _settleAt(uint256 ticks) private {
        settle(_at(ticks));
        assertEq(settlement.marks()[0], ticks, "mark");
    }

    function _refuseMove(uint256 ticks, uint256 last) private {
        _refuse(_at(ticks), abi.encodeWithSelector(ISettlement.PriceMoveTooLarge.selector, 0, last, ticks));
    }

    function _refuse(Draft memory d, bytes memory reason) private {
        vm.expectRevert(reason);
        settle(d);
    }
}
