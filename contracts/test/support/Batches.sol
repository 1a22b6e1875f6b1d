// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {Fixture} from "./Fixture.sol";
import {Plain} from "./Plain.sol";
import {vm} from "./Vm.sol";

/// @notice Batches that the contract accepts, to be spoiled one field at a time.
abstract contract Batches is Fixture {
    uint64 internal constant ETH_PRICE_E8 = 3_000 * 10 ** 8;
    uint64 internal constant BTC_PRICE_E8 = 60_000 * 10 ** 8;
    uint8 internal constant BUY_GTC = 0x40;
    uint8 internal constant SELL_IOC = 0x43;
    uint8 internal constant WITHDRAW = 0x80;
    uint8 internal constant CANCEL = 0x82;
    /// @dev The first of the four risk entries: LIQUIDATION_BUY, LIQUIDATION_SELL, ABSORB, DELEVERAGE.
    uint8 internal constant RISK = 0xc0;
    uint40 internal constant NEVER = type(uint40).max;

    /// @dev The arguments of `settle`, and what the expected words need besides them.
    struct Draft {
        ISettlement.Header header;
        bytes reports;
        bytes entries;
        bytes fills;
        bytes outcomes;
        bytes proof;
        uint256[] entryWords; // word, signer, word, signer ..
    }

    /// @notice The next batch with nothing in it: prices by two oracles, no funding, a root that differs.
    function draft() internal view returns (Draft memory d) {
        d.header.number = settlement.batchNumber() + 1;
        d.header.timestamp = uint40(block.timestamp);
        d.header.oldRoot = settlement.stateRoot();
        d.header.newRoot = uint256(keccak256(abi.encode("root", d.header.number))) % Plain.P;
        d.header.h = uint256(keccak256(abi.encode("h", d.header.number))) % Plain.P;
        d.header.fundingSteps = new int64[](2);
        d.reports = reports(uint64(block.timestamp), ETH_PRICE_E8, BTC_PRICE_E8);
        d.proof = new bytes(384);
        d.entryWords = new uint256[](0);
    }

    /// @dev `draft`, where `count` markets are listed; all but the second have the price of the first.
    function draftOf(uint256 count) internal view returns (Draft memory d) {
        d = draft();
        d.header.fundingSteps = new int64[](count);
        uint64[] memory prices = new uint64[](count);
        for (uint256 i = 0; i < count; ++i) {
            prices[i] = i == 1 ? BTC_PRICE_E8 : ETH_PRICE_E8;
        }
        d.reports = reportsOf(uint64(block.timestamp), prices);
    }

    function settle(Draft memory d) internal {
        settlement.settle(d.header, d.reports, d.entries, d.fills, d.outcomes, d.proof);
    }

    /// @dev Settles `d` after telling the verifier which public inputs it must be shown.
    function settleExpecting(Draft memory d) internal {
        (d.header.shape == TINY ? tiny : small).expect(expectedInputs(d));
        settle(d);
    }

    /// @dev Settles a batch of the next request with this outcome, and shows the verifier its words.
    function settleOutcome(uint8 code, uint64 amount) internal {
        settleExpecting(draftOutcome(code, amount));
    }

    function draftOutcome(uint8 code, uint64 amount) internal view returns (Draft memory d) {
        d = draft();
        addOutcome(d, code, amount);
    }

    /// @dev The next request, `id`, cannot have this outcome.
    function refuseOutcome(uint64 id, uint8 code, uint64 amount) internal {
        Draft memory d = draftOutcome(code, amount);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadOutcome.selector, id, code));
        settle(d);
    }

    /// @dev Lets batches consume everything that waits, all of it executed and nothing paid.
    function drain() internal {
        while (settlement.queueHead() < settlement.queueLength()) {
            Draft memory d = draft();
            uint64 waiting = settlement.queueLength() - settlement.queueHead();
            for (uint256 i = 0; i < waiting && i < 4; ++i) {
                addOutcome(d, 1, 0);
            }
            settle(d);
        }
    }

    // -------------------------------------------------------------- oracles

    function reports(uint64 time, uint64 eth, uint64 btc) internal view returns (bytes memory) {
        return bytes.concat(report(oracleKeys[0], time, eth, btc), report(oracleKeys[1], time, eth, btc));
    }

    function report(uint256 key, uint64 time, uint64 eth, uint64 btc) internal view returns (bytes memory) {
        uint64[] memory prices = new uint64[](2);
        (prices[0], prices[1]) = (eth, btc);
        return reportOf(key, time, prices);
    }

    /// @dev By two oracles, of any number of markets.
    function reportsOf(uint64 time, uint64[] memory prices) internal view returns (bytes memory) {
        return bytes.concat(reportOf(oracleKeys[0], time, prices), reportOf(oracleKeys[1], time, prices));
    }

    function reportOf(uint256 key, uint64 time, uint64[] memory prices) internal view returns (bytes memory) {
        bytes memory body = abi.encodePacked(time);
        for (uint256 i = 0; i < prices.length; ++i) {
            body = abi.encodePacked(body, prices[i]);
        }
        // Packed, every element of an array takes a word of its own.
        bytes32 kind = keccak256("PriceReport(uint64 time,uint64[] pricesE8)");
        bytes32 structHash = keccak256(abi.encode(kind, time, keccak256(abi.encodePacked(prices))));
        return bytes.concat(body, sign(key, structHash));
    }

    /// @dev 64 bytes: r, and s with the parity in its top bit (ERC-2098).
    function sign(uint256 key, bytes32 structHash) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, Plain.typed(separator(), structHash));
        return abi.encodePacked(r, (uint256(v - 27) << 255) | uint256(s));
    }

    /// @dev 65 bytes: r, s, v.
    function signLong(uint256 key, bytes32 structHash) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, Plain.typed(separator(), structHash));
        return abi.encodePacked(r, s, v);
    }

    function separator() internal view returns (bytes32) {
        return Plain.domainSeparator(address(settlement));
    }

    // -------------------------------------------------------------- entries

    function rows() internal pure returns (Plain.Row[] memory list) {
        list = new Plain.Row[](2);
        list[0] = Plain.Row("ETH-USD", ethConfig().lotE8, ethConfig().tickE8);
        list[1] = Plain.Row("BTC-USD", btcConfig().lotE8, btcConfig().tickE8);
    }

    function orderWord(
        uint32 account,
        uint8 market,
        uint8 action,
        uint40 lots,
        uint32 limit,
        uint56 nonce
    ) internal view returns (uint256) {
        uint40 expiry = uint40(block.timestamp + 1 days);
        return word(account, market, action, (uint256(lots) << 32) | limit, expiry, nonce);
    }

    function word(
        uint32 account,
        uint8 market,
        uint8 action,
        uint256 amount,
        uint40 expiry,
        uint56 nonce
    ) internal pure returns (uint256) {
        uint256 packed = (uint256(account) << 16) | (uint256(market) << 8) | action;
        packed = (packed << 72) | amount;
        packed = (packed << 40) | expiry;
        packed = (packed << 56) | nonce;
        return packed << 32;
    }

    function addOrder(Draft memory d, uint256 key, uint256 packed) internal view {
        _add(d, key, packed, address(0), "");
    }

    function addCancel(Draft memory d, uint256 key, uint32 account, uint8 market, uint56 nonce) internal view {
        _add(d, key, word(account, market, CANCEL, 0, NEVER, nonce), address(0), "");
    }

    function addWithdrawal(
        Draft memory d,
        uint256 key,
        uint32 account,
        uint64 amountE6,
        address recipient,
        uint56 nonce
    ) internal view {
        uint40 expiry = uint40(block.timestamp + 1 days);
        uint256 packed = word(account, 0, WITHDRAW, amountE6, expiry, nonce);
        _add(d, key, packed, recipient, abi.encodePacked(recipient));
    }

    /// @dev A risk entry: its word alone, signed by nobody.
    function addRisk(Draft memory d, uint256 packed) internal pure {
        d.entries = bytes.concat(d.entries, bytes32(packed));
        d.entryWords = _append(_append(d.entryWords, packed), 0);
        ++d.header.entries;
    }

    function _add(Draft memory d, uint256 key, uint256 packed, address recipient, bytes memory tail) private view {
        bytes memory signature = sign(key, Plain.entryHash(packed, recipient, "USD", rows()));
        d.entries = bytes.concat(d.entries, bytes32(packed), signature, tail);
        d.entryWords = _append(_append(d.entryWords, packed), uint160(vm.addr(key)));
        ++d.header.entries;
    }

    function addFill(Draft memory d, uint16 maker, uint16 taker, uint48 lots) internal pure {
        d.fills = bytes.concat(d.fills, abi.encodePacked(maker, taker, lots));
        ++d.header.fills;
    }

    function addOutcome(Draft memory d, uint8 code, uint64 amountE6) internal pure {
        d.outcomes = bytes.concat(d.outcomes, abi.encodePacked(code, amountE6));
        ++d.header.requests;
    }

    // ------------------------------------------------------- expected inputs

    /// @dev The words of a draft whose marks are the fixture's prices, built field by field from `docs/encoding.md`.
    function expectedWords(Draft memory d) internal view returns (uint256[] memory words) {
        (, uint256 n, uint256 f, uint256 r) = settlement.verifier(d.header.shape);
        words = new uint256[](8 + 2 * n + (f + 2) / 3 + 2 * r);
        words[0] = settlement.domainWord();
        words[1] = uint256(
            bytes32(
                abi.encodePacked(
                    bytes3(0),
                    d.header.number,
                    d.header.timestamp,
                    d.header.entries,
                    d.header.fills,
                    d.header.requests,
                    uint16(2),
                    settlement.queueHead()
                )
            )
        );
        (words[2], words[3]) = (d.header.oldRoot, d.header.newRoot);
        words[4] = (uint256(30_000) << 168) | (uint256(60_000) << 112);
        words[6] = (_step(d.header.fundingSteps[0]) << 168) | (_step(d.header.fundingSteps[1]) << 112);
        for (uint256 i = 0; i < d.entryWords.length; ++i) {
            words[8 + i] = d.entryWords[i];
        }
        for (uint256 i = 0; i < d.header.fills; ++i) {
            words[8 + 2 * n + i / 3] |= _field(d.fills, 10 * i, 10) << (160 - 80 * (i % 3));
        }
        for (uint256 i = 0; i < d.header.requests; ++i) {
            (words[8 + 2 * n + (f + 2) / 3 + 2 * i],) = settlement.request(settlement.queueHead() + uint64(i));
            words[8 + 2 * n + (f + 2) / 3 + 2 * i + 1] = _field(d.outcomes, 9 * i, 9);
        }
    }

    function expectedInputs(Draft memory d) internal view returns (uint256[3] memory) {
        return Plain.inputs(expectedWords(d), d.header.h);
    }

    function _step(int64 step) private pure returns (uint256) {
        return uint256(int256(step) + 2 ** 55);
    }

    function _field(bytes memory data, uint256 from, uint256 size) private pure returns (uint256 value) {
        for (uint256 i = 0; i < size; ++i) {
            value = (value << 8) | uint8(data[from + i]);
        }
    }

    function _append(uint256[] memory list, uint256 item) private pure returns (uint256[] memory longer) {
        longer = new uint256[](list.length + 1);
        for (uint256 i = 0; i < list.length; ++i) {
            longer[i] = list[i];
        }
        longer[list.length] = item;
    }
}
