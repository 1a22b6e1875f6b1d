// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {Assertions} from "./Assertions.sol";
import {vm} from "./Vm.sol";

/// @notice Reads the golden vectors that pytest, go test and forge test share.
abstract contract Vectors is Assertions {
    /// @dev One case of a file: its text stays whole, `at` is the path of the case inside.
    struct Case {
        string json;
        string path;
    }

    function load(string memory name) internal view returns (string memory) {
        return vm.readFile(string.concat("../tests/vectors/", name, ".json"));
    }

    function count(string memory json) internal pure returns (uint256) {
        return vm.parseJsonUint(json, ".count");
    }

    function caseAt(string memory json, uint256 index) internal pure returns (Case memory) {
        return Case(json, string.concat(".cases[", vm.toString(index), "]"));
    }

    function calls(Case memory c, string memory name) internal pure returns (bool) {
        return keccak256(bytes(text(c, ".call"))) == keccak256(bytes(name));
    }

    function rejected(Case memory c) internal view returns (bool) {
        return has(c, ".reject");
    }

    function label(Case memory c) internal pure returns (string memory) {
        return string.concat(text(c, ".call"), " ", c.path);
    }

    function has(Case memory c, string memory key) internal view returns (bool) {
        return vm.keyExistsJson(c.json, string.concat(c.path, key));
    }

    function number(Case memory c, string memory key) internal pure returns (uint256) {
        return vm.parseUint(text(c, key));
    }

    function signed(Case memory c, string memory key) internal pure returns (int256) {
        return vm.parseInt(text(c, key));
    }

    function text(Case memory c, string memory key) internal pure returns (string memory) {
        return vm.parseJsonString(c.json, string.concat(c.path, key));
    }

    function data(Case memory c, string memory key) internal pure returns (bytes memory) {
        return vm.parseBytes(text(c, key));
    }

    /// @dev An empty list has no element type to the JSON reader, so it is recognised by the lack of a first element.
    function numbers(Case memory c, string memory key) internal view returns (uint256[] memory list) {
        if (!has(c, string.concat(key, "[0]"))) return new uint256[](0);
        string[] memory texts = vm.parseJsonStringArray(c.json, string.concat(c.path, key));
        list = new uint256[](texts.length);
        for (uint256 i = 0; i < texts.length; ++i) {
            list[i] = vm.parseUint(texts[i]);
        }
    }

    function length(Case memory c, string memory key) internal view returns (uint256 size) {
        while (has(c, element(key, size))) ++size;
    }

    function element(string memory key, uint256 index) internal pure returns (string memory) {
        return string.concat(key, "[", vm.toString(index), "]");
    }

    /// @dev Fields wider than their type stay out: the ABI refuses them before the contract sees them.
    function config(Case memory c, string memory key) internal view returns (ISettlement.MarketConfig memory m) {
        m.lotE8 = uint64(number(c, string.concat(key, ".lot_e8")));
        m.tickE8 = uint64(number(c, string.concat(key, ".tick_e8")));
        m.quotePerLotTick = uint32(number(c, string.concat(key, ".quote_per_lot_tick")));
        m.t1 = uint64(number(c, string.concat(key, ".t1")));
        m.t2 = uint64(number(c, string.concat(key, ".t2")));
        m.maintenance = _rates(c, string.concat(key, ".maintenance"));
        m.initial = _rates(c, string.concat(key, ".initial"));
        m.makerFee = int32(signed(c, string.concat(key, ".maker_fee")));
        m.takerFee = uint32(number(c, string.concat(key, ".taker_fee")));
        m.liquidationFee = uint32(number(c, string.concat(key, ".liquidation_fee")));
        m.keeperShare = uint32(number(c, string.concat(key, ".keeper_share")));
        m.closeFactor = uint32(number(c, string.concat(key, ".close_factor")));
        m.closeout = uint32(number(c, string.concat(key, ".closeout")));
        m.maxFundingRate = uint32(number(c, string.concat(key, ".max_funding_rate")));
        m.maxOpenInterest = uint64(number(c, string.concat(key, ".max_open_interest")));
        m.status = uint8(number(c, string.concat(key, ".status")));
    }

    function _rates(Case memory c, string memory key) private view returns (ISettlement.Rates memory) {
        uint256[] memory list = numbers(c, key);
        return ISettlement.Rates(uint32(list[0]), uint32(list[1]), uint32(list[2]));
    }
}
