// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {MarketLib} from "../src/libraries/MarketLib.sol";
import {Fixture} from "./support/Fixture.sol";
import {Vectors} from "./support/Vectors.sol";
import {vm} from "./support/Vm.sol";

contract MarketHarness {
    function check(ISettlement.MarketConfig memory config) external pure {
        MarketLib.check(config);
    }
}

// MarketLib.check
// ├── accepts and refuses what the rule book does: every case of the vectors
// └── each field: the last legal value, the first illegal one, named as in the rule book
contract MarketLibTest is Fixture, Vectors {
    MarketHarness private _harness;

    function setUp() public override {
        super.setUp();
        _harness = new MarketHarness();
    }

    function test_ConfigurationsAreJudgedAsInTheVectors() public view {
        string memory json = load("markets");
        for (uint256 i = 0; i < count(json); ++i) {
            Case memory c = caseAt(json, i);
            if (!calls(c, "check_config") || _isTooWide(c)) continue;
            bool accepted = true;
            try _harness.check(config(c, ".in.config")) {}
            catch {
                accepted = false;
            }
            assertTrue(accepted == !rejected(c), label(c));
        }
    }

    function test_RevertWhen_UnitsAreWrong() public {
        ISettlement.MarketConfig memory m = ethConfig();
        m.lotE8 = 0;
        _refuse(m, "lot_e8");
        m = ethConfig();
        m.tickE8 = 0;
        _refuse(m, "tick_e8");
        m = ethConfig();
        m.quotePerLotTick = 101;
        _refuse(m, "quote_per_lot_tick");
        m.lotE8 = 100_001; // the product is not whole
        m.quotePerLotTick = 100;
        _refuse(m, "quote_per_lot_tick");
        (m.lotE8, m.tickE8, m.quotePerLotTick) = (1, 1, 0);
        _refuse(m, "quote_per_lot_tick");
        (m.lotE8, m.tickE8, m.quotePerLotTick) = (10 ** 10, 2 ** 24, 2 ** 24);
        _refuse(m, "quote_per_lot_tick");
        (m.lotE8, m.tickE8, m.quotePerLotTick, m.maxOpenInterest) = (10 ** 10, 2 ** 24 - 1, 2 ** 24 - 1, 1);
        _harness.check(m);
    }

    function test_RevertWhen_BracketsAreWrong() public {
        ISettlement.MarketConfig memory m = ethConfig();
        m.t1 = 0;
        _refuse(m, "t1");
        m.t1 = 2 ** 62;
        _refuse(m, "t1");
        m = ethConfig();
        m.t2 = m.t1;
        _refuse(m, "t2");
        m.t2 = 2 ** 62;
        _refuse(m, "t2");
        m.t2 = 2 ** 62 - 1;
        _harness.check(m);
    }

    function test_RevertWhen_RatesAreWrong() public {
        uint32 first = 2 ** 20; // the first illegal rate
        ISettlement.MarketConfig memory m = ethConfig();
        m.maintenance.r1 = 0;
        _refuse(m, "maintenance.r1");
        m.maintenance = ISettlement.Rates(first, first, first);
        _refuse(m, "maintenance.r1");
        m.maintenance = ISettlement.Rates(3, 2, 4);
        _refuse(m, "maintenance.r2");
        m.maintenance = ISettlement.Rates(3, first, first);
        _refuse(m, "maintenance.r2");
        m.maintenance = ISettlement.Rates(3, 4, 3);
        _refuse(m, "maintenance.r3");
        m.maintenance = ISettlement.Rates(3, 4, first);
        _refuse(m, "maintenance.r3");
        m.maintenance = ISettlement.Rates(10, 20, 30);
        m.initial = ISettlement.Rates(9, 20, 30);
        _refuse(m, "initial.r1");
        m.initial = ISettlement.Rates(10, 19, 30);
        _refuse(m, "initial.r2");
        m.initial = ISettlement.Rates(25, 24, 30);
        _refuse(m, "initial.r2");
        m.initial = ISettlement.Rates(10, 20, 29);
        _refuse(m, "initial.r3");
        m.initial = ISettlement.Rates(10, 40, 39);
        _refuse(m, "initial.r3");
        m.initial = ISettlement.Rates(first, first, first);
        _refuse(m, "initial.r1");
        m.initial = ISettlement.Rates(first - 1, first - 1, first - 1);
        _harness.check(m);
    }

    function test_RevertWhen_FeesAreWrong() public {
        ISettlement.MarketConfig memory m = ethConfig();
        m.takerFee = 2 ** 20;
        _refuse(m, "taker_fee");
        m.takerFee = 2 ** 20 - 1;
        m.makerFee = -(2 ** 20 - 1); // the whole of the taker's fee
        _harness.check(m);
        m.makerFee = -(2 ** 20);
        _refuse(m, "maker_fee");
        m.makerFee = 2 ** 20;
        _refuse(m, "maker_fee");
        m.makerFee = 2 ** 20 - 1;
        _harness.check(m);
    }

    function test_RevertWhen_SharesAreAboveOne() public {
        uint32 above = 10 ** 6 + 1;
        ISettlement.MarketConfig memory m = ethConfig();
        m.liquidationFee = above;
        _refuse(m, "liquidation_fee");
        m = ethConfig();
        m.keeperShare = above;
        _refuse(m, "keeper_share");
        m = ethConfig();
        m.closeFactor = above;
        _refuse(m, "close_factor");
        m = ethConfig();
        m.closeout = above;
        _refuse(m, "closeout");
        m = ethConfig();
        m.maxFundingRate = 2 ** 20;
        _refuse(m, "max_funding_rate");
        m.maxFundingRate = 2 ** 20 - 1;
        (m.liquidationFee, m.keeperShare, m.closeFactor, m.closeout) = (above - 1, above - 1, above - 1, above - 1);
        _harness.check(m);
    }

    function test_RevertWhen_InterestOrStatusIsWrong() public {
        ISettlement.MarketConfig memory m = ethConfig();
        m.maxOpenInterest = 0;
        _refuse(m, "max_open_interest");
        m.maxOpenInterest = 2 ** 40;
        _refuse(m, "max_open_interest");
        m.maxOpenInterest = 2 ** 40 - 1;
        _harness.check(m);
        (m.lotE8, m.tickE8, m.quotePerLotTick) = (2 ** 23, 10 ** 10, 2 ** 23); // (2^40 - 1) * 2^23 < 2^63
        _harness.check(m);
        (m.lotE8, m.quotePerLotTick, m.maxOpenInterest) = (2 ** 23 + 1, 2 ** 23 + 1, 2 ** 40 - 1);
        _refuse(m, "max_open_interest");
    }

    function test_RevertWhen_MarketIsNotLive() public {
        uint8[3] memory refused = [0, 2, 255];
        for (uint256 i = 0; i < 3; ++i) {
            ISettlement.MarketConfig memory m = ethConfig();
            m.status = refused[i];
            _refuse(m, "status");
        }
    }

    /// @dev A value that the ABI type cannot hold never reaches the contract: the call is refused while decoding.
    function _isTooWide(Case memory c) private pure returns (bool) {
        return number(c, ".in.config.lot_e8") >> 64 != 0 || number(c, ".in.config.tick_e8") >> 64 != 0
            || number(c, ".in.config.t1") >> 64 != 0 || number(c, ".in.config.t2") >> 64 != 0;
    }

    function _refuse(ISettlement.MarketConfig memory m, string memory field) private {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadMarketConfig.selector, field));
        _harness.check(m);
    }
}
