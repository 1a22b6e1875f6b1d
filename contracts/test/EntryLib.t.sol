// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {EntryLib} from "../src/libraries/EntryLib.sol";
import {WordsLib} from "../src/libraries/WordsLib.sol";
import {Batches} from "./support/Batches.sol";
import {Plain} from "./support/Plain.sol";
import {vm} from "./support/Vm.sol";

/// @notice Lets a test call the loop with bytes of its own.
contract EntryHarness {
    function read(
        bytes calldata entries,
        uint256 count,
        EntryLib.Context calldata context
    ) external view returns (uint256[] memory words, uint256[] memory withdrawals) {
        words = new uint256[](WordsLib.ENTRIES_AT + 2 * count + 1);
        withdrawals = EntryLib.read(words, entries, count, context);
    }

    function withdrawalAt(bytes calldata entries, uint256 offset) external pure returns (uint32, uint64, address) {
        return EntryLib.withdrawalAt(entries, offset);
    }
}

// EntryLib.read, the order loop
// ├── equals its plain twin on every action, on fuzzed fields and mixed lists
// ├── a risk entry is its word, and its signer is 0; it says what it wants, but for the top byte
// ├── the length does not fit the count: BadLength
// │   ├── too short, not whole, longer than its entries
// │   └── recipients and withdrawals differ, a risk entry with a signature
// ├── action outside the closed set: UnknownAction(index, code)
// ├── a bit that no digest covers: FieldOverflow(word)
// │   ├── top byte, trigger field, market not listed, market of a WITHDRAW
// │   ├── amount of 2^62 or more; size or price beyond 64 bits
// │   └── CANCEL with lots, limit or another expiry
// └── nobody signed: BadEntrySignature(index): zero, wrong curve point, high s
contract EntryLibTest is Batches {
    uint256 private constant N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    EntryHarness private _harness;

    function setUp() public override {
        super.setUp();
        _harness = new EntryHarness();
    }

    function test_EveryActionIsHashedAsThePlainTwinDoes() public view {
        Draft memory d = draft();
        for (uint8 code = 0x40; code <= 0x4f; ++code) {
            addOrder(d, ALICE_KEY, orderWord(7, code & 1, code, 123, 456, code));
        }
        addCancel(d, BOB_KEY, 8, 1, 77);
        addWithdrawal(d, ALICE_KEY, 7, 2 ** 62 - 1, bob, 78);
        addOrder(d, BOB_KEY, orderWord(8, 0, BUY_GTC, 1, 1, 79));
        addWithdrawal(d, BOB_KEY, 8, 1, address(0), 80);
        _compare(d);
    }

    function test_WidestFields() public view {
        Draft memory d = draft();
        addOrder(d, ALICE_KEY, word(type(uint32).max, 1, SELL_IOC, 2 ** 72 - 1, NEVER, type(uint56).max));
        addCancel(d, ALICE_KEY, type(uint32).max, 1, type(uint56).max);
        _compare(d);
    }

    function testFuzz_OrdersAreHashedAsThePlainTwinDoes(
        uint32 account,
        uint256 amount,
        uint40 expiry,
        uint56 nonce,
        uint8 code,
        uint256 key
    ) public view {
        Draft memory d = draft();
        uint256 signer = bound(key, 1, N - 1);
        uint256 packed = word(account, code & 1, 0x40 | (code & 0xf), amount & (2 ** 72 - 1), expiry, nonce);
        addOrder(d, signer, packed);
        _compare(d);
    }

    function testFuzz_WithdrawalsAreHashedAsThePlainTwinDoes(
        uint32 account,
        uint64 amountE6,
        address recipient,
        uint56 nonce,
        uint256 key
    ) public view {
        Draft memory d = draft();
        amountE6 = uint64(bound(amountE6, 0, 2 ** 62 - 1));
        addWithdrawal(d, bound(key, 1, N - 1), account, amountE6, recipient, nonce);
        _compare(d);
        (uint32 from, uint64 amount, address to) = _harness.withdrawalAt(d.entries, 0);
        assertEq(from, account, "account");
        assertEq(amount, amountE6, "amount");
        assertEq(to, recipient, "recipient");
    }

    function testFuzz_MixedListsAreReadInOrder(uint256 seed) public view {
        Draft memory d = draft();
        uint256 count = bound(seed, 0, 12);
        for (uint56 i = 0; i < count; ++i) {
            uint256 kind = uint256(keccak256(abi.encode(seed, i))) % 4;
            if (kind == 0) addOrder(d, ALICE_KEY, orderWord(2, uint8(i & 1), BUY_GTC, 5, 6, i));
            else if (kind == 1) addCancel(d, BOB_KEY, 3, uint8(i & 1), i);
            else if (kind == 2) addWithdrawal(d, ALICE_KEY, 2, 10 + i, bob, i);
            else addRisk(d, word(9, uint8(i & 1), RISK + uint8(i & 3), 7, NEVER, i));
        }
        _compare(d);
    }

    /// @dev Whatever its fields are, a risk entry becomes its word; the proof judges it.
    function testFuzz_C7_ARiskEntryIsItsWordAlone(uint256 seed) public view {
        for (uint8 i = 0; i < 4; ++i) {
            uint256 packed = uint248(uint256(keccak256(abi.encode(seed, i))));
            packed = (packed & ~(uint256(0xff) << 200)) | (uint256(RISK + i) << 200);
            Draft memory d = draft();
            addWithdrawal(d, ALICE_KEY, 2, 10, bob, 1);
            addRisk(d, packed);
            addRisk(d, packed);
            addCancel(d, BOB_KEY, 3, 1, 2);
            _compare(d);
        }
    }

    function test_OnlyRiskEntries() public view {
        Draft memory d = draft();
        for (uint8 i = 0; i < 4; ++i) {
            addRisk(d, word(9, 0, RISK + i, 7, NEVER, i));
        }
        assertEq(d.entries.length, 128, "bytes");
        _compare(d);
    }

    // ------------------------------------------------------------- lengths

    function test_RevertWhen_LengthDoesNotFitTheCount() public {
        Draft memory d = draft();
        addOrder(d, ALICE_KEY, orderWord(2, 0, BUY_GTC, 1, 1, 1));
        addOrder(d, ALICE_KEY, orderWord(2, 0, BUY_GTC, 1, 1, 2));
        _refuseLength(bytes.concat(d.entries, hex"00"), 2, 192);
        _refuseLength(_cut(d.entries, 191), 2, 192);
        _refuseLength("", 2, 64); // not even two words
        _refuseLength(d.entries, 0, 0);
        _refuseLength(bytes.concat(d.entries, new bytes(60)), 2, 192);
    }

    function test_RevertWhen_RecipientsAndWithdrawalsDiffer() public {
        Draft memory d = draft();
        addOrder(d, ALICE_KEY, orderWord(2, 0, BUY_GTC, 1, 1, 1));
        _refuseLength(bytes.concat(d.entries, new bytes(20)), 1, 96);
        d = draft();
        addWithdrawal(d, ALICE_KEY, 2, 1, bob, 1);
        _refuseLength(_cut(d.entries, 96), 1, 116);
    }

    function test_RevertWhen_RiskEntriesHaveAnotherLength() public {
        Draft memory d = draft();
        addRisk(d, word(9, 0, RISK, 7, NEVER, 1));
        _refuseLength(bytes.concat(d.entries, new bytes(64)), 1, 32); // nobody signs it
        _refuseLength(_cut(d.entries, 31), 1, 32);
        addRisk(d, word(9, 0, RISK, 7, NEVER, 2));
        _refuseLength(bytes.concat(d.entries, hex"00"), 2, 64);
        addOrder(d, ALICE_KEY, orderWord(2, 0, BUY_GTC, 1, 1, 1));
        _refuseLength(_cut(d.entries, 159), 3, 160);
        _refuseLength(_cut(d.entries, 96), 3, 160); // the word alone
        addRisk(d, word(9, 0, RISK, 7, NEVER, 3));
        _refuseLength(_cut(d.entries, 191), 4, 192);
    }

    /// @dev What lies behind the entries is never taken for a signature, not even to refuse it.
    function test_RevertWhen_TheSignatureLiesBeyondTheEnd() public {
        EntryLib.Context memory context = _context();
        context.domainSeparator = 0; // follows the entries in calldata, and as r it recovers nobody
        bytes memory entries = bytes.concat(bytes32(orderWord(2, 0, BUY_GTC, 1, 1, 1)));
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadLength.selector, 96, 32));
        _harness.read(entries, 1, context);
    }

    // -------------------------------------------------------------- actions

    function test_RevertWhen_ActionIsNotInTheClosedSet() public {
        for (uint256 code = 0; code < 256; ++code) {
            if (code >> 4 == 4 || code == WITHDRAW || code == CANCEL || code >> 2 == RISK >> 2) continue;
            Draft memory d = draft();
            addOrder(d, ALICE_KEY, orderWord(2, 0, BUY_GTC, 1, 1, 1));
            uint256 packed = orderWord(2, 0, uint8(code), 1, 1, 2);
            bytes memory entries = bytes.concat(d.entries, bytes32(packed), new bytes(64));
            _refuse(entries, 2, abi.encodeWithSelector(ISettlement.UnknownAction.selector, 1, code));
        }
    }

    // --------------------------------------------------------------- fields

    function test_C1_RevertWhen_AnOrderSetsBitsThatNothingSigns() public {
        uint256 packed = orderWord(2, 0, BUY_GTC, 1, 1, 1);
        for (uint256 bit = 0; bit < 32; ++bit) {
            _refuseField(packed | (1 << bit));
        }
        for (uint256 bit = 248; bit < 256; ++bit) {
            _refuseField(packed | (1 << bit));
        }
        _refuseField(orderWord(2, 2, BUY_GTC, 1, 1, 1));
        _refuseField(orderWord(2, 255, BUY_GTC, 1, 1, 1));
    }

    function test_C1_RevertWhen_ARiskEntrySetsItsTopByte() public {
        for (uint256 bit = 248; bit < 256; ++bit) {
            uint256 packed = word(9, 0, RISK + uint8(bit & 3), 7, NEVER, 1) | (1 << bit);
            _refuse(
                bytes.concat(bytes32(packed)), 1, abi.encodeWithSelector(ISettlement.FieldOverflow.selector, packed)
            );
        }
    }

    function test_C1_RevertWhen_AWithdrawalSetsBitsThatNothingSigns() public {
        uint256 packed = word(2, 0, WITHDRAW, 5, NEVER, 1);
        _refuseField(packed | 1);
        _refuseField(packed | (1 << 31));
        _refuseField(packed | (1 << 255));
        _refuseField(word(2, 1, WITHDRAW, 5, NEVER, 1));
        _refuseField(word(2, 0, WITHDRAW, 2 ** 62, NEVER, 1));
        _refuseField(word(2, 0, WITHDRAW, 2 ** 64, NEVER, 1));
        _refuseField(word(2, 0, WITHDRAW, 2 ** 71, NEVER, 1));
    }

    function test_C1_RevertWhen_ACancelSetsBitsThatNothingSigns() public {
        uint256 packed = word(2, 0, CANCEL, 0, NEVER, 1);
        _refuseField(packed | 1);
        _refuseField(packed | (1 << 255));
        _refuseField(word(2, 2, CANCEL, 0, NEVER, 1));
        _refuseField(word(2, 0, CANCEL, 0, NEVER - 1, 1));
        for (uint256 bit = 0; bit < 72; ++bit) {
            _refuseField(word(2, 0, CANCEL, 1 << bit, NEVER, 1));
        }
    }

    /// @dev A wallet cannot sign a uint64 that does not fit; two sizes that differ by 2^64 must not meet in one digest.
    function test_C1_RevertWhen_SizeOrPriceExceedsTheSignedField() public {
        EntryLib.Context memory context = _context();
        (context.rows[1], context.rows[2]) = (2 ** 40, 2 ** 40);
        uint256[2] memory refused = [orderWord(2, 0, BUY_GTC, 2 ** 24, 1, 1), orderWord(2, 0, BUY_GTC, 1, 2 ** 24, 1)];
        for (uint256 i = 0; i < 2; ++i) {
            bytes memory entries = bytes.concat(bytes32(refused[i]), new bytes(64));
            vm.expectRevert(abi.encodeWithSelector(ISettlement.FieldOverflow.selector, refused[i]));
            _harness.read(entries, 1, context);
        }
        bytes memory widest =
            bytes.concat(bytes32(orderWord(2, 0, BUY_GTC, 2 ** 24 - 1, 2 ** 24 - 1, 1)), new bytes(64));
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadEntrySignature.selector, 0)); // its fields are right
        _harness.read(widest, 1, context);
    }

    // ----------------------------------------------------------- signatures

    function test_C2_RevertWhen_NobodySigned() public {
        Draft memory d = draft();
        addWithdrawal(d, ALICE_KEY, 2, 1, bob, 1);
        bytes32 packed = bytes32(orderWord(2, 0, BUY_GTC, 1, 1, 1));
        bytes[3] memory signatures =
            [new bytes(64), abi.encodePacked(uint256(0), uint256(1)), abi.encodePacked(N, uint256(1))];
        for (uint256 i = 0; i < 3; ++i) {
            _refuse(
                bytes.concat(d.entries, packed, signatures[i]),
                2,
                abi.encodeWithSelector(ISettlement.BadEntrySignature.selector, 1)
            );
        }
    }

    /// @dev Of s and -s only the low one is taken; the widest is half the group order, rounded down.
    function test_C2_RevertWhen_SIsHigh() public {
        bytes32 packed = bytes32(orderWord(2, 0, BUY_GTC, 1, 1, 1));
        uint256 half = N / 2;
        uint256 r = uint256(0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798); // on the curve
        uint256[2] memory refused = [half + 1, 2 ** 255 - 1];
        for (uint256 i = 0; i < 2; ++i) {
            _refuse(
                bytes.concat(packed, abi.encodePacked(r, refused[i])),
                1,
                abi.encodeWithSelector(ISettlement.BadEntrySignature.selector, 0)
            );
        }
        _harness.read(bytes.concat(packed, abi.encodePacked(r, half)), 1, _context());
    }

    /// @dev Somebody is recovered from a changed word, and the proof will not find that signer in the account.
    function test_C2_AChangedBitRecoversAnotherSigner() public view {
        Draft memory d = draft();
        addWithdrawal(d, ALICE_KEY, 2, 5, bob, 1);
        bytes memory entries = d.entries;
        entries[115] = bytes1(uint8(entries[115]) ^ 1); // the recipient's last bit
        (uint256[] memory words,) = _harness.read(entries, 1, _context());
        assertTrue(address(uint160(words[WordsLib.ENTRIES_AT + 1])) != alice, "a changed recipient has another signer");
    }

    // -------------------------------------------------------------- helpers

    function _context() private view returns (EntryLib.Context memory context) {
        Plain.Row[] memory list = rows();
        context.domainSeparator = separator();
        context.asset = keccak256("USD");
        context.rows = new uint256[](6);
        for (uint256 i = 0; i < 2; ++i) {
            context.rows[3 * i] = uint256(keccak256(bytes(list[i].name)));
            context.rows[3 * i + 1] = list[i].lotE8;
            context.rows[3 * i + 2] = list[i].tickE8;
        }
    }

    /// @dev `d.entryWords` were signed over the digests of the plain twin, so equal signers mean equal digests.
    function _compare(Draft memory d) private view {
        (uint256[] memory words, uint256[] memory withdrawals) = _harness.read(d.entries, d.header.entries, _context());
        uint256 offset = 0;
        uint256 found = 0;
        for (uint256 i = 0; i < d.header.entries; ++i) {
            assertEq(words[WordsLib.ENTRIES_AT + 2 * i], d.entryWords[2 * i], "word");
            assertEq(words[WordsLib.ENTRIES_AT + 2 * i + 1], d.entryWords[2 * i + 1], "signer");
            bool pays = uint8(d.entryWords[2 * i] >> 200) == WITHDRAW;
            if (pays) assertEq(withdrawals[found++], offset, "offset of a withdrawal");
            bool unsigned = uint8(d.entryWords[2 * i] >> 200) >> 2 == RISK >> 2;
            offset += unsigned ? 32 : pays ? 116 : 96;
        }
        assertEq(withdrawals.length, found, "withdrawals");
    }

    function _refuse(bytes memory entries, uint256 count, bytes memory reason) private {
        EntryLib.Context memory context = _context();
        vm.expectRevert(reason);
        _harness.read(entries, count, context);
    }

    function _refuseLength(bytes memory entries, uint256 count, uint256 expected) private {
        _refuse(entries, count, abi.encodeWithSelector(ISettlement.BadLength.selector, expected, entries.length));
    }

    function _refuseField(uint256 packed) private {
        bytes memory tail = uint8(packed >> 200) == WITHDRAW ? new bytes(84) : new bytes(64);
        bytes memory entries = bytes.concat(bytes32(packed), tail);
        _refuse(entries, 1, abi.encodeWithSelector(ISettlement.FieldOverflow.selector, packed));
    }

    function _cut(bytes memory data, uint256 length) private pure returns (bytes memory shorter) {
        shorter = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            shorter[i] = data[i];
        }
    }
}
