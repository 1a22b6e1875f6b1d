// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {Batches} from "./support/Batches.sol";
import {vm} from "./support/Vm.sol";

abstract contract AgentFixture is Batches {
    address internal constant AGENT = address(0xA6E47);
    uint40 internal constant UNTIL = uint40(START + 30 days);
    uint32 internal account;

    function setUp() public virtual override {
        super.setUp();
        account = openFor(alice, 100 * TOKEN);
    }

    function authorize(address agent) internal returns (uint64) {
        vm.prank(alice);
        return settlement.authorizeAgent(account, agent, UNTIL);
    }

    function authorization(uint32 who, address agent, uint64 until, uint64 nonce) internal pure returns (bytes32) {
        bytes32 kind = keccak256("AuthorizeAgent(uint32 account,address agent,uint64 validUntil,uint64 nonce)");
        return keccak256(abi.encode(kind, who, agent, until, nonce));
    }

    function revocation(uint32 who, address agent, uint64 nonce) internal pure returns (bytes32) {
        bytes32 kind = keccak256("RevokeAgent(uint32 account,address agent,uint64 nonce)");
        return keccak256(abi.encode(kind, who, agent, nonce));
    }

    function expectBadSignature(address recovered) internal {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadSignature.selector, alice, recovered));
    }
}

// authorizeAgent
// ├── the caller is not the owner: NotOwner
// ├── the agent is 0: BadAddress
// ├── an AGENT request waits already: RequestPending
// └── else: queued, announced, nonce raised, fee credited
contract AuthorizeAgentTest is AgentFixture {
    function test_QueuesTheAgent() public {
        uint256 payload =
            (uint256(6) << 240) | (uint256(account) << 208) | (uint256(uint160(AGENT)) << 48) | (uint256(UNTIL) << 8);
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.RequestQueued(2, 6, account, uint248(payload), uint40(START + 1 days));
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.AgentQueued(2, account, AGENT, UNTIL);
        assertEq(authorize(AGENT), 2, "request");
        assertEq(settlement.agentNonce(account), 1, "nonce");
        assertEq(settlement.claimable(FEE_RECIPIENT), FEE, "fee");
    }

    function test_ANewerAgentMayFollowOnceTheFirstWasConsumed() public {
        authorize(AGENT);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.RequestPending.selector, account, 2));
        authorize(bob);
        drain();
        assertEq(authorize(bob), 3, "request");
    }

    function test_RevertWhen_CallerIsNotTheOwner() public {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotOwner.selector, account, bob));
        vm.prank(bob);
        settlement.authorizeAgent(account, AGENT, UNTIL);
    }

    function test_RevertWhen_AgentIsNobody() public {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadAddress.selector, address(0)));
        authorize(address(0));
    }
}

// revokeAgent
// ├── the caller is not the owner: NotOwner
// ├── the address is not the newest agent: BadAddress
// ├── an AGENT request waits already: RequestPending
// └── else: AGENT with agent 0 is queued
contract RevokeAgentTest is AgentFixture {
    function test_QueuesAgentZero() public {
        authorize(AGENT);
        drain();
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.AgentQueued(3, account, address(0), 0);
        vm.prank(alice);
        settlement.revokeAgent(account, AGENT);
        (uint248 payload,) = settlement.request(3);
        assertEq(payload, (uint256(6) << 240) | (uint256(account) << 208), "payload");
        assertEq(settlement.agentNonce(account), 2, "nonce");
    }

    function test_RevertWhen_CallerIsNotTheOwner() public {
        authorize(AGENT);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotOwner.selector, account, AGENT));
        vm.prank(AGENT);
        settlement.revokeAgent(account, AGENT);
    }

    function test_RevertWhen_ItIsNotTheAgent() public {
        authorize(AGENT);
        drain();
        _expectBadAddress(bob);
        vm.prank(alice);
        settlement.revokeAgent(account, bob);
        _expectBadAddress(address(0));
        vm.prank(alice);
        settlement.revokeAgent(account, address(0));
    }

    function test_RevertWhen_ItWasRevokedBefore() public {
        authorize(AGENT);
        drain();
        vm.prank(alice);
        settlement.revokeAgent(account, AGENT);
        drain();
        _expectBadAddress(AGENT);
        vm.prank(alice);
        settlement.revokeAgent(account, AGENT);
    }

    function test_RevertWhen_TheAuthorizationStillWaits() public {
        authorize(AGENT);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.RequestPending.selector, account, 2));
        vm.prank(alice);
        settlement.revokeAgent(account, AGENT);
    }

    function _expectBadAddress(address given) private {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadAddress.selector, given));
    }
}

