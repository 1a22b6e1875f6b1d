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
/// has one encoding.
library EntryLib {
    uint256 private constant ENTRY_BYTES = 96;
    uint256 private constant RECIPIENT_BYTES = 20;
    uint8 internal constant WITHDRAW = 0x80;

    uint256 private constant FAULT_ACTION = 1;
    uint256 private constant FAULT_SIGNATURE = 2;
    uint256 private constant FAULT_LENGTH = 3;
    uint256 private constant FAULT_FIELD = 4;

    /// @notice What the digests need besides the entries: a listed market's name hash, lot and tick, and constants.
    struct Context {
        bytes32 domainSeparator;
        bytes32 asset;
        bytes32[] names;
        uint256[] lotE8;
        uint256[] tickE8;
    }

    /// @dev Working memory of the loop, in the order in which the Yul code addresses it (32 bytes a field).
    struct Desk {
        uint256 scratch; // 0x00: where structs and digests are laid out
        uint256 origin; // 0x20: calldata offset of the first entry
        uint256 withdrawal; // 0x40: where the next withdrawal is noted
        uint256 withdrawalEnd; // 0x60
        bytes32 order; // 0x80: type hash
        bytes32 cancel; // 0xa0: type hash
        bytes32 withdraw; // 0xc0: type hash
        bytes32 asset; // 0xe0
        uint256 markets; // 0x100: how many are listed
        uint256 names; // 0x120: pointers to first elements
        uint256 lots; // 0x140
        uint256 ticks; // 0x160
        uint256 actions; // 0x180
        uint256 fault; // 0x1a0: 0, or why the loop stopped
        uint256 value; // 0x1c0: what the error shows
        uint256 left; // 0x1e0: entries not read yet when the loop stopped
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
        withdrawals = new uint256[](_withdrawals(entries.length, count));
        Desk memory desk = _desk(context, withdrawals);
        uint256 end = _recover(words, entries, count, desk);
        if (desk.fault != 0) _raise(desk, count, entries.length);
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

    /// @dev How many recipients there must be for the length to be right.
    function _withdrawals(uint256 length, uint256 count) private pure returns (uint256) {
        uint256 least = count * ENTRY_BYTES;
        require(length >= least, ISettlement.BadLength(least, length));
        uint256 recipients = (length - least) / RECIPIENT_BYTES;
        require(recipients <= count, ISettlement.BadLength(least + count * RECIPIENT_BYTES, length));
        require(
            least + recipients * RECIPIENT_BYTES == length,
            ISettlement.BadLength(least + recipients * RECIPIENT_BYTES, length)
        );
        return recipients;
    }

    function _desk(Context memory context, uint256[] memory withdrawals) private pure returns (Desk memory desk) {
        bytes32[16] memory actions = Eip712Lib.orderActions();
        uint256[16] memory scratch; // 0x00 a struct of at most 8 words; 0x100 a digest's 66 bytes; 0x160 ecrecover's input
        desk.order = Eip712Lib.ORDER;
        desk.cancel = Eip712Lib.CANCEL_ORDER;
        desk.withdraw = Eip712Lib.WITHDRAW;
        desk.asset = context.asset;
        desk.markets = context.names.length;
        bytes32 separator = context.domainSeparator;
        assembly ("memory-safe") {
            mstore(desk, scratch)
            mstore(add(desk, 0x40), add(withdrawals, 0x20))
            mstore(add(desk, 0x60), add(add(withdrawals, 0x20), shl(5, mload(withdrawals))))
            mstore(add(desk, 0x120), add(mload(add(context, 0x40)), 0x20))
            mstore(add(desk, 0x140), add(mload(add(context, 0x60)), 0x20))
            mstore(add(desk, 0x160), add(mload(add(context, 0x80)), 0x20))
            mstore(add(desk, 0x180), actions)
            mstore(add(scratch, 0x100), shl(240, 0x1901))
            mstore(add(scratch, 0x102), separator)
        }
    }

    /// @dev The order loop. Returns how many bytes it read; `desk.fault` says why if it stopped early.
    function _recover(
        uint256[] memory words,
        bytes calldata entries,
        uint256 count,
        Desk memory desk
    ) private view returns (uint256 end) {
        uint256 first = WordsLib.ENTRIES_AT;
        assembly ("memory-safe") {
            // Notes why the loop stops, what the error shows, and how many entries were left, this one included.
            function fail(d, fault, value, left) {
                mstore(add(d, 0x1a0), fault)
                mstore(add(d, 0x1c0), value)
                mstore(add(d, 0x1e0), left)
            }
            // Order(account, market, action, sizeE8, limitPriceE8, expiry, nonce), 0x100 bytes; 0 if a field is wrong.
            function order(d, f, word) -> size {
                let market := and(shr(208, word), 0xff)
                // Only the top byte and the trigger, which a plain Order does not have, are outside the digest.
                if or(or(shr(248, word), and(word, 0xffffffff)), iszero(lt(market, mload(add(d, 0x100))))) {
                    leave
                }
                market := shl(5, market)
                let sizeE8 := mul(and(shr(160, word), 0xffffffffff), mload(add(mload(add(d, 0x140)), market)))
                let limitE8 := mul(and(shr(128, word), 0xffffffff), mload(add(mload(add(d, 0x160)), market)))
                if shr(64, or(sizeE8, limitE8)) { leave } // both are uint64 in the signed struct
                mstore(f, mload(add(d, 0x80)))
                mstore(add(f, 0x40), mload(add(mload(add(d, 0x120)), market)))
                mstore(add(f, 0x60), mload(add(mload(add(d, 0x180)), and(shr(195, word), 0x1e0))))
                mstore(add(f, 0x80), sizeE8)
                mstore(add(f, 0xa0), limitE8)
                mstore(add(f, 0xc0), and(shr(88, word), 0xffffffffff))
                mstore(add(f, 0xe0), and(shr(32, word), 0xffffffffffffff))
                size := 0x100
            }
            // Withdraw(account, recipient, asset, amountE6, expiry, nonce), 0xe0 bytes; 0 if a field is wrong.
            function withdraw(d, f, word, recipient) -> size {
                let amountE6 := and(shr(128, word), 0xffffffffffffffffff) // A and B: 72 bits, of which 62 may be used
                if or(or(shr(248, word), and(word, 0xffffffff)), or(and(shr(208, word), 0xff), shr(62, amountE6))) {
                    leave
                }
                mstore(f, mload(add(d, 0xc0)))
                mstore(add(f, 0x40), recipient)
                mstore(add(f, 0x60), mload(add(d, 0xe0)))
                mstore(add(f, 0x80), amountE6)
                mstore(add(f, 0xa0), and(shr(88, word), 0xffffffffff))
                mstore(add(f, 0xc0), and(shr(32, word), 0xffffffffffffff))
                size := 0xe0
            }
            // CancelOrder(account, market, nonce), 0x80 bytes; 0 if a field is wrong.
            function cancel(d, f, word) -> size {
                let market := and(shr(208, word), 0xff)
                // A and B are 0 and the expiry is all ones: 112 bits that only this value may have.
                let fixedPart := and(shr(88, word), 0xffffffffffffffffffffffffffff)
                if iszero(lt(market, mload(add(d, 0x100)))) { leave }
                if or(or(shr(248, word), and(word, 0xffffffff)), iszero(eq(fixedPart, 0xffffffffff))) { leave }
                mstore(f, mload(add(d, 0xa0)))
                mstore(add(f, 0x40), mload(add(mload(add(d, 0x120)), shl(5, market))))
                mstore(add(f, 0x60), and(shr(32, word), 0xffffffffffffff))
                size := 0x80
            }
            // Who signed the struct of `size` bytes at `f`: 0 if nobody, or if s is high.
            function recover(f, size, signature) -> signer {
                let vs := calldataload(add(signature, 0x20))
                let s := and(vs, 0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff)
                // Half the group order: of s and -s only the low one is a signature.
                if gt(s, 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0) { leave }
                mstore(add(f, 0x122), keccak256(f, size))
                mstore(add(f, 0x160), keccak256(add(f, 0x100), 0x42))
                mstore(add(f, 0x180), add(27, shr(255, vs)))
                mstore(add(f, 0x1a0), calldataload(signature))
                mstore(add(f, 0x1c0), s)
                mstore(0, 0)
                pop(staticcall(gas(), 1, add(f, 0x160), 0x80, 0, 0x20))
                signer := mload(0)
            }

            mstore(add(desk, 0x20), entries.offset)
            let cursor := entries.offset
            let out := add(words, add(0x20, shl(5, first)))
            let last := add(out, shl(6, count))
            let scratch := mload(desk)
            for {} lt(out, last) { out := add(out, 0x40) } {
                let word := calldataload(cursor)
                let next := add(cursor, 0x60)
                let size := 0
                mstore(add(scratch, 0x20), shr(216, word)) // the account, first field of all three structs
                switch and(shr(200, word), 0xff)
                case 0x80 {
                    size := withdraw(desk, scratch, word, shr(96, calldataload(next)))
                    let note := mload(add(desk, 0x40))
                    if eq(note, mload(add(desk, 0x60))) {
                        // More withdrawals than the length has recipients for.
                        fail(desk, 3, sub(add(next, 0x14), mload(add(desk, 0x20))), 0)
                        break
                    }
                    mstore(note, sub(cursor, mload(add(desk, 0x20))))
                    mstore(add(desk, 0x40), add(note, 0x20))
                    next := add(next, 0x14)
                }
                case 0x82 { size := cancel(desk, scratch, word) }
                default {
                    if iszero(eq(and(shr(204, word), 0xf), 4)) {
                        fail(desk, 1, word, shr(6, sub(last, out)))
                        break
                    }
                    size := order(desk, scratch, word)
                }
                if iszero(size) {
                    fail(desk, 4, word, 0)
                    break
                }
                let signer := recover(scratch, size, add(cursor, 0x20))
                if iszero(signer) {
                    fail(desk, 2, word, shr(6, sub(last, out)))
                    break
                }
                mstore(out, word)
                mstore(add(out, 0x20), signer)
                cursor := next
            }
            end := sub(cursor, entries.offset)
        }
    }

    /// @dev The error of the entry at which the loop stopped.
    function _raise(Desk memory desk, uint256 count, uint256 length) private pure {
        uint256 index = count - desk.left;
        if (desk.fault == FAULT_ACTION) revert ISettlement.UnknownAction(index, uint8(desk.value >> 200));
        if (desk.fault == FAULT_SIGNATURE) revert ISettlement.BadEntrySignature(index);
        if (desk.fault == FAULT_LENGTH) revert ISettlement.BadLength(desk.value, length);
        revert ISettlement.FieldOverflow(desk.value);
    }
}
