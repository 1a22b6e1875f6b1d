// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The EIP-712 types that this contract checks, and the closed sets that their strings come from.
/// @notice Contract twin of `zkclear/crypto/eip712.py`; vectors: `eip712.json`. Orders, cancels and withdrawals of a
/// batch are hashed in `EntryLib`, from these constants.
library Eip712Lib {
    bytes32 internal constant ORDER = keccak256(
        "Order(uint32 account,string market,string action,uint64 sizeE8,uint64 limitPriceE8,uint64 expiry,uint64 nonce)"
    );
    bytes32 internal constant CANCEL_ORDER = keccak256("CancelOrder(uint32 account,string market,uint64 nonce)");
    bytes32 internal constant WITHDRAW =
        keccak256("Withdraw(uint32 account,address recipient,string asset,uint64 amountE6,uint64 expiry,uint64 nonce)");
    bytes32 internal constant AUTHORIZE_AGENT =
        keccak256("AuthorizeAgent(uint32 account,address agent,uint64 validUntil,uint64 nonce)");
    bytes32 internal constant REVOKE_AGENT = keccak256("RevokeAgent(uint32 account,address agent,uint64 nonce)");
    bytes32 internal constant PRICE_REPORT = keccak256("PriceReport(uint64 time,uint64[] pricesE8)");

    /// @notice The struct hash of an AuthorizeAgent.
    function authorizeAgent(uint32 account, address agent, uint40 until, uint64 nonce) internal pure returns (bytes32) {
        return keccak256(abi.encode(AUTHORIZE_AGENT, account, agent, until, nonce));
    }

    /// @notice The struct hash of a RevokeAgent.
    function revokeAgent(uint32 account, address agent, uint64 nonce) internal pure returns (bytes32) {
        return keccak256(abi.encode(REVOKE_AGENT, account, agent, nonce));
    }

    /// @notice The struct hash of a PriceReport; each price takes a word of its own inside the inner hash.
    function priceReport(uint64 time, uint256[] memory pricesE8) internal pure returns (bytes32) {
        return keccak256(abi.encode(PRICE_REPORT, time, keccak256(abi.encodePacked(pricesE8))));
    }

    /// @notice Hashes of the 16 order actions; element `i` belongs to code `0x40 + i`.
    /// @dev Code bits: 0 side, 1-2 time in force, 3 reduce only (`zkclear/rules/actions.py`).
    function orderActions() internal pure returns (bytes32[16] memory) {
        return [
            keccak256("BUY GTC"),
            keccak256("SELL GTC"),
            keccak256("BUY IOC"),
            keccak256("SELL IOC"),
            keccak256("BUY FOK"),
            keccak256("SELL FOK"),
            keccak256("BUY POST_ONLY"),
            keccak256("SELL POST_ONLY"),
            keccak256("BUY GTC REDUCE_ONLY"),
            keccak256("SELL GTC REDUCE_ONLY"),
            keccak256("BUY IOC REDUCE_ONLY"),
            keccak256("SELL IOC REDUCE_ONLY"),
            keccak256("BUY FOK REDUCE_ONLY"),
            keccak256("SELL FOK REDUCE_ONLY"),
            keccak256("BUY POST_ONLY REDUCE_ONLY"),
            keccak256("SELL POST_ONLY REDUCE_ONLY")
        ];
    }
}
