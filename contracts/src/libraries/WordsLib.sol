// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../interfaces/ISettlement.sol";
import {Poseidon2Lib} from "./Poseidon2Lib.sol";
import {TreeLib} from "./TreeLib.sol";

/// @title The words of a batch, as the contract builds them from calldata and storage.
/// @notice Contract twin of `zkclear/rules/words.py`; vectors: `words.json`; layout: `docs/encoding.md`.
/// @dev The array has one element more than the batch has words: the last one is `h`, which `BindLib` hashes with them.
/// Every function writes a part of its own into zeroed memory, so that padding needs no code.
library WordsLib {
    uint256 private constant MARK_WORDS = (TreeLib.MARKETS + 3) / 4;
    uint256 private constant MARKS_AT = 4;
    uint256 private constant STEPS_AT = MARKS_AT + MARK_WORDS;
    /// @notice Where the entries begin.
    uint256 internal constant ENTRIES_AT = STEPS_AT + MARK_WORDS;

    uint256 private constant FILL_BYTES = 10;
    uint256 private constant FILLS_A_WORD = 3;
    uint256 private constant FILL_WORD_BYTES = FILL_BYTES * FILLS_A_WORD;
    uint256 private constant OUTCOME_BYTES = 9;
    int256 private constant STEP_BOUND = 2 ** 55;

    /// @notice Room for the words of a shape and `h`.
    function room(ISettlement.Shape memory shape) internal pure returns (uint256[] memory) {
        return new uint256[](_requestsAt(shape) + 2 * uint256(shape.requests) + 1);
    }

    /// @notice Domain, counts, roots, marks and funding steps; `h` at the end.
    /// @dev Reverts with BadLength (steps), FieldOverflow (roots, `h`, steps). `marks` are ticks below 2^32.
    function writeHead(
        uint256[] memory words,
        ISettlement.Header calldata header,
        uint256 domain,
        uint256 firstRequest,
        uint256[] memory marks
    ) internal pure {
        words[0] = domain;
        words[1] = _counts(header, marks.length, firstRequest);
        words[2] = _element(header.oldRoot);
        words[3] = _element(header.newRoot);
        words[words.length - 1] = _element(header.h);
        require(
            header.fundingSteps.length == marks.length, ISettlement.BadLength(marks.length, header.fundingSteps.length)
        );
        for (uint256 i = 0; i < marks.length; ++i) {
            uint256 shift = 56 * (3 - (i & 3));
            words[MARKS_AT + i / 4] |= marks[i] << shift;
            words[STEPS_AT + i / 4] |= _step(header.fundingSteps[i]) << shift;
        }
    }

    /// @notice Three fills of 10 bytes a word, in the high 240 of 248 - 8 bits, as `words.py` packs them.
    /// @dev The bytes of a fill are its fields in order, so a word is 30 bytes of calldata.
    function writeFills(uint256[] memory words, ISettlement.Shape memory shape, bytes calldata fills) internal pure {
        uint256 place = _fillsAt(shape);
        for (uint256 start = 0; start < fills.length; start += FILL_WORD_BYTES) {
            uint256 end = start + FILL_WORD_BYTES < fills.length ? start + FILL_WORD_BYTES : fills.length;
            words[place++] = uint240(bytes30(fills[start:end])); // the slice's missing bytes become 0
        }
    }

    /// @notice Payload and outcome of each consumed request.
    function writeRequests(
        uint256[] memory words,
        ISettlement.Shape memory shape,
        uint256[] memory payloads,
        bytes calldata outcomes
    ) internal pure {
        uint256 place = _requestsAt(shape);
        for (uint256 i = 0; i < payloads.length; ++i) {
            words[place++] = payloads[i];
            words[place++] = uint72(bytes9(outcomes[OUTCOME_BYTES * i:]));
        }
    }

    /// @notice Reverts with BadLength unless a section of `count` rows of `size` bytes has its length.
    function checkLength(uint256 count, uint256 size, uint256 given) internal pure {
        require(given == count * size, ISettlement.BadLength(count * size, given));
    }

    /// @notice Reverts with BadLength unless there are `count` fills.
    function checkFills(uint256 count, bytes calldata fills) internal pure {
        checkLength(count, FILL_BYTES, fills.length);
    }

    /// @notice Reverts with BadLength unless there are `count` outcomes.
    function checkOutcomes(uint256 count, bytes calldata outcomes) internal pure {
        checkLength(count, OUTCOME_BYTES, outcomes.length);
    }

    /// @notice Code and amount of outcome `i`.
    function outcomeAt(bytes calldata outcomes, uint256 i) internal pure returns (uint8 code, uint64 amountE6) {
        uint72 packed = uint72(bytes9(outcomes[OUTCOME_BYTES * i:]));
        return (uint8(packed >> 64), uint64(packed));
    }

    function _fillsAt(ISettlement.Shape memory shape) private pure returns (uint256) {
        return ENTRIES_AT + 2 * uint256(shape.entries);
    }

    function _requestsAt(ISettlement.Shape memory shape) private pure returns (uint256) {
        return _fillsAt(shape) + (uint256(shape.fills) + FILLS_A_WORD - 1) / FILLS_A_WORD;
    }

    /// @dev number 64, timestamp 40, entries 16, fills 16, requests 16, listed markets 16, first request 64.
    function _counts(
        ISettlement.Header calldata header,
        uint256 listed,
        uint256 firstRequest
    ) private pure returns (uint256 word) {
        word = header.number;
        word = (word << 40) | header.timestamp;
        word = (word << 16) | header.entries;
        word = (word << 16) | header.fills;
        word = (word << 16) | header.requests;
        word = (word << 16) | listed;
        word = (word << 64) | firstRequest;
    }

    function _element(uint256 value) private pure returns (uint256) {
        require(value < Poseidon2Lib.P, ISettlement.FieldOverflow(value));
        return value;
    }

    function _step(int256 step) private pure returns (uint256) {
        require(step > -STEP_BOUND && step < STEP_BOUND, ISettlement.FieldOverflow(uint256(step)));
        return uint256(step + STEP_BOUND);
    }
}
