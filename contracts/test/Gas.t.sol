// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Settlement} from "../src/Settlement.sol";
import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {BindLib} from "../src/libraries/BindLib.sol";
import {EntryLib} from "../src/libraries/EntryLib.sol";
import {Poseidon2Lib} from "../src/libraries/Poseidon2Lib.sol";
import {Batches} from "./support/Batches.sol";
import {EntryHarness} from "./EntryLib.t.sol";
import {vm} from "./support/Vm.sol";

/// @notice Exposes the Yul parts, so that their gas can be read alone.
contract YulHarness {
    function permute(uint256[4] memory state) external pure {
        Poseidon2Lib.permute(state);
    }

    function inputs(uint256[] memory wordsAndH) external pure returns (uint256[3] memory) {
        return BindLib.inputs(wordsAndH);
    }
}

/// @notice Gas as golden files: `make test` sets FORGE_SNAPSHOT_CHECK, so a change must be committed with its reason.
/// @dev The verifier is a double here; `verifier.json` has the real one's gas. Calldata is not counted.
contract GasTest is Batches {
    function test_Gas_Functions() public {
        openFor(alice, 100 * TOKEN);
        vm.snapshotGasLastCall("functions", "open");
        vm.prank(alice);
        settlement.deposit(2, 100 * TOKEN);
        vm.snapshotGasLastCall("functions", "deposit");
        vm.prank(alice);
        settlement.requestWithdrawal(2, TOKEN);
        vm.snapshotGasLastCall("functions", "requestWithdrawal");
        vm.prank(alice);
        settlement.authorizeAgent(2, bob, NEVER);
        vm.snapshotGasLastCall("functions", "authorizeAgent");
        settlement.claim(FEE_RECIPIENT);
        vm.snapshotGasLastCall("functions", "claim");
        uint32 taker = openFor(bob, 100 * TOKEN);
        vm.prank(bob);
        settlement.liquidate(2, 0, 5, taker);
        vm.snapshotGasLastCall("functions", "liquidate");
        uint32 closing = openFor(alice, 100 * TOKEN);
        vm.prank(alice);
        settlement.requestClose(closing, 0, 5);
        vm.snapshotGasLastCall("functions", "requestClose");
        vm.prank(address(changer));
        settlement.queueMarket(0, ISettlement.Listing("ETH-USD", ethConfig()));
        vm.snapshotGasLastCall("functions", "queueMarket");
    }

    function test_Gas_SettleTiny() public {
        settle(draft());
        vm.snapshotGasLastCall("settle", "tiny, first batch, empty");
        settle(draft());
        vm.snapshotGasLastCall("settle", "tiny, empty");
        openFor(alice, 100 * TOKEN);
        openFor(bob, 100 * TOKEN);
        Draft memory d = draft();
        _requests(d, 4);
        settle(d);
        vm.snapshotGasLastCall("settle", "tiny, 4 requests");
        d = draft();
        _orders(d, 4);
        settle(d);
        vm.snapshotGasLastCall("settle", "tiny, 4 orders, 4 fills");
        d = draft();
        for (uint56 i = 0; i < 4; ++i) {
            addRisk(d, word(2, 0, RISK + 2, 0, NEVER, i));
        }
        settle(d);
        vm.snapshotGasLastCall("settle", "tiny, 4 risk entries");
    }

    /// @dev A bond that comes back and one that goes to the fund.
    function test_Gas_SettleTakeovers() public {
        uint32[4] memory accounts;
        for (uint256 i = 0; i < 4; ++i) {
            accounts[i] = openFor(i < 2 ? alice : bob, 100 * TOKEN);
        }
        drain();
        for (uint256 i = 0; i < 2; ++i) {
            vm.prank(bob);
            settlement.liquidate(accounts[i], 0, 5, accounts[i + 2]);
        }
        settle(draftOutcome(1, 5));
        vm.snapshotGasLastCall("settle", "tiny, 1 takeover");
        settle(draftOutcome(3, 0));
        vm.snapshotGasLastCall("settle", "tiny, 1 takeover refused");
    }

    function test_Gas_SettleSmall() public {
        settle(draft());
        Draft memory d = draft();
        d.header.shape = SMALL;
        settle(d);
        vm.snapshotGasLastCall("settle", "small, empty");
        d = draft();
        d.header.shape = SMALL;
        _orders(d, 64);
        settle(d);
        vm.snapshotGasLastCall("settle", "small, 64 orders, 64 fills");
        d = draft();
        d.header.shape = SMALL;
        token.mint(address(settlement), TOKEN);
        for (uint56 i = 1; i <= 16; ++i) {
            addWithdrawal(d, ALICE_KEY, 2, 1, alice, i);
        }
        settle(d);
        vm.snapshotGasLastCall("settle", "small, 16 withdrawals of one recipient");
    }

    /// @dev Full batches of the two large shapes, one signed order repeated: the contract recovers each anew.
    function test_Gas_SettleFull() public {
        ISettlement.Deployment memory deployed = deployment();
        deployed.shapes[0] = ISettlement.Shape(256, 384, 32, address(tiny));
        deployed.shapes[1] = ISettlement.Shape(512, 768, 64, address(small));
        settlement = new Settlement(deployed);
        settle(draft());
        settle(_full(0, 256, 384));
        vm.snapshotGasLastCall("settle", "medium, 256 orders, 384 fills");
        settle(_full(1, 512, 768));
        vm.snapshotGasLastCall("settle", "large, 512 orders, 768 fills");
        settle(_paying(0, 256));
        vm.snapshotGasLastCall("settle", "medium, 256 withdrawals to new recipients");
        settle(_paying(1, 512));
        vm.snapshotGasLastCall("settle", "large, 512 withdrawals to new recipients");
    }

    /// @dev The dearest entries there are: each makes a claim for somebody who had none.
    function _paying(uint8 shape, uint16 withdrawals) private returns (Draft memory d) {
        d = draft();
        token.mint(address(settlement), withdrawals);
        uint256 entrySize = 116;
        bytes memory entries = new bytes(entrySize * withdrawals);
        for (uint256 i = 0; i < withdrawals; ++i) {
            Draft memory one;
            addWithdrawal(one, ALICE_KEY, 2, 1, address(uint160(0x10000 * (uint256(shape) + 1) + i)), uint56(i));
            bytes memory entry = one.entries;
            assembly ("memory-safe") {
                mcopy(add(add(entries, 0x20), mul(i, entrySize)), add(entry, 0x20), entrySize)
            }
        }
        (d.header.shape, d.header.entries, d.entries) = (shape, withdrawals, entries);
    }

    function _full(uint8 shape, uint16 orders, uint16 fills) private view returns (Draft memory d) {
        d = draft();
        addOrder(d, ALICE_KEY, orderWord(2, 0, BUY_GTC, 7, 30_000, 1));
        addFill(d, 0, 1, 7);
        (d.header.shape, d.header.entries, d.header.fills) = (shape, orders, fills);
        (d.entries, d.fills) = (_repeat(d.entries, orders), _repeat(d.fills, fills));
    }

    function _repeat(bytes memory part, uint256 times) private pure returns (bytes memory all) {
        for (; times > 0; times >>= 1) {
            if (times & 1 == 1) all = bytes.concat(all, part);
            part = bytes.concat(part, part);
        }
    }

    function test_Gas_YulParts() public {
        YulHarness harness = new YulHarness();
        harness.permute([uint256(1), 2, 3, 4]);
        vm.snapshotGasLastCall("yul", "one permutation, with its call");
        harness.inputs(new uint256[](201));
        vm.snapshotGasLastCall("yul", "binding of 200 words, with its call");
        harness.inputs(new uint256[](1417));
        vm.snapshotGasLastCall("yul", "binding of 1,416 words (large), with its call");
        EntryHarness entries = new EntryHarness();
        _read(entries, 10);
        uint256 ten = vm.lastCallGas().gasTotalUsed;
        _read(entries, 60);
        uint256 sixty = vm.lastCallGas().gasTotalUsed;
        vm.snapshotValue("yul", "one signed order more", (sixty - ten) / 50);
    }

    function _read(EntryHarness harness, uint256 count) private view {
        Draft memory d = draft();
        _orders(d, count);
        EntryLib.Context memory context;
        context.domainSeparator = separator();
        context.asset = keccak256("USD");
        context.rows = new uint256[](6);
        harness.read(d.entries, count, context);
    }

    function _orders(Draft memory d, uint256 count) private view {
        for (uint40 i = 1; i <= count; ++i) {
            addOrder(d, ALICE_KEY, orderWord(2, 0, BUY_GTC, i, 30_000, i));
            addFill(d, 0, 1, i);
        }
    }

    function _requests(Draft memory d, uint256 count) private pure {
        for (uint256 i = 0; i < count; ++i) {
            addOutcome(d, 1, 0);
        }
    }
}
