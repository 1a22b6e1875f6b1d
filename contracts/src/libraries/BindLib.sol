// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Poseidon2Lib} from "./Poseidon2Lib.sol";

/// @title From the words of a batch to the three public inputs of its proof (claim C1).
/// @notice Contract twin of `zkclear/crypto/bind.py`; vectors: `bind.json`.
/// @dev `h`, the circuit's own hash of its words, is fixed before `r` is known, and so are the contract's words. If then
/// `sum d_i * r^i` agrees on both sides, the words agree, but with a chance of W in 2^248.
library BindLib {
    /// @notice The public inputs `h, r, y`.
    /// @param wordsAndH The words `d_0 .. d_(W-1)`, each below 2^255, and then `h`.
    function inputs(uint256[] memory wordsAndH) internal pure returns (uint256[3] memory) {
        uint256 h = wordsAndH[wordsAndH.length - 1];
        uint256 r = challenge(wordsAndH);
        return [h, r, evaluate(wordsAndH, r)];
    }

    /// @notice `keccak256(d_0 .. d_(W-1), h) >> 8`: 248 bits, below the field modulus.
    function challenge(uint256[] memory wordsAndH) internal pure returns (uint256 r) {
        assembly ("memory-safe") {
            r := shr(8, keccak256(add(wordsAndH, 0x20), shl(5, mload(wordsAndH))))
        }
    }

    /// @notice `sum d_i * r^i mod p` over all elements but the last, by Horner's rule from the top, eight words a turn.
    /// @dev `mulmod` leaves less than p < 2^254 and a word is below 2^255, so the plain sums cannot wrap; one reduction at
    /// the end is enough.
    function evaluate(uint256[] memory wordsAndH, uint256 r) internal pure returns (uint256 y) {
        uint256 p = Poseidon2Lib.P;
        assembly ("memory-safe") {
            let start := add(wordsAndH, 0x20)
            let cursor := add(wordsAndH, shl(5, mload(wordsAndH))) // the last element is h and stays out
            for {} and(sub(cursor, start), 0xff) {} {
                cursor := sub(cursor, 0x20)
                y := add(mulmod(y, r, p), mload(cursor))
            }
            for {} gt(cursor, start) {} {
                y := add(mulmod(y, r, p), mload(sub(cursor, 0x20)))
                y := add(mulmod(y, r, p), mload(sub(cursor, 0x40)))
                y := add(mulmod(y, r, p), mload(sub(cursor, 0x60)))
                y := add(mulmod(y, r, p), mload(sub(cursor, 0x80)))
                y := add(mulmod(y, r, p), mload(sub(cursor, 0xa0)))
                y := add(mulmod(y, r, p), mload(sub(cursor, 0xc0)))
                y := add(mulmod(y, r, p), mload(sub(cursor, 0xe0)))
                cursor := sub(cursor, 0x100)
                y := add(mulmod(y, r, p), mload(cursor))
            }
            y := mod(y, p)
        }
    }
}
