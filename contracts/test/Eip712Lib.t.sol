// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Eip712Lib} from "../src/libraries/Eip712Lib.sol";
import {EntryLib} from "../src/libraries/EntryLib.sol";
import {WordsLib} from "../src/libraries/WordsLib.sol";
import {EntryHarness} from "./EntryLib.t.sol";
import {Plain} from "./support/Plain.sol";
import {Vectors} from "./support/Vectors.sol";
import {vm} from "./support/Vm.sol";

// EIP-712, against the vectors that wallets and Python agree on
// ├── domain separators
// ├── AuthorizeAgent, RevokeAgent, PriceReport: digests
// ├── the digest of every packed entry, by the signer that it recovers; refused where the rule book refuses
// └── recover: who signed, in both forms
contract Eip712LibTest is Vectors {
    uint256 private constant KEY = 0x516;
    EntryHarness private _harness;

    function setUp() public {
        _harness = new EntryHarness();
    }

    function test_DomainSeparatorsAreThoseOfTheVectors() public {
        string memory json = load("eip712");
        for (uint256 i = 0; i < count(json); ++i) {
            Case memory c = caseAt(json, i);
            if (calls(c, "domain_separator")) assertEq(_separator(c), bytes32(data(c, ".out")), label(c));
        }
    }

    function test_C2_DigestsAreThoseOfTheVectors() public {
        string memory json = load("eip712");
        uint256 replayed = 0;
        for (uint256 i = 0; i < count(json); ++i) {
            Case memory c = caseAt(json, i);
            if (rejected(c)) continue;
            bytes32 structHash;
            if (calls(c, "authorize_agent")) structHash = _authorization(c);
            else if (calls(c, "revoke_agent")) structHash = _revocation(c);
            else if (calls(c, "price_report")) structHash = _report(c);
            else continue;
            assertEq(Plain.typed(_separator(c), structHash), bytes32(data(c, ".out")), label(c));
            ++replayed;
        }
        assertTrue(replayed >= 4, "digests were replayed");
    }

    /// @dev The loop shows signers, not digests: the vector's digest is signed here, and the loop must find the key.
    function test_C2_EntriesAreThoseOfTheVectors() public {
        string memory json = load("eip712");
        uint256 accepted = 0;
        uint256 refused = 0;
        for (uint256 i = 0; i < count(json); ++i) {
            Case memory c = caseAt(json, i);
            if (!calls(c, "entry_digest")) continue;
            EntryLib.Context memory context = _context(c);
            if (rejected(c)) {
                bytes memory entries = _entry(c, keccak256("any digest"));
                vm.expectRevert();
                _harness.read(entries, 1, context);
                ++refused;
            } else {
                (uint256[] memory words,) = _harness.read(_entry(c, bytes32(data(c, ".out"))), 1, context);
                assertEq(words[WordsLib.ENTRIES_AT + 1], uint160(vm.addr(KEY)), label(c));
                ++accepted;
            }
        }
        assertTrue(accepted >= 16 && refused >= 5, "entries were replayed");
    }

    function test_C2_SignersAreThoseOfTheVectors() public view {
        string memory json = load("eip712");
        uint256 replayed = 0;
        for (uint256 i = 0; i < count(json); ++i) {
            Case memory c = caseAt(json, i);
            if (!calls(c, "recover") || data(c, ".in.digest").length != 32) continue; // here a digest is a word
            address expected = rejected(c) ? address(0) : address(uint160(number(c, ".out")));
            assertEq(_recover(bytes32(data(c, ".in.digest")), data(c, ".in.signature")), expected, label(c));
            ++replayed;
        }
        assertTrue(replayed >= 5, "signatures were replayed");
    }

    /// @dev As the contract does for a signature that comes by itself.
    function _recover(bytes32 digest, bytes memory signature) private pure returns (address signer) {
        if (signature.length == 64) {
            (bytes32 r, bytes32 vs) = abi.decode(signature, (bytes32, bytes32));
            (signer,,) = ECDSA.tryRecover(digest, r, vs);
        } else {
            (signer,,) = ECDSA.tryRecover(digest, signature);
        }
    }

    function _separator(Case memory c) private returns (bytes32 separator) {
        uint256 here = block.chainid;
        vm.chainId(number(c, ".in.chain_id"));
        separator = Plain.domainSeparator(address(uint160(number(c, ".in.contract"))));
        vm.chainId(here);
    }

    function _authorization(Case memory c) private pure returns (bytes32) {
        return Eip712Lib.authorizeAgent(
            uint32(number(c, ".in.account")),
            address(uint160(number(c, ".in.agent"))),
            uint40(number(c, ".in.valid_until")),
            uint64(number(c, ".in.nonce"))
        );
    }

    function _revocation(Case memory c) private pure returns (bytes32) {
        return Eip712Lib.revokeAgent(
            uint32(number(c, ".in.account")), address(uint160(number(c, ".in.agent"))), uint64(number(c, ".in.nonce"))
        );
    }

    function _report(Case memory c) private view returns (bytes32) {
        return Eip712Lib.priceReport(uint64(number(c, ".in.time")), numbers(c, ".in.prices_e8"));
    }

    function _context(Case memory c) private returns (EntryLib.Context memory context) {
        uint256 listed = length(c, ".in.listings");
        context.domainSeparator = _separator(c);
        context.asset = keccak256(bytes(text(c, ".in.asset")));
        context.rows = new uint256[](3 * listed);
        for (uint256 i = 0; i < listed; ++i) {
            string memory row = element(".in.listings", i);
            context.rows[3 * i] = uint256(keccak256(bytes(text(c, element(row, 0)))));
            context.rows[3 * i + 1] = number(c, element(row, 1));
            context.rows[3 * i + 2] = number(c, element(row, 2));
        }
    }

    function _entry(Case memory c, bytes32 digest) private view returns (bytes memory) {
        uint256 packed = number(c, ".in.entry.account");
        packed = (packed << 8) | number(c, ".in.entry.market");
        packed = (packed << 8) | number(c, ".in.entry.action");
        packed = (packed << 40) | number(c, ".in.entry.lots");
        packed = (packed << 32) | number(c, ".in.entry.limit");
        packed = (packed << 40) | number(c, ".in.entry.expiry");
        packed = (packed << 56) | number(c, ".in.entry.nonce");
        packed = (packed << 32) | number(c, ".in.entry.trigger");
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, digest);
        bytes memory entry = abi.encodePacked(packed, r, (uint256(v - 27) << 255) | uint256(s));
        try this.recipientOf(c) returns (address recipient) {
            return bytes.concat(entry, bytes20(recipient));
        } catch {
            return entry; // null: the case has no recipient
        }
    }

    function recipientOf(Case memory c) external pure returns (address) {
        return address(uint160(number(c, ".in.recipient")));
    }
}
