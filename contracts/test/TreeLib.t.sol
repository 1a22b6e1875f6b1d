// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {Poseidon2Lib} from "../src/libraries/Poseidon2Lib.sol";
import {TreeLib} from "../src/libraries/TreeLib.sol";
import {PlainPoseidon2} from "./support/PlainPoseidon2.sol";
import {Vectors} from "./support/Vectors.sol";

// Poseidon2 and the tree, against the vectors that Python and gnark replay
// ├── permute, compress, sponge: every case
// ├── the Yul permutation against a plain one
// └── leaf of an empty account, unused slots, configuration hash, root of a new exchange
contract TreeLibTest is Vectors {
    function test_PermutationsAreThoseOfTheVectors() public view {
        string memory json = load("poseidon2");
        uint256 replayed = 0;
        for (uint256 i = 0; i < count(json); ++i) {
            Case memory c = caseAt(json, i);
            if (rejected(c) || !calls(c, "permute")) continue;
            uint256[4] memory state = _four(numbers(c, ".in.state"));
            uint256[] memory expected = numbers(c, ".out");
            Poseidon2Lib.permute(state);
            for (uint256 lane = 0; lane < 4; ++lane) {
                assertEq(state[lane], expected[lane], label(c));
            }
            ++replayed;
        }
        assertTrue(replayed >= 4, "permutations were replayed");
    }

    function test_NodesAreThoseOfTheVectors() public view {
        string memory json = load("poseidon2");
        uint256 replayed = 0;
        for (uint256 i = 0; i < count(json); ++i) {
            Case memory c = caseAt(json, i);
            if (rejected(c) || !calls(c, "compress")) continue;
            uint256[4] memory x = _four(numbers(c, ".in.children"));
            assertEq(TreeLib.compress(x[0], x[1], x[2], x[3]), number(c, ".out"), label(c));
            ++replayed;
        }
        assertTrue(replayed >= 4, "nodes were replayed");
    }

    function test_SpongesAreThoseOfTheVectors() public view {
        string memory json = load("poseidon2");
        uint256 replayed = 0;
        for (uint256 i = 0; i < count(json); ++i) {
            Case memory c = caseAt(json, i);
            if (rejected(c) || !calls(c, "sponge")) continue;
            assertEq(TreeLib.sponge(number(c, ".in.tag"), numbers(c, ".in.elements")), number(c, ".out"), label(c));
            ++replayed;
        }
        assertTrue(replayed >= 4, "sponges were replayed");
    }

    function test_UnusedSlotsAreThoseOfTheVectors() public view {
        string memory json = load("tree");
        uint256 replayed = 0;
        for (uint256 i = 0; i < count(json); ++i) {
            Case memory c = caseAt(json, i);
            if (!calls(c, "slots_root") || length(c, ".in.slots") > 0) continue;
            assertEq(TreeLib.unusedSlots(), number(c, ".out"), label(c));
            ++replayed;
        }
        assertEq(replayed, 1, "the root of unused slots was replayed");
    }

    function test_ConfigurationHashesAreThoseOfTheVectors() public view {
        string memory json = load("tree");
        uint256 replayed = 0;
        for (uint256 i = 0; i < count(json); ++i) {
            Case memory c = caseAt(json, i);
            if (rejected(c) || !calls(c, "market_config_hash")) continue;
            assertEq(TreeLib.configHash(config(c, ".in.config")), number(c, ".out"), label(c));
            ++replayed;
        }
        assertTrue(replayed >= 2, "configuration hashes were replayed");
    }

    /// @dev Only states with as many market rows as the deployed shapes have.
    function test_C11_GenesisRootsAreThoseOfTheVectors() public view {
        string memory json = load("tree");
        uint256 replayed = 0;
        for (uint256 i = 0; i < count(json); ++i) {
            Case memory c = caseAt(json, i);
            if (rejected(c) || !calls(c, "state_root")) continue;
            if (!_isGenesis(c)) continue;
            ISettlement.MarketConfig[] memory listed = new ISettlement.MarketConfig[](length(c, ".in.state.markets"));
            for (uint256 row = 0; row < listed.length; ++row) {
                listed[row] = config(c, string.concat(element(".in.state.markets", row), ".config"));
            }
            address feeRecipient = address(uint160(number(c, ".in.state.accounts[1].owner")));
            uint256 root = TreeLib.genesisRoot(listed, feeRecipient, number(c, ".in.state.timestamp"));
            assertEq(root, number(c, ".out"), label(c));
            ++replayed;
        }
        assertTrue(replayed >= 2, "genesis roots were replayed");
    }

    function testFuzz_PermutationEqualsItsPlainTwin(uint256 a, uint256 b, uint256 c, uint256 d) public pure {
        uint256 p = Poseidon2Lib.P;
        uint256[4] memory fast = [a % p, b % p, c % p, d % p];
        uint256[4] memory plain = [a % p, b % p, c % p, d % p];
        Poseidon2Lib.permute(fast);
        PlainPoseidon2.permute(plain);
        for (uint256 lane = 0; lane < 4; ++lane) {
            assertEq(fast[lane], plain[lane], "lane");
        }
    }

    function _isGenesis(Case memory c) private view returns (bool) {
        return number(c, ".in.state.rows") == TreeLib.MARKETS && length(c, ".in.state.accounts") == 2;
    }

    function _four(uint256[] memory list) private pure returns (uint256[4] memory) {
        return [list[0], list[1], list[2], list[3]];
    }
}
