// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DevToken} from "../../script/DevToken.sol";
import {MarketTimelock} from "../../src/MarketTimelock.sol";
import {Settlement} from "../../src/Settlement.sol";
import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {ExpectingVerifier} from "../doubles/Verifiers.sol";
import {Assertions} from "./Assertions.sol";
import {vm} from "./Vm.sol";

/// @notice A fresh exchange: two markets, three oracle signers of whom two must agree, shapes `tiny` and `small`.
abstract contract Fixture is Assertions {
    uint256 internal constant START = 1_800_000_000;
    uint64 internal constant TOKEN = 10 ** 6;
    uint64 internal constant FEE = 1 * TOKEN;
    uint64 internal constant BOND = 20 * TOKEN;
    uint64 internal constant MIN_DEPOSIT = 10 * TOKEN;
    uint32 internal constant INSURANCE = 0;
    uint32 internal constant FEES = 1;
    uint8 internal constant TINY = 0;
    uint8 internal constant SMALL = 1;

    address internal constant FEE_RECIPIENT = address(0xFEE5);
    /// @dev Proposes and executes in both timelocks.
    address internal constant GOVERNOR = address(0x60BE);
    uint256 internal constant ALICE_KEY = 0xA11CE;
    uint256 internal constant BOB_KEY = 0xB0B;
    address internal alice = vm.addr(ALICE_KEY);
    address internal bob = vm.addr(BOB_KEY);

    /// @dev In order of their addresses, which `setUp` sorts.
    uint256[3] internal oracleKeys = [uint256(0x0A1), 0x0A2, 0x0A3];

    DevToken internal token;
    ExpectingVerifier internal tiny;
    ExpectingVerifier internal small;
    MarketTimelock internal lister;
    MarketTimelock internal changer;
    Settlement internal settlement;

    function setUp() public virtual {
        vm.warp(START);
        _sortOracles();
        token = new DevToken();
        tiny = new ExpectingVerifier();
        small = new ExpectingVerifier();
        lister = new MarketTimelock(7 days, GOVERNOR);
        changer = new MarketTimelock(30 days, GOVERNOR);
        settlement = new Settlement(deployment());
        _fund(alice);
        _fund(bob);
    }

    /// @dev Starts again with another token.
    function deployWith(DevToken other) internal {
        token = other;
        settlement = new Settlement(deployment());
        _fund(alice);
        _fund(bob);
    }

    function deployment() internal view returns (ISettlement.Deployment memory d) {
        d.token = address(token);
        d.feeRecipient = FEE_RECIPIENT;
        d.marketLister = address(lister);
        d.marketGovernor = address(changer);
        d.oracleSigners = new address[](3);
        for (uint256 i = 0; i < 3; ++i) {
            d.oracleSigners[i] = vm.addr(oracleKeys[i]);
        }
        d.oracleQuorum = 2;
        d.markets = new ISettlement.Listing[](2);
        d.markets[0] = ISettlement.Listing("ETH-USD", ethConfig());
        d.markets[1] = ISettlement.Listing("BTC-USD", btcConfig());
        d.shapes = new ISettlement.Shape[](2);
        d.shapes[0] = ISettlement.Shape(4, 4, 4, address(tiny));
        d.shapes[1] = ISettlement.Shape(64, 96, 16, address(small));
        d.parameters = defaults();
    }

    /// @dev The defaults of the surface, as `prover/settlement/deploy.py` deploys them.
    function defaults() internal pure returns (ISettlement.Parameters memory p) {
        p.deadline = 1 days;
        p.maxLag = 1 hours;
        p.maxLead = 60;
        p.reportMaxAge = 30;
        p.maxMovePpm = 50_000;
        p.maxMovePpmPerSecond = 1_000;
        p.minDepositE6 = MIN_DEPOSIT;
        p.bondE6 = BOND;
        p.feeE6 = FEE;
    }

    /// @dev 0.001 ETH a lot, 0.1 a tick: 100 quote units.
    function ethConfig() internal pure returns (ISettlement.MarketConfig memory config) {
        config.lotE8 = 100_000;
        config.tickE8 = 10_000_000;
        config.quotePerLotTick = 100;
        config.t1 = 100_000_000_000;
        config.t2 = 500_000_000_000;
        config.maintenance = ISettlement.Rates(10_000, 20_000, 50_000);
        config.initial = ISettlement.Rates(20_000, 40_000, 100_000);
        config.makerFee = -100;
        config.takerFee = 500;
        config.liquidationFee = 10_000;
        config.keeperShare = 500_000;
        config.closeFactor = 300_000;
        config.closeout = 500_000;
        config.maxFundingRate = 1_000;
        config.maxOpenInterest = 10_000_000;
        config.status = 1;
    }

    /// @dev 0.00001 BTC a lot, 1 a tick: 10 quote units.
    function btcConfig() internal pure returns (ISettlement.MarketConfig memory config) {
        config = ethConfig();
        config.lotE8 = 1_000;
        config.tickE8 = 100_000_000;
        config.quotePerLotTick = 10;
    }

    /// @dev Opens an account for `owner` with `amountE6` of its own tokens.
    function openFor(address owner, uint64 amountE6) internal returns (uint32 account) {
        vm.prank(owner);
        (account,) = settlement.open(owner, amountE6);
    }

    function _fund(address who) internal {
        token.mint(who, 1_000_000 * uint256(TOKEN));
        vm.prank(who);
        token.approve(address(settlement), type(uint256).max);
    }

    function _sortOracles() private {
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 j = i + 1; j < 3; ++j) {
                if (vm.addr(oracleKeys[j]) < vm.addr(oracleKeys[i])) {
                    (oracleKeys[i], oracleKeys[j]) = (oracleKeys[j], oracleKeys[i]);
                }
            }
        }
    }
}
