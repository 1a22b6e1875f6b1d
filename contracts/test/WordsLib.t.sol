// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {RequestLib} from "../src/libraries/RequestLib.sol";
import {WordsLib} from "../src/libraries/WordsLib.sol";
import {Vectors} from "./support/Vectors.sol";

/// @notice `settle`'s order of calls, with entries already read and marks already known.
contract WordsHarness {
    function words(
        ISettlement.Shape memory shape,
        ISettlement.Header calldata header,
        uint256[4] calldata domainAndFirstRequest,
        uint256[][3] calldata marksEntriesPayloads,
        bytes calldata fills,
        bytes calldata outcomes
    ) external pure returns (uint256[] memory list) {
        list = WordsLib.room(shape);
        for (uint256 i = 0; i < marksEntriesPayloads[1].length; ++i) {
            list[WordsLib.ENTRIES_AT + i] = marksEntriesPayloads[1][i];
        }
        WordsLib.writeFills(list, shape, fills);
        WordsLib.writeRequests(list, shape, marksEntriesPayloads[2], outcomes);
        WordsLib.writeHead(list, header, domainAndFirstRequest[0], domainAndFirstRequest[1], marksEntriesPayloads[0]);
    }
}

// WordsLib and RequestLib
// ├── request words: every kind, as the vectors have them
// ├── the words of a whole batch: every case of the deployed shapes
// └── which outcomes a request can have
contract WordsLibTest is Vectors {
    function test_RequestWordsAreThoseOfTheVectors() public view {
        string memory json = load("words");
        uint256 kinds = 0;
        for (uint256 i = 0; i < count(json); ++i) {
            Case memory c = caseAt(json, i);
            if (rejected(c) || !calls(c, "request_word")) continue;
            assertEq(_requestWord(c, ".in.request"), number(c, ".out"), label(c));
            kinds |= 1 << number(c, ".in.request.kind");
        }
        assertEq(kinds, 0xfe, "kinds 1 to 7 were replayed");
    }

    function test_C1_BatchWordsAreThoseOfTheVectors() public {
        string memory json = load("words");
        uint256 replayed = 0;
        for (uint256 i = 0; i < count(json); ++i) {
            Case memory c = caseAt(json, i);
            if (rejected(c) || !calls(c, "batch_words") || _shapeOf(c).verifier == address(0)) continue;
            _replayBatch(c);
            ++replayed;
        }
        assertTrue(replayed >= 2, "batches were replayed");
    }

    function testFuzz_C9_OnlyAWithdrawalPaysAndNeverMoreThanAsked(uint64 asked, uint64 paid) public pure {
        uint8 done = RequestLib.EXECUTED;
        assertTrue(_allows(RequestLib.withdrawing(2, asked), done, paid) == (paid <= asked), "a withdrawal");
        assertTrue(_allows(RequestLib.depositing(2, asked), done, paid) == (paid == 0), "a deposit");
        assertTrue(_allows(RequestLib.opening(2, address(1)), done, paid) == (paid == 0), "an opening");
        assertTrue(_allows(RequestLib.appointing(2, address(1), 1), done, paid) == (paid == 0), "an agent");
    }

    function testFuzz_C9_AnExecutedRiskRequestMovesOneLotToTheMostAsked(uint40 asked, uint64 lots) public pure {
        bool fits = lots >= 1 && lots <= asked;
        uint8 done = RequestLib.EXECUTED;
        assertTrue(_allows(RequestLib.closing(2, 7, asked), done, lots) == fits, "a close");
        assertTrue(_allows(RequestLib.liquidating(2, 7, asked, 3), done, lots) == fits, "a takeover");
    }

    /// @dev Beside EXECUTED, each kind has its own codes, and none of them moves anything.
    function test_C9_EachKindHasItsOwnOutcomes() public pure {
        for (uint256 code = 0; code < 256; ++code) {
            if (code == RequestLib.EXECUTED) continue;
            bool takeover = code == 2 || code == 3 || code == 4;
            bool close = code == 2 || code == 5;
            _onlyWithoutAmount(RequestLib.liquidating(2, 0, 9, 3), uint8(code), takeover);
            _onlyWithoutAmount(RequestLib.closing(2, 0, 9), uint8(code), close);
            _onlyWithoutAmount(RequestLib.opening(2, address(1)), uint8(code), false);
            _onlyWithoutAmount(RequestLib.depositing(2, 9), uint8(code), false);
            _onlyWithoutAmount(RequestLib.withdrawing(2, 9), uint8(code), false);
            _onlyWithoutAmount(RequestLib.appointing(2, address(1), 1), uint8(code), false);
            _onlyWithoutAmount(RequestLib.configuring(2, 9), uint8(code), false);
        }
    }

    function testFuzz_C9_AMarketsOutcomeIsTheRestOfItsHash(uint256 configHash, uint64 amount) public pure {
        uint248 payload = RequestLib.configuring(5, configHash);
        uint64 rest = uint64(configHash >> 200);
        assertTrue(RequestLib.allows(payload, RequestLib.EXECUTED, rest, configHash), "the high bits");
        bool same = amount == rest;
        assertTrue(RequestLib.allows(payload, RequestLib.EXECUTED, amount, configHash) == same, "any other amount");
        assertEq(uint200(payload), uint200(configHash), "the low bits are in the payload");
    }

    function testFuzz_TheFieldsOfARequestCanBeReadBack(
        uint32 account,
        uint8 market,
        uint40 lots,
        uint32 taker
    ) public pure {
        uint248 payload = RequestLib.liquidating(account, market, lots, taker);
        assertEq(RequestLib.kindOf(payload), RequestLib.LIQUIDATE, "kind");
        assertEq(RequestLib.accountOf(payload), account, "account");
        assertEq(RequestLib.marketOf(payload), market, "market");
        assertEq(RequestLib.maxLotsOf(payload), lots, "lots");
        assertEq(RequestLib.takerOf(payload), taker, "taker");
        payload = RequestLib.closing(account, market, lots);
        assertEq(RequestLib.kindOf(payload), RequestLib.CLOSE, "kind of a close");
        assertEq(RequestLib.maxLotsOf(payload), lots, "lots of a close");
    }

    function _onlyWithoutAmount(uint248 payload, uint8 code, bool allowed) private pure {
        assertTrue(_allows(payload, code, 0) == allowed, "an outcome of its kind");
        assertTrue(!_allows(payload, code, 1), "an outcome that moves nothing");
    }

    function _allows(uint248 payload, uint8 code, uint64 amount) private pure returns (bool) {
        return RequestLib.allows(payload, code, amount, 0);
    }

    /// @dev The deployed shapes; a test-only shape has other markets, so its words lie elsewhere.
    function _shapeOf(Case memory c) private pure returns (ISettlement.Shape memory) {
        bytes32 name = keccak256(bytes(text(c, ".in.shape")));
        if (name == keccak256("tiny")) return ISettlement.Shape(4, 4, 4, address(1));
        if (name == keccak256("small")) return ISettlement.Shape(64, 96, 16, address(1));
        return ISettlement.Shape(0, 0, 0, address(0));
    }

    function _replayBatch(Case memory c) private {
        WordsHarness harness = new WordsHarness();
        uint256[] memory expected = numbers(c, ".out");
        uint256[4] memory domainAndFirst = [number(c, ".in.domain"), number(c, ".in.batch.first_request"), 0, 0];
        uint256[][3] memory parts = [numbers(c, ".in.batch.marks"), _entries(c), _payloads(c)];
        uint256[] memory actual = harness.words(_shapeOf(c), _header(c), domainAndFirst, parts, _fills(c), _outcomes(c));
        assertEq(actual.length, expected.length + 1, label(c));
        for (uint256 i = 0; i < expected.length; ++i) {
            assertEq(actual[i], expected[i], string.concat(label(c), " word"));
        }
    }

    function _header(Case memory c) private view returns (ISettlement.Header memory header) {
        header.number = uint64(number(c, ".in.batch.number"));
        header.timestamp = uint40(number(c, ".in.batch.timestamp"));
        header.entries = uint16(length(c, ".in.batch.entries"));
        header.fills = uint16(length(c, ".in.batch.fills"));
        header.requests = uint16(length(c, ".in.batch.requests"));
        header.oldRoot = number(c, ".in.old_root");
        header.newRoot = number(c, ".in.new_root");
        header.fundingSteps = new int64[](length(c, ".in.batch.funding_steps"));
        for (uint256 i = 0; i < header.fundingSteps.length; ++i) {
            header.fundingSteps[i] = int64(signed(c, element(".in.batch.funding_steps", i)));
        }
    }

    function _entries(Case memory c) private view returns (uint256[] memory list) {
        list = new uint256[](2 * length(c, ".in.batch.entries"));
        for (uint256 i = 0; i < list.length; i += 2) {
            string memory key = element(".in.batch.entries", i / 2);
            uint256 packed = _field(c, key, ".account");
            packed = (packed << 8) | _field(c, key, ".market");
            packed = (packed << 8) | _field(c, key, ".action");
            packed = (packed << 40) | _field(c, key, ".lots");
            packed = (packed << 32) | _field(c, key, ".limit");
            packed = (packed << 40) | _field(c, key, ".expiry");
            packed = (packed << 56) | _field(c, key, ".nonce");
            list[i] = (packed << 32) | _field(c, key, ".trigger");
            list[i + 1] = _field(c, key, ".signer");
        }
    }

    function _payloads(Case memory c) private view returns (uint256[] memory list) {
        list = new uint256[](length(c, ".in.batch.requests"));
        for (uint256 i = 0; i < list.length; ++i) {
            list[i] = _requestWord(c, element(".in.batch.requests", i));
        }
    }

    function _fills(Case memory c) private view returns (bytes memory all) {
        for (uint256 i = 0; i < length(c, ".in.batch.fills"); ++i) {
            uint256[] memory fill = numbers(c, element(".in.batch.fills", i));
            all = bytes.concat(all, abi.encodePacked(uint16(fill[0]), uint16(fill[1]), uint48(fill[2])));
        }
    }

    function _outcomes(Case memory c) private view returns (bytes memory all) {
        for (uint256 i = 0; i < length(c, ".in.batch.outcomes"); ++i) {
            uint256[] memory outcome = numbers(c, element(".in.batch.outcomes", i));
            all = bytes.concat(all, abi.encodePacked(uint8(outcome[0]), uint64(outcome[1])));
        }
    }

    function _requestWord(Case memory c, string memory key) private pure returns (uint248) {
        uint256 kind = _field(c, key, ".kind");
        uint32 account = uint32(_field(c, key, ".account"));
        address who = address(uint160(_field(c, key, ".address")));
        uint64 amountE6 = uint64(_field(c, key, ".amount"));
        if (kind == RequestLib.OPEN) return RequestLib.opening(account, who);
        if (kind == RequestLib.DEPOSIT) return RequestLib.depositing(account, amountE6);
        if (kind == RequestLib.WITHDRAW) return RequestLib.withdrawing(account, amountE6);
        if (kind == RequestLib.AGENT) return RequestLib.appointing(account, who, uint40(_field(c, key, ".until")));
        uint8 market = uint8(_field(c, key, ".market"));
        if (kind == RequestLib.MARKET) return RequestLib.configuring(market, _field(c, key, ".config_hash"));
        uint40 lots = uint40(_field(c, key, ".lots"));
        if (kind == RequestLib.CLOSE) return RequestLib.closing(account, market, lots);
        return RequestLib.liquidating(account, market, lots, uint32(_field(c, key, ".taker")));
    }

    function _field(Case memory c, string memory key, string memory name) private pure returns (uint256) {
        return number(c, string.concat(key, name));
    }
}
