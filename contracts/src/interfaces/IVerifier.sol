// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What gnark's exported Groth16 verifier offers, as far as settlement needs it.
/// @notice One such contract exists for each shape of a batch; gnark v0.16 generates it from the verifying key.
interface IVerifier {
    /// @notice Reverts unless `proof` proves the circuit for `input`; returns nothing.
    /// @param proof 384 bytes as gnark's `MarshalSolidity` gives them: A, B, C, commitment, its proof of knowledge.
    /// @param input The public inputs `h, r, y` of the binding (docs/encoding.md); each below the field modulus.
    function verifyProof(bytes calldata proof, uint256[3] calldata input) external view;
}
