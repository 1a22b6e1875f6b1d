// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../interfaces/ISettlement.sol";

/// @title Which markets may exist, and how their rules become words.
/// @notice Contract twin of `zkclear/rules/markets.py`; vectors: `markets.json`, `tree.json`.
library MarketLib {
    uint256 internal constant PPM = 10 ** 6;
    uint256 private constant PPM_BOUND = 2 ** 20;
    uint256 private constant QUOTE_BOUND = 2 ** 62;
    uint256 private constant LOT_TICK_SCALE = 10 ** 10;
    uint256 private constant QUOTE_PER_LOT_TICK_BOUND = 2 ** 24;
    uint256 private constant SIZE_BOUND = 2 ** 40;
    uint256 private constant SIZE_E8_BOUND = 2 ** 63;

    /// @notice The only status of a listed market.
    uint8 internal constant LIVE = 1;

    /// @notice Reverts with BadMarketConfig(field) unless the market can be cleared: every notional is a whole number,
    /// every later product fits the circuit, and no rebate exceeds the taker's fee.
    function check(ISettlement.MarketConfig memory config) internal pure {
        _checkUnits(config);
        _require(config.t1 >= 1 && config.t1 < QUOTE_BOUND, "t1");
        _require(config.t2 > config.t1 && config.t2 < QUOTE_BOUND, "t2");
        _checkRates(config.maintenance, config.initial);
        _checkFees(config);
        _require(config.liquidationFee <= PPM, "liquidation_fee");
        _require(config.keeperShare <= PPM, "keeper_share");
        _require(config.closeFactor >= 1 && config.closeFactor <= PPM, "close_factor"); // a takeover moves a lot
        _require(config.closeout <= PPM, "closeout");
        _require(config.maxFundingRate < PPM_BOUND, "max_funding_rate");
        _require(
            config.maxOpenInterest >= 1 && config.maxOpenInterest < SIZE_BOUND
                && uint256(config.maxOpenInterest) * config.lotE8 < SIZE_E8_BOUND,
            "max_open_interest"
        );
        _require(config.status == LIVE, "status");
    }

    /// @notice The three words that the configuration hash covers: 200, 225 and 160 bits, high bits first.
    /// @dev Also right for an unlisted row, where every field is 0 and only the offset of the maker fee remains.
    function words(ISettlement.MarketConfig memory config) internal pure returns (uint256 c0, uint256 c1, uint256 c2) {
        c0 = config.quotePerLotTick;
        c0 = (c0 << 64) | config.lotE8;
        c0 = (c0 << 64) | config.tickE8;
        c0 = (c0 << 40) | config.maxOpenInterest;
        c0 = (c0 << 8) | config.status;

        c1 = config.t1;
        c1 = (c1 << 62) | config.t2;
        c1 = (c1 << 60) | _rates(config.maintenance);
        c1 = (c1 << 21) | uint256(int256(config.makerFee) + int256(PPM_BOUND));
        c1 = (c1 << 20) | config.takerFee;

        c2 = _rates(config.initial);
        c2 = (c2 << 20) | config.liquidationFee;
        c2 = (c2 << 20) | config.keeperShare;
        c2 = (c2 << 20) | config.closeFactor;
        c2 = (c2 << 20) | config.closeout;
        c2 = (c2 << 20) | config.maxFundingRate;
    }

    function _checkUnits(ISettlement.MarketConfig memory config) private pure {
        _require(config.lotE8 >= 1, "lot_e8");
        _require(config.tickE8 >= 1, "tick_e8");
        uint256 product = uint256(config.lotE8) * config.tickE8;
        uint256 whole = product / LOT_TICK_SCALE;
        _require(
            product % LOT_TICK_SCALE == 0 && whole >= 1 && whole < QUOTE_PER_LOT_TICK_BOUND
                && whole == config.quotePerLotTick,
            "quote_per_lot_tick"
        );
    }

    function _checkRates(ISettlement.Rates memory maintenance, ISettlement.Rates memory initial) private pure {
        _require(maintenance.r1 >= 1 && maintenance.r1 < PPM_BOUND, "maintenance.r1");
        _require(maintenance.r2 >= maintenance.r1 && maintenance.r2 < PPM_BOUND, "maintenance.r2");
        _require(maintenance.r3 >= maintenance.r2 && maintenance.r3 < PPM_BOUND, "maintenance.r3");
        _require(initial.r1 >= maintenance.r1 && initial.r1 < PPM_BOUND, "initial.r1");
        _require(initial.r2 >= initial.r1 && initial.r2 >= maintenance.r2 && initial.r2 < PPM_BOUND, "initial.r2");
        _require(initial.r3 >= initial.r2 && initial.r3 >= maintenance.r3 && initial.r3 < PPM_BOUND, "initial.r3");
    }

    function _checkFees(ISettlement.MarketConfig memory config) private pure {
        _require(config.takerFee < PPM_BOUND, "taker_fee");
        int256 rebateAtMost = -int256(uint256(config.takerFee));
        _require(config.makerFee >= rebateAtMost && config.makerFee < int256(PPM_BOUND), "maker_fee");
    }

    function _rates(ISettlement.Rates memory rates) private pure returns (uint256) {
        return (uint256(rates.r1) << 40) | (uint256(rates.r2) << 20) | rates.r3;
    }

    function _require(bool holds, string memory field) private pure {
        require(holds, ISettlement.BadMarketConfig(field));
    }
}
