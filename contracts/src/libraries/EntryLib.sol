// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../interfaces/ISettlement.sol";
import {Eip712Lib} from "./Eip712Lib.sol";
import {WordsLib} from "./WordsLib.sol";

/// @title The entries of a batch: from packed words and signatures to words and signers.
/// @notice For each entry the EIP-712 digest that the wallet signed is rebuilt from the packed word, and ecrecover gives
/// the signer. The proof then decides whether that signer may do this; nothing is looked up here (claim C2).
/// @dev Contract twin of `entry_digest` in `zkclear/crypto/eip712.py`; the Yul loop has a plain twin in
/// `test/EntryLib.t.sol`. A word's bits that no digest covers must be 0 (a CANCEL's expiry all ones), so that each entry
/// has one encoding. A risk entry (0xc0 .. 0xc3) is its word alone: nobody signs it, the proof judges all its fields, and
/// its signer is 0, which no signature gives.
library EntryLib {
    uint256 private constant WORD_BYTES = 32;
    uint256 private constant ENTRY_BYTES = 96;
    uint256 private constant RECIPIENT_BYTES = 20;
    uint8 internal constant WITHDRAW = 0x80;

    uint256 private constant FAULT_ACTION = 1;
    uint256 private constant FAULT_SIGNATURE = 2;
    uint256 private constant FAULT_LENGTH = 3;
    uint256 private constant FAULT_FIELD = 4;

    /// @dev The desk: the loop's working memory, addressed from one pointer. Byte offsets.
    uint256 private constant ORDER = 0x000; // an Order's type hash and seven fields
    uint256 private constant DIGEST = 0x100; // 0x1901, domain separator, struct hash: 66 bytes
    uint256 private constant RECOVERY = 0x160; // what ecrecover reads: digest, v, r, s
    uint256 private constant MARKETS = 0x1e0; // how many are listed
    uint256 private constant ACTIONS = 0x200; // hashes of the 16 order actions
    uint256 private constant ROWS = 0x400; // name hash, lot, tick of each of at most 8 markets
    uint256 private constant INSTRUCTION = 0x700; // a Withdraw's or CancelOrder's type hash and fields
    uint256 private constant WITHDRAW_TYPE = 0x7e0;
    uint256 private constant CANCEL_TYPE = 0x800;
    uint256 private constant ASSET = 0x820;
    uint256 private constant ORIGIN = 0x840; // calldata offset of the first entry
    uint256 private constant LIMIT = 0x860; // calldata offset of their end
    uint256 private constant NOTES = 0x880; // where the withdrawals are noted, as an array
    uint256 private constant NOTE = 0x8a0; // where the next one is
    uint256 private constant FAULT = 0x8c0; // 0, or why the loop stopped
    uint256 private constant VALUE = 0x8e0; // what the error shows
    uint256 private constant LEFT = 0x900; // entries not read yet when it stopped
    uint256 private constant DESK_WORDS = 73;
    uint256 internal constant ROW_WORDS = 3;

    /// @notice What the digests need besides the entries. `rows` has three words a listed market: name hash, lot, tick.
    struct Context {
        bytes32 domainSeparator;
        bytes32 asset;
        uint256[] rows;
    }

    /// @notice Writes word and signer of `count` entries and returns the offset of each WITHDRAW in `entries`.
    /// @dev Reverts with BadLength, and for the first faulty entry with UnknownAction, FieldOverflow or
    /// BadEntrySignature: an entry's fields are checked before its signature, because the digest is made of them.
    function read(
        uint256[] memory words,
        bytes calldata entries,
        uint256 count,
        Context memory context
    ) internal view returns (uint256[] memory withdrawals) {
        require(entries.length >= count * WORD_BYTES, ISettlement.BadLength(count * WORD_BYTES, entries.length));
        uint256 end = 0;
        if (count > 0) {
            uint256[DESK_WORDS] memory desk = _desk(context);
            _open(desk, entries);
            end = _recover(words, entries, count, desk);
            if (desk[FAULT / 32] != 0) _raise(desk, count, entries.length);
            withdrawals = _noted(desk);
        }
        require(end == entries.length, ISettlement.BadLength(end, entries.length));
    }

    /// @notice Account, amount and recipient of the WITHDRAW at `offset`.
    function withdrawalAt(
        bytes calldata entries,
        uint256 offset
    ) internal pure returns (uint32 account, uint64 amountE6, address recipient) {
        uint256 word = uint256(bytes32(entries[offset:]));
        account = uint32(word >> 216);
        amountE6 = uint64(word >> 128);
        recipient = address(bytes20(entries[offset + ENTRY_BYTES:]));
    }

    function _desk(Context memory context) private pure returns (uint256[DESK_WORDS] memory desk) {
        desk[ORDER / 32] = uint256(Eip712Lib.ORDER);
        desk[WITHDRAW_TYPE / 32] = uint256(Eip712Lib.WITHDRAW);
        desk[CANCEL_TYPE / 32] = uint256(Eip712Lib.CANCEL_ORDER);
        desk[ASSET / 32] = uint256(context.asset);
        desk[MARKETS / 32] = context.rows.length / ROW_WORDS;
        bytes32[16] memory actions = Eip712Lib.orderActions();
        uint256[] memory rows = context.rows;
        bytes32 separator = context.domainSeparator;
        assembly ("memory-safe") {
            mcopy(add(desk, ACTIONS), actions, 0x200)
            mcopy(add(desk, ROWS), add(rows, 0x20), shl(5, mload(rows)))
            mstore(add(desk, DIGEST), shl(240, 0x1901))
            mstore(add(desk, add(DIGEST, 2)), separator)
        }
    }

    /// @dev Notes where the entries lie. The offsets of the withdrawals grow at the end of the memory, because only the
    /// loop finds out how many there are; until `_noted` nothing else may allocate.
    function _open(uint256[DESK_WORDS] memory desk, bytes calldata entries) private pure {
        assembly ("memory-safe") {
            mstore(add(desk, ORIGIN), entries.offset)
            mstore(add(desk, LIMIT), add(entries.offset, entries.length))
            mstore(add(desk, NOTES), mload(0x40))
            mstore(add(desk, NOTE), add(mload(0x40), 0x20))
        }
    }

    /// @dev Closes the array of offsets.
    function _noted(uint256[DESK_WORDS] memory desk) private pure returns (uint256[] memory withdrawals) {
        assembly ("memory-safe") {
            let end := mload(add(desk, NOTE))
            withdrawals := mload(add(desk, NOTES))
            mstore(withdrawals, shr(5, sub(sub(end, withdrawals), 0x20)))
            mstore(0x40, end)
        }
    }

    /// @dev The order loop. Returns how many bytes it read; `FAULT` on the desk says why if it stopped early.
    function _recover(
        uint256[] memory words,
        bytes calldata entries,
        uint256 count,
        uint256[DESK_WORDS] memory desk
    ) private view returns (uint256 end) {
        uint256 first = WordsLib.ENTRIES_AT;
        assembly ("memory-safe") {
            // Notes why the loop stops, what the error shows, and how many entries were left, this one included.
            function fail(d, fault, value, left) {
                mstore(add(d, FAULT), fault)
                mstore(add(d, VALUE), value)
                mstore(add(d, LEFT), left)
            }
            // Withdraw(account, recipient, asset, amountE6, expiry, nonce), 0xe0 bytes; 0 if a field is wrong.
            function withdraw(d, word, recipient) -> size {
                let amountE6 := and(shr(128, word), 0xffffffffffffffffff) // A and B: 72 bits, of which 62 may be used
                // Top byte, market and C are outside the digest.
                if and(word, 0xff00000000ff00000000000000000000000000000000000000000000ffffffff) { leave }
                if shr(62, amountE6) { leave }
                let f := add(d, INSTRUCTION)
                mstore(f, mload(add(d, WITHDRAW_TYPE)))
                mstore(add(f, 0x20), shr(216, word))
                mstore(add(f, 0x40), recipient)
                mstore(add(f, 0x60), mload(add(d, ASSET)))
                mstore(add(f, 0x80), amountE6)
                mstore(add(f, 0xa0), and(shr(88, word), 0xffffffffff))
                mstore(add(f, 0xc0), and(shr(32, word), 0xffffffffffffff))
                size := 0xe0
            }
            // CancelOrder(account, market, nonce), 0x80 bytes; 0 if a field is wrong.
            function cancel(d, word) -> size {
                let market := and(shr(208, word), 0xff)
                if iszero(lt(market, mload(add(d, MARKETS)))) { leave }
                if and(word, 0xff000000000000000000000000000000000000000000000000000000ffffffff) { leave }
                // A and B are 0 and the expiry is all ones: 112 bits that only this value may have.
                if iszero(eq(and(shr(88, word), 0xffffffffffffffffffffffffffff), 0xffffffffff)) { leave }
                let f := add(d, INSTRUCTION)
                mstore(f, mload(add(d, CANCEL_TYPE)))
                mstore(add(f, 0x20), shr(216, word))
                mstore(add(f, 0x40), mload(add(add(d, ROWS), mul(market, 0x60))))
                mstore(add(f, 0x60), and(shr(32, word), 0xffffffffffffff))
                size := 0x80
            }

            let cursor := entries.offset
            let d := desk
            let out := add(words, add(0x20, shl(5, first)))
            let last := add(out, shl(6, count))
            for {} lt(out, last) { out := add(out, 0x40) } {
                let word := calldataload(cursor)
                let signature := add(cursor, 0x20)
                let next := add(cursor, 0x60)
                let struct := d
                let size := 0
                switch and(shr(204, word), 0xf)
                case 4 {
                    // Order(account, market, action, sizeE8, limitPriceE8, expiry, nonce), 0x100 bytes. Only the top
                    // byte and C, the trigger that a plain Order does not have, are outside the digest.
                    let row := and(shr(208, word), 0xff)
                    let fits := lt(row, mload(add(d, MARKETS)))
                    row := add(add(d, ROWS), mul(row, 0x60))
                    let sizeE8 := mul(and(shr(160, word), 0xffffffffff), mload(add(row, 0x20)))
                    let limitE8 := mul(and(shr(128, word), 0xffffffff), mload(add(row, 0x40)))
                    // Size and price are uint64 in the signed struct.
                    if gt(
                        fits,
                        or(
                            and(word, 0xff000000000000000000000000000000000000000000000000000000ffffffff),
                            shr(64, or(sizeE8, limitE8))
                        )
                    ) {
                        mstore(add(d, 0x20), shr(216, word))
                        mstore(add(d, 0x40), mload(row))
                        mstore(add(d, 0x60), mload(add(add(d, ACTIONS), and(shr(195, word), 0x1e0))))
                        mstore(add(d, 0x80), sizeE8)
                        mstore(add(d, 0xa0), limitE8)
                        mstore(add(d, 0xc0), and(shr(88, word), 0xffffffffff))
                        mstore(add(d, 0xe0), and(shr(32, word), 0xffffffffffffff))
                        size := 0x100
                    }
                }
                default {
                    struct := add(d, INSTRUCTION)
                    switch and(shr(200, word), 0xff)
                    case 0x80 {
                        let note := mload(add(d, NOTE))
                        mstore(note, sub(cursor, mload(add(d, ORIGIN))))
                        mstore(add(d, NOTE), add(note, 0x20))
                        size := withdraw(d, word, shr(96, calldataload(next)))
                        next := add(next, RECIPIENT_BYTES)
                    }
                    case 0x82 { size := cancel(d, word) }
                    default {
                        // A risk entry has all its bits from the word, and the words are bound; only the top byte
                        // is none of the proof's. Its signer stays 0.
                        if iszero(eq(and(shr(202, word), 0x3f), 0x30)) {
                            fail(d, FAULT_ACTION, word, shr(6, sub(last, out)))
                            break
                        }
                        if shr(248, word) {
                            fail(d, FAULT_FIELD, word, 0)
                            break
                        }
                        mstore(out, word)
                        cursor := signature
                        continue
                    }
                }
                if gt(next, mload(add(d, LIMIT))) {
                    fail(d, FAULT_LENGTH, sub(next, mload(add(d, ORIGIN))), 0)
                    break
                }
                if iszero(size) {
                    fail(d, FAULT_FIELD, word, 0)
                    break
                }
                // Who signed: ERC-2098, parity in the top bit of s. Half the group order is the highest s that counts:
                // of s and -s only the low one is a signature.
                mstore(add(d, add(DIGEST, 0x22)), keccak256(struct, size))
                mstore(add(d, RECOVERY), keccak256(add(d, DIGEST), 0x42))
                let s := calldataload(add(signature, 0x20))
                mstore(add(d, add(RECOVERY, 0x20)), add(27, shr(255, s)))
                s := and(s, 0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff)
                mstore(add(d, add(RECOVERY, 0x40)), calldataload(signature))
                mstore(add(d, add(RECOVERY, 0x60)), s)
                mstore(0, 0)
                pop(staticcall(gas(), 1, add(d, RECOVERY), 0x80, 0, 0x20))
                if or(iszero(mload(0)), gt(s, 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0)) {
                    fail(d, FAULT_SIGNATURE, word, shr(6, sub(last, out)))
                    break
                }
                mstore(out, word)
                mstore(add(out, 0x20), mload(0))
                cursor := next
            }
            end := sub(cursor, entries.offset)
        }
    }

    /// @dev The error of the entry at which the loop stopped.
    function _raise(uint256[DESK_WORDS] memory desk, uint256 count, uint256 length) private pure {
        uint256 value = desk[VALUE / 32];
        uint256 index = count - desk[LEFT / 32];
        uint256 fault = desk[FAULT / 32];
        if (fault == FAULT_ACTION) revert ISettlement.UnknownAction(index, uint8(value >> 200));
        if (fault == FAULT_SIGNATURE) revert ISettlement.BadEntrySignature(index);
        if (fault == FAULT_LENGTH) revert ISettlement.BadLength(value, length);
        revert ISettlement.FieldOverflow(value);
    }
}
