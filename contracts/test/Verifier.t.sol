// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Settlement} from "../src/Settlement.sol";
import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {IVerifier} from "../src/interfaces/IVerifier.sol";
import {Batches} from "./support/Batches.sol";
import {Vectors} from "./support/Vectors.sol";
import {vm} from "./support/Vm.sol";

// The verifier that gnark exports, as deployed, not a double
// ├── real proofs are accepted, forged ones refused: every case of the vectors, within the gas that settle gives
// ├── settle refuses a real proof of something else
// └── the circuit id names the deployed code
contract VerifierTest is Batches, Vectors {
    uint256 private constant VERIFY_GAS = 500_000;
    address private constant STAND_IN = address(0x57A4D1);
    address private constant COVERED = address(0xC0BE4E);

    function setUp() public override {
        super.setUp();
        vm.etch(STAND_IN, _deployedCode("standin"));
        vm.etch(COVERED, _deployedCode("covered"));
    }

    function test_C1_ProofsAreJudgedAsInTheVectors() public view {
        string memory json = load("groth16");
        uint256 accepted = 0;
        uint256 refused = 0;
        for (uint256 i = 0; i < count(json); ++i) {
            Case memory c = caseAt(json, i);
            uint256[] memory inputs = numbers(c, ".in.inputs");
            if (inputs.length != 3) continue; // the ABI has room for three
            bool verified = _verifies(_keyOf(c), data(c, ".in.proof"), [inputs[0], inputs[1], inputs[2]]);
            assertTrue(verified == !rejected(c), label(c));
            if (verified) ++accepted;
            else ++refused;
        }
        assertTrue(accepted >= 2 && refused >= 20, "proofs were replayed");
    }

    function test_C1_EachWordOfAProofMatters() public view {
        (bytes memory proof, uint256[3] memory inputs) = _honest();
        assertTrue(_verifies(STAND_IN, proof, inputs), "the honest proof");
        for (uint256 place = 31; place < proof.length; place += 32) {
            bytes memory forged = bytes.concat(proof);
            forged[place] = bytes1(uint8(forged[place]) ^ 1);
            assertTrue(!_verifies(STAND_IN, forged, inputs), "a changed word");
        }
        for (uint256 i = 0; i < 3; ++i) {
            uint256[3] memory others = [inputs[0], inputs[1], inputs[2]];
            others[i] ^= 1;
            assertTrue(!_verifies(STAND_IN, proof, others), "a changed public input");
        }
    }

    function testFuzz_C1_AChangedBitOfAProofIsRefused(uint256 bit) public view {
        (bytes memory proof, uint256[3] memory inputs) = _honest();
        bit = bound(bit, 0, 384 * 8 - 1);
        proof[bit / 8] = bytes1(uint8(proof[bit / 8]) ^ uint8(1 << (bit % 8)));
        assertTrue(!_verifies(STAND_IN, proof, inputs), "a changed bit");
    }

    /// @dev A real proof for the deployed key, but not of this batch: what an operator without a witness can bring.
    function test_C1_RevertWhen_TheProofIsOfSomethingElse() public {
        _deployVerifiedByStandIn();
        (bytes memory proof, uint256[3] memory inputs) = _honest();
        Draft memory d = draft();
        d.proof = proof;
        vm.expectPartialRevert(bytes4(keccak256("ProofInvalid()")));
        settle(d);
        d.header.h = inputs[0]; // even with the first public input right
        vm.expectPartialRevert(bytes4(keccak256("ProofInvalid()")));
        settle(d);
        assertEq(settlement.batchNumber(), 0, "nothing was settled");
    }

    function test_RevertWhen_TheProofIsGarbage() public {
        _deployVerifiedByStandIn();
        Draft memory d = draft();
        d.proof = "";
        vm.expectRevert(abi.encodeWithSignature("Error(string)", "invalid proof length"));
        settle(d);
        d.proof = new bytes(385);
        vm.expectRevert(abi.encodeWithSignature("Error(string)", "invalid proof length"));
        settle(d);
        d.proof = bytes.concat(new bytes(383), hex"01"); // a proof of knowledge off the curve
        uint256 before = gasleft();
        vm.expectRevert();
        settle(d);
        assertTrue(before - gasleft() < 700_000, "gas burned is below 700,000");
    }

    function test_TheCircuitIdNamesTheDeployedCode() public {
        _deployVerifiedByStandIn();
        bytes32 expected = keccak256(abi.encodePacked(STAND_IN.codehash, address(small).codehash));
        assertEq(settlement.circuitId(), expected, "circuit id");
    }

    function test_Gas_VerifyProof() public {
        (bytes memory proof, uint256[3] memory inputs) = _honest();
        IVerifier(STAND_IN).verifyProof(proof, inputs);
        vm.snapshotGasLastCall("verifier", "verifyProof, one commitment");
    }

    function _deployedCode(string memory key) private view returns (bytes memory) {
        return vm.parseBytes(vm.trim(vm.readFile(string.concat("../tests/vectors/groth16/", key, ".hex"))));
    }

    function _verifies(address key, bytes memory proof, uint256[3] memory inputs) private view returns (bool) {
        try IVerifier(key).verifyProof{gas: VERIFY_GAS}(proof, inputs) {
            return true;
        } catch {
            return false;
        }
    }

    function _honest() private view returns (bytes memory proof, uint256[3] memory inputs) {
        Case memory c = caseAt(load("groth16"), 0);
        uint256[] memory list = numbers(c, ".in.inputs");
        return (data(c, ".in.proof"), [list[0], list[1], list[2]]);
    }

    function _keyOf(Case memory c) private pure returns (address) {
        return keccak256(bytes(text(c, ".in.key"))) == keccak256("covered") ? COVERED : STAND_IN;
    }

    function _deployVerifiedByStandIn() private {
        ISettlement.Deployment memory d = deployment();
        d.shapes[TINY].verifier = STAND_IN;
        settlement = new Settlement(d);
    }
}
