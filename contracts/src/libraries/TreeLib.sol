// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../interfaces/ISettlement.sol";
import {MarketLib} from "./MarketLib.sol";
import {Poseidon2Lib} from "./Poseidon2Lib.sol";

/// @title Hashes of the state: nodes, leaves, markets and the root of a new exchange.
/// @notice Contract twin of `zkclear/crypto/tree.py`; vectors: `tree.json`.
/// @dev The contract computes its first root itself, in the constructor, so that nobody has to be trusted for it (C11).
library TreeLib {
    uint256 internal constant ACCOUNT = 1;
    uint256 internal constant SLOT = 2;
    uint256 internal constant MARKET = 3;
    uint256 internal constant STATE = 4;

    /// @notice Levels of the account tree: four children a node, 2^24 accounts.
    uint256 internal constant DEPTH = 12;
    uint256 internal constant SLOT_DEPTH = 5;
    /// @notice Market rows of every shape.
    uint256 internal constant MARKETS = 8;
    uint256 internal constant ACCOUNTS = 4 ** DEPTH;

    uint256 private constant QUOTE_OFFSET = 2 ** 62;
    uint256 private constant SIZE_OFFSET = 2 ** 40;
    uint256 private constant FUNDING_OFFSET = 2 ** 62;

    /// @notice A node from its four children: `sum_i (x_i + P(x)_i)`.
    /// @dev The sum of the inputs is what makes it one-way: the permutation alone could be run backwards.
    function compress(uint256 a, uint256 b, uint256 c, uint256 d) internal pure returns (uint256) {
        uint256 p = Poseidon2Lib.P;
        uint256[4] memory state = [a, b, c, d];
        Poseidon2Lib.permute(state);
        uint256 fed = addmod(addmod(a, b, p), addmod(c, d, p), p);
        uint256 out = addmod(addmod(state[0], state[1], p), addmod(state[2], state[3], p), p);
        return addmod(fed, out, p);
    }

    /// @notice The sponge of rate 3, with tag and length in the capacity; at least one permutation.
    /// @dev Elements below the modulus.
    function sponge(uint256 tag, uint256[] memory elements) internal pure returns (uint256) {
        uint256 p = Poseidon2Lib.P;
        uint256[4] memory state;
        state[3] = (tag << 64) + elements.length;
        uint256 next = 0;
        do {
            for (uint256 lane = 0; lane < 3 && next < elements.length; ++lane) {
                state[lane] = addmod(state[lane], elements[next++], p);
            }
            Poseidon2Lib.permute(state);
        } while (next < elements.length);
        return state[0];
    }

    /// @notice The root of a new exchange: accounts 0 (no owner) and 1 (`feeRecipient`), both empty; the listed markets
    /// without a price; `timestamp`; no dust.
    function genesisRoot(
        ISettlement.MarketConfig[] memory listed,
        address feeRecipient,
        uint256 timestamp
    ) internal pure returns (uint256) {
        uint256[] memory elements = new uint256[](3);
        elements[0] = _genesisAccounts(feeRecipient);
        elements[1] = _genesisMarkets(listed);
        elements[2] = timestamp << 64;
        return sponge(STATE, elements);
    }

    /// @notice The leaf of an account that was opened and in which nothing has happened.
    function emptyAccount(address owner) internal pure returns (uint256) {
        uint256 position = (SIZE_OFFSET << 63) + FUNDING_OFFSET;
        uint256[] memory elements = new uint256[](3 + MARKETS / 2);
        elements[0] = (uint256(uint160(owner)) << 64) + QUOTE_OFFSET;
        elements[2] = unusedSlots();
        for (uint256 i = 3; i < elements.length; ++i) {
            elements[i] = (position << 104) + position;
        }
        return sponge(ACCOUNT, elements);
    }

    /// @notice The root of 1,024 slots that no order ever used.
    function unusedSlots() internal pure returns (uint256 node) {
        node = SLOT << 96;
        for (uint256 level = 0; level < SLOT_DEPTH; ++level) {
            node = compress(node, node, node, node);
        }
    }

    /// @notice The hash of a market's rules.
    function configHash(ISettlement.MarketConfig memory config) internal pure returns (uint256) {
        uint256[] memory elements = new uint256[](3);
        (elements[0], elements[1], elements[2]) = MarketLib.words(config);
        return sponge(MARKET, elements);
    }

    function _genesisAccounts(address feeRecipient) private pure returns (uint256 node) {
        uint256 empty = 0; // an account never opened
        node = compress(emptyAccount(address(0)), emptyAccount(feeRecipient), empty, empty);
        for (uint256 level = 1; level < DEPTH; ++level) {
            empty = compress(empty, empty, empty, empty);
            node = compress(node, empty, empty, empty);
        }
    }

    function _genesisMarkets(ISettlement.MarketConfig[] memory listed) private pure returns (uint256) {
        ISettlement.MarketConfig memory unlisted;
        uint256[] memory elements = new uint256[](2 * MARKETS);
        for (uint256 i = 0; i < MARKETS; ++i) {
            bool isListed = i < listed.length;
            elements[2 * i] = configHash(isListed ? listed[i] : unlisted);
            elements[2 * i + 1] = isListed ? FUNDING_OFFSET << 48 : 0;
        }
        return sponge(MARKET, elements);
    }
}
