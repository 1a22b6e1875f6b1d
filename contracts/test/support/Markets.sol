// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {TreeLib} from "../../src/libraries/TreeLib.sol";
import {Batches} from "./Batches.sol";
import {vm} from "./Vm.sol";

/// @notice A market to list and a change of a listed one, and who may ask for them.
abstract contract Markets is Batches {
    uint8 internal constant ETH = 0;
    uint8 internal constant NEW = 2;

    /// @dev A third market: 0.01 SOL a lot, 0.01 tokens a tick.
    function solListing() internal pure returns (ISettlement.Listing memory listing) {
        listing = ISettlement.Listing("SOL-USD", ethConfig());
        (listing.config.lotE8, listing.config.tickE8) = (1_000_000, 1_000_000);
        listing.config.quotePerLotTick = 100;
    }

    /// @dev ETH-USD with half the leverage.
    function ethChange() internal pure returns (ISettlement.Listing memory listing) {
        listing = ISettlement.Listing("ETH-USD", ethConfig());
        listing.config.initial = ISettlement.Rates(40_000, 80_000, 200_000);
    }

    function queueAs(address caller, uint8 market, ISettlement.Listing memory listing) internal returns (uint64) {
        vm.prank(caller);
        return settlement.queueMarket(market, listing);
    }

    function highBits(ISettlement.Listing memory listing) internal pure returns (uint64) {
        return uint64(TreeLib.configHash(listing.config) >> 200);
    }

    function configOf(uint256 market) internal view returns (bytes32) {
        (, ISettlement.MarketConfig memory config,) = settlement.market(market);
        return keccak256(abi.encode(config));
    }

    function assertRules(uint256 market, ISettlement.Listing memory listing, uint32 mark) internal view {
        (string memory name, ISettlement.MarketConfig memory config, uint32 actual) = settlement.market(market);
        assertEq(name, listing.name, "name");
        assertEq(keccak256(abi.encode(config)), keccak256(abi.encode(listing.config)), "configuration");
        assertEq(actual, mark, "mark");
    }
}
