// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Requests as words: kind 8, account 32, then what the kind needs, 248 bits in all, high bits first.
/// @notice Contract twin of `request_word` in `zkclear/rules/words.py`; vectors: `words.json`.
library RequestLib {
    uint8 internal constant OPEN = 1;
    uint8 internal constant DEPOSIT = 2;
    uint8 internal constant WITHDRAW = 3;
    uint8 internal constant AGENT = 6;

    /// @notice The one outcome of every kind that this version queues.
    uint8 internal constant EXECUTED = 1;

    /// @notice OPEN: owner 160, 48 zero bits.
    function opening(uint32 account, address owner) internal pure returns (uint248) {
        return _word(OPEN, account, uint256(uint160(owner)) << 48);
    }

    /// @notice DEPOSIT: amount 64, 144 zero bits.
    function depositing(uint32 account, uint64 amountE6) internal pure returns (uint248) {
        return _word(DEPOSIT, account, uint256(amountE6) << 144);
    }

    /// @notice WITHDRAW: amount 64, 144 zero bits.
    function withdrawing(uint32 account, uint64 amountE6) internal pure returns (uint248) {
        return _word(WITHDRAW, account, uint256(amountE6) << 144);
    }

    /// @notice AGENT: agent 160 (0 revokes), until 40, 8 zero bits.
    function appointing(uint32 account, address agent, uint40 until) internal pure returns (uint248) {
        return _word(AGENT, account, (uint256(uint160(agent)) << 48) | (uint256(until) << 8));
    }

    /// @notice The kind of a request, its top 8 bits.
    function kindOf(uint256 payload) internal pure returns (uint8) {
        return uint8(payload >> 240);
    }

    /// @notice The account that a request concerns.
    function accountOf(uint256 payload) internal pure returns (uint32) {
        return uint32(payload >> 208);
    }

    /// @notice The amount of a DEPOSIT or WITHDRAW.
    function amountOf(uint256 payload) internal pure returns (uint64) {
        return uint64(payload >> 144);
    }

    /// @notice Whether a request of this payload can have this outcome: executed, and only a WITHDRAW names an amount,
    /// at most the one that was asked for (claim C9; the exact amount is proved).
    function allows(uint256 payload, uint8 code, uint64 amountE6) internal pure returns (bool) {
        uint64 most = kindOf(payload) == WITHDRAW ? amountOf(payload) : 0;
        return code == EXECUTED && amountE6 <= most;
    }

    function _word(uint8 kind, uint32 account, uint256 body) private pure returns (uint248) {
        return uint248((uint256(kind) << 240) | (uint256(account) << 208) | body);
    }
}
