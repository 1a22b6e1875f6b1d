// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BindLib} from "../src/libraries/BindLib.sol";
import {Poseidon2Lib} from "../src/libraries/Poseidon2Lib.sol";
import {TreeLib} from "../src/libraries/TreeLib.sol";
import {Plain} from "./support/Plain.sol";
import {Vectors} from "./support/Vectors.sol";

// BindLib
// ├── challenge and polynomial: every case of the vectors
// ├── the Yul sum against the plain one, for every remainder of eight
// └── each word, each order of words and h change the inputs
contract BindLibTest is Vectors {
    uint256 private constant BATCH = 5;

    function test_C1_BindingsAreThoseOfTheVectors() public view {
        string memory json = load("bind");
        uint256 replayed = 0;
        for (uint256 i = 0; i < count(json); ++i) {
            Case memory c = caseAt(json, i);
            if (rejected(c) || !calls(c, "bind")) continue;
            uint256[] memory words = numbers(c, ".in.words");
            uint256 h = number(c, ".out.h");
            assertEq(TreeLib.sponge(BATCH, words), h, label(c));
            uint256[3] memory inputs = BindLib.inputs(_with(words, h));
            assertEq(inputs[0], h, label(c));
            assertEq(inputs[1], number(c, ".out.r"), label(c));
            assertEq(inputs[2], number(c, ".out.y"), label(c));
            ++replayed;
        }
        assertTrue(replayed >= 5, "bindings were replayed");
    }

    function test_C1_SumsAreThoseOfTheVectors() public view {
        string memory json = load("bind");
        uint256 replayed = 0;
        for (uint256 i = 0; i < count(json); ++i) {
            Case memory c = caseAt(json, i);
            if (rejected(c) || !calls(c, "horner")) continue;
            uint256[] memory words = numbers(c, ".in.words");
            assertEq(BindLib.evaluate(_with(words, 1), number(c, ".in.r")), number(c, ".out"), label(c));
            ++replayed;
        }
        assertTrue(replayed >= 1, "sums were replayed");
    }

    function test_TheSumEqualsItsPlainTwinForEveryLength() public pure {
        for (uint256 length = 0; length <= 40; ++length) {
            uint256[] memory words = _random(length, length);
            _compare(words, uint256(keccak256(abi.encode(length))));
        }
    }

    function testFuzz_TheSumEqualsItsPlainTwin(uint256 seed, uint256 length, uint256 h) public pure {
        _compare(_random(seed, bound(length, 0, 300)), h);
    }

    /// @dev The widest that a word may be: nothing wraps.
    function test_TheSumHoldsTheWidestWords() public pure {
        uint256[] memory words = new uint256[](33);
        for (uint256 i = 0; i < words.length; ++i) {
            words[i] = Poseidon2Lib.P - 1;
        }
        _compare(words, Poseidon2Lib.P - 1);
    }

    function testFuzz_C1_EveryChangeOfAWordChangesTheInputs(uint256 seed, uint256 index, uint256 change) public pure {
        uint256[] memory words = _random(seed, 60);
        uint256[3] memory before = BindLib.inputs(_with(words, 7));
        index = bound(index, 0, 59);
        words[index] = (words[index] + bound(change, 1, 2 ** 248 - 1)) % 2 ** 248;
        uint256[3] memory changed = BindLib.inputs(_with(words, 7));
        assertTrue(before[1] != changed[1], "r follows every word");
        assertTrue(before[2] != changed[2], "y follows every word");
    }

    function test_C1_TheChallengeFollowsH() public pure {
        uint256[] memory words = _random(1, 60);
        assertTrue(BindLib.inputs(_with(words, 7))[1] != BindLib.inputs(_with(words, 8))[1], "r follows h");
    }

    function _compare(uint256[] memory words, uint256 h) private pure {
        uint256[3] memory expected = Plain.inputs(words, h);
        uint256[3] memory actual = BindLib.inputs(_with(words, h));
        for (uint256 i = 0; i < 3; ++i) {
            assertEq(actual[i], expected[i], "public input");
        }
    }

    function _with(uint256[] memory words, uint256 h) private pure returns (uint256[] memory all) {
        all = new uint256[](words.length + 1);
        for (uint256 i = 0; i < words.length; ++i) {
            all[i] = words[i];
        }
        all[words.length] = h;
    }

    function _random(uint256 seed, uint256 length) private pure returns (uint256[] memory words) {
        words = new uint256[](length);
        for (uint256 i = 0; i < length; ++i) {
            words[i] = uint256(keccak256(abi.encode(seed, i))) >> 8;
        }
    }
}