// authorizeAgentWithSig
// ├── the account has no owner: UnknownAccount
// ├── the signature is not by the owner over these values: BadSignature
// │   ├── another key, another field, another nonce, another chain
// │   └── malformed: wrong length, high s
// └── else: queued; the caller pays
contract AuthorizeAgentWithSigTest is AgentFixture {
    function test_TakesShortAndLongSignatures() public {
        bytes memory long = signLong(ALICE_KEY, authorization(account, AGENT, UNTIL, 0));
        uint256 before = token.balanceOf(bob);
        vm.prank(bob);
        assertEq(settlement.authorizeAgentWithSig(account, AGENT, UNTIL, long), 2, "request by 65 bytes");
        assertEq(before - token.balanceOf(bob), FEE, "the caller pays");
        drain();
        bytes memory short = sign(ALICE_KEY, authorization(account, bob, UNTIL, 1));
        vm.prank(bob);
        assertEq(settlement.authorizeAgentWithSig(account, bob, UNTIL, short), 3, "request by 64 bytes");
    }

    function test_RevertWhen_AnotherKeySigned() public {
        bytes memory signature = signLong(BOB_KEY, authorization(account, AGENT, UNTIL, 0));
        expectBadSignature(bob);
        settlement.authorizeAgentWithSig(account, AGENT, UNTIL, signature);
    }

    function testFuzz_RevertWhen_AFieldDiffersFromWhatWasSigned(uint256 field) public {
        uint64[3] memory signed = [uint64(account), UNTIL, 0];
        field = bound(field, 0, 3);
        if (field < 3) ++signed[field];
        address agent = field == 3 ? address(uint160(AGENT) + 1) : AGENT;
        bytes memory signature = signLong(ALICE_KEY, authorization(uint32(signed[0]), agent, signed[1], signed[2]));
        vm.expectPartialRevert(ISettlement.BadSignature.selector);
        settlement.authorizeAgentWithSig(account, AGENT, UNTIL, signature);
    }

    function test_RevertWhen_TheSignatureWasUsedBefore() public {
        bytes memory signature = signLong(ALICE_KEY, authorization(account, AGENT, UNTIL, 0));
        vm.prank(bob);
        settlement.authorizeAgentWithSig(account, AGENT, UNTIL, signature);
        drain();
        vm.expectPartialRevert(ISettlement.BadSignature.selector);
        vm.prank(bob);
        settlement.authorizeAgentWithSig(account, AGENT, UNTIL, signature);
    }

    /// @dev The owner's newest word counts, however it was given.
    function test_RevertWhen_TheOwnerChangedTheAgentSince() public {
        bytes memory signature = signLong(ALICE_KEY, authorization(account, AGENT, UNTIL, 0));
        authorize(bob);
        drain();
        vm.expectPartialRevert(ISettlement.BadSignature.selector);
        vm.prank(bob);
        settlement.authorizeAgentWithSig(account, AGENT, UNTIL, signature);
    }

    function test_RevertWhen_SignedForAnotherChain() public {
        bytes memory signature = signLong(ALICE_KEY, authorization(account, AGENT, UNTIL, 0));
        vm.chainId(block.chainid + 1);
        vm.expectPartialRevert(ISettlement.BadSignature.selector);
        settlement.authorizeAgentWithSig(account, AGENT, UNTIL, signature);
    }

    function test_RevertWhen_TheSignatureIsMalformed() public {
        bytes memory signature = signLong(ALICE_KEY, authorization(account, AGENT, UNTIL, 0));
        expectBadSignature(address(0));
        settlement.authorizeAgentWithSig(account, AGENT, UNTIL, "");
        expectBadSignature(address(0));
        settlement.authorizeAgentWithSig(account, AGENT, UNTIL, bytes.concat(signature, hex"00"));
        expectBadSignature(address(0));
        settlement.authorizeAgentWithSig(account, AGENT, UNTIL, _withHighS(signature));
    }

    function test_RevertWhen_TheAccountHasNoOwner() public {
        bytes memory signature = new bytes(65); // recovers 0, which is also the owner of account 0
        vm.expectRevert(abi.encodeWithSelector(ISettlement.UnknownAccount.selector, INSURANCE));
        settlement.authorizeAgentWithSig(INSURANCE, AGENT, UNTIL, signature);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.UnknownAccount.selector, 99));
        settlement.authorizeAgentWithSig(99, AGENT, UNTIL, signature);
    }

    function test_RevertWhen_AgentIsNobody() public {
        bytes memory signature = signLong(ALICE_KEY, authorization(account, address(0), UNTIL, 0));
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadAddress.selector, address(0)));
        settlement.authorizeAgentWithSig(account, address(0), UNTIL, signature);
    }

    /// @dev The other signature of the same key and digest: `n - s` with the other parity.
    function _withHighS(bytes memory signature) private pure returns (bytes memory) {
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        (bytes32 r, uint256 s) = abi.decode(signature, (bytes32, uint256));
        return abi.encodePacked(r, order - s, signature[64] == bytes1(uint8(27)) ? uint8(28) : uint8(27));
    }
}

// revokeAgentWithSig
// ├── as authorizeAgentWithSig, over RevokeAgent
// └── an authorization's signature is no revocation's
contract RevokeAgentWithSigTest is AgentFixture {
    function setUp() public override {
        super.setUp();
        authorize(AGENT);
        drain();
    }

    function test_QueuesAgentZero() public {
        bytes memory signature = sign(ALICE_KEY, revocation(account, AGENT, 1));
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.AgentQueued(3, account, address(0), 0);
        vm.prank(bob);
        settlement.revokeAgentWithSig(account, AGENT, signature);
    }

    function test_RevertWhen_AnotherTypeWasSigned() public {
        bytes memory signature = sign(ALICE_KEY, authorization(account, AGENT, 0, 1));
        vm.expectPartialRevert(ISettlement.BadSignature.selector);
        settlement.revokeAgentWithSig(account, AGENT, signature);
    }

    function test_RevertWhen_AnotherAgentWasSigned() public {
        bytes memory signature = sign(ALICE_KEY, revocation(account, bob, 1));
        vm.expectPartialRevert(ISettlement.BadSignature.selector);
        settlement.revokeAgentWithSig(account, AGENT, signature);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadAddress.selector, bob));
        settlement.revokeAgentWithSig(account, bob, signature);
    }

    function test_RevertWhen_TheAccountHasNoOwner() public {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.UnknownAccount.selector, 99));
        settlement.revokeAgentWithSig(99, AGENT, new bytes(65));
    }
}
