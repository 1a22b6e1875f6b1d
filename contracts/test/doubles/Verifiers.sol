// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IVerifier} from "../../src/interfaces/IVerifier.sol";

/// @notice Accepts any proof, or only one for given public inputs: lets tests see what the contract hands to a verifier.
/// @dev The real, exported verifier is used in `Verifier.t.sol`.
contract ExpectingVerifier is IVerifier {
    error UnexpectedInput(uint256 h, uint256 r, uint256 y);

    bool public strict;
    uint256[3] private _expected;

    function expect(uint256[3] calldata input) external {
        strict = true;
        _expected = input;
    }

    /// @inheritdoc IVerifier
    function verifyProof(bytes calldata, uint256[3] calldata input) external view {
        if (!strict) return;
        bool same = input[0] == _expected[0] && input[1] == _expected[1] && input[2] == _expected[2];
        require(same, UnexpectedInput(input[0], input[1], input[2]));
    }
}

/// @notice Refuses every proof, as a verifier does for a wrong one.
contract RefusingVerifier is IVerifier {
    error ProofInvalid();

    /// @inheritdoc IVerifier
    function verifyProof(bytes calldata, uint256[3] calldata) external pure {
        revert ProofInvalid();
    }
}

/// @notice Burns all the gas that it is given, as the pairing precompile does for a point off the curve.
contract BurningVerifier is IVerifier {
    /// @inheritdoc IVerifier
    function verifyProof(bytes calldata, uint256[3] calldata) external pure {
        assembly {
            invalid()
        }
    }
}
