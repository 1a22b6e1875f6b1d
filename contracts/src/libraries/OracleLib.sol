// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {Eip712Lib} from "./Eip712Lib.sol";

/// @title Marks from signed price reports: the lower median of a quorum, floored to the tick.
/// @dev The mark lies between two honest prices while fewer than half of the opinions that the batch brings are lies; of
/// two, the lower is the mark, so a quorum of two trusts each of its signers not to be too low. A report is: time 8, a price
/// of 8 bytes a listed market (10^-8 tokens, 0 = no opinion), signature 64 (ERC-2098). `marks` is linked, for the code's
/// size.
library OracleLib {
    uint256 private constant TICKS_BOUND = 2 ** 32;
    uint256 private constant PPM = 10 ** 6;

    /// @notice Who signs prices; fixed at construction.
    struct Panel {
        address[] signers;
        mapping(address signer => bool) isListed;
        uint8 quorum;
    }

    /// @notice What a batch demands of its reports. `moveAtMostPpm` is the part of the last mark that a new one may be
    /// away from it.
    struct Demand {
        bytes32 domainSeparator;
        uint256 earliest;
        uint256 latest;
        uint256 moveAtMostPpm;
    }

    /// @notice Fills the panel. Signers strictly increasing, so that none is 0 or listed twice; 1 <= quorum <= signers.
    /// @dev Reverts with UnorderedSigners, OracleQuorum.
    function seat(Panel storage panel, address[] memory signers, uint8 quorum) internal {
        address previous = address(0);
        for (uint256 i = 0; i < signers.length; ++i) {
            require(previous < signers[i], ISettlement.UnorderedSigners(previous, signers[i]));
            previous = signers[i];
            panel.isListed[previous] = true;
        }
        require(quorum >= 1 && quorum <= signers.length, ISettlement.OracleQuorum(0, signers.length, quorum));
        panel.signers = signers;
        panel.quorum = quorum;
    }

    /// @notice The marks of all listed markets, in ticks.
    /// @param tickE8 The tick of each listed market.
    /// @param last The mark of each before this batch, 0 if it had none: then any price is taken.
    /// @dev Reverts with BadLength, UnknownOracleSigner, UnorderedSigners, ReportOutOfWindow, OracleQuorum,
    /// PriceMoveTooLarge, FieldOverflow.
    function marks(
        Panel storage panel,
        bytes calldata reports,
        Demand memory demand,
        uint256[] memory tickE8,
        uint32[] memory last
    ) external view returns (uint256[] memory ticks) {
        uint256 size = 8 * tickE8.length + 72;
        uint256 count = reports.length / size;
        require(count * size == reports.length, ISettlement.BadLength(count * size, reports.length));
        address previous = address(0);
        for (uint256 i = 0; i < count; ++i) {
            previous = _checkReport(panel, reports[i * size:(i + 1) * size], demand, previous);
        }

        ticks = new uint256[](tickE8.length);
        uint256 quorum = panel.quorum;
        for (uint256 market = 0; market < ticks.length; ++market) {
            (uint256[] memory opinions, uint256 found) = _opinions(reports, size, market);
            require(found >= quorum, ISettlement.OracleQuorum(market, found, quorum));
            uint256 mark = opinions[(found - 1) / 2] / tickE8[market];
            _checkMove(market, last[market], mark, demand.moveAtMostPpm);
            require(mark >= 1 && mark < TICKS_BOUND, ISettlement.FieldOverflow(mark));
            ticks[market] = mark;
        }
    }

    /// @dev One report: listed signer, after the previous one, in time. Returns the signer.
    function _checkReport(
        Panel storage panel,
        bytes calldata report,
        Demand memory demand,
        address previous
    ) private view returns (address signer) {
        uint64 time = uint64(bytes8(report[:8]));
        uint256[] memory pricesE8 = new uint256[]((report.length - 72) / 8);
        for (uint256 i = 0; i < pricesE8.length; ++i) {
            pricesE8[i] = uint64(bytes8(report[8 * i + 8:]));
        }
        bytes32 digest = MessageHashUtils.toTypedDataHash(demand.domainSeparator, Eip712Lib.priceReport(time, pricesE8));
        bytes calldata signature = report[report.length - 64:];
        (signer,,) = ECDSA.tryRecover(digest, bytes32(signature[:32]), bytes32(signature[32:]));
        require(panel.isListed[signer], ISettlement.UnknownOracleSigner(signer));
        require(previous < signer, ISettlement.UnorderedSigners(previous, signer));
        require(
            demand.earliest <= time && time <= demand.latest,
            ISettlement.ReportOutOfWindow(time, demand.earliest, demand.latest)
        );
    }

    /// @dev The first `found` elements are the prices that are not 0, ascending. Insertion, because there are as many as signers: a handful.
    function _opinions(
        bytes calldata reports,
        uint256 size,
        uint256 market
    ) private pure returns (uint256[] memory sorted, uint256 found) {
        sorted = new uint256[](reports.length / size);
        for (uint256 place = 8 + 8 * market; place < reports.length; place += size) {
            uint256 priceE8 = uint64(bytes8(reports[place:place + 8]));
            if (priceE8 == 0) continue;
            uint256 rank = found++;
            for (; rank > 0 && sorted[rank - 1] > priceE8; --rank) {
                sorted[rank] = sorted[rank - 1];
            }
            sorted[rank] = priceE8;
        }
    }

    function _checkMove(uint256 market, uint256 last, uint256 mark, uint256 moveAtMostPpm) private pure {
        if (last == 0) return;
        uint256 move = mark > last ? mark - last : last - mark;
        require(move * PPM <= last * moveAtMostPpm, ISettlement.PriceMoveTooLarge(market, last, mark));
    }
}
