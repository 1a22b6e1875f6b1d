// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Requests as words: kind 8, account 32, then what the kind needs, 248 bits in all, high bits first.
/// @notice Contract twin of `request_word` in `zkclear/rules/words.py`; vectors: `words.json`.
library RequestLib {
    uint8 internal constant OPEN = 1;
    uint8 internal constant DEPOSIT = 2;
    uint8 internal constant WITHDRAW = 3;
    uint8 internal constant CLOSE = 4;
    uint8 internal constant LIQUIDATE = 5;
    uint8 internal constant AGENT = 6;
    uint8 internal constant MARKET = 7;

    uint8 internal constant EXECUTED = 1;
    /// @notice No position there, or another rule deals with it.
    uint8 internal constant NOTHING_TO_DO = 2;
    /// @notice The account meets its maintenance requirement.
    uint8 internal constant NOT_LIQUIDATABLE = 3;
    /// @notice The taker could not carry what it asked for.
    uint8 internal constant TAKER_UNFIT = 4;
    /// @notice The insurance fund could not carry the position.
    uint8 internal constant FUND_UNFIT = 5;

    /// @notice Bits of a configuration hash that a MARKET request carries; its outcome has the others.
    uint256 internal constant HASH_LOW_BITS = 200;

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

    /// @notice CLOSE: market 8, lots at most 40, 160 zero bits.
    function closing(uint32 account, uint8 market, uint40 maxLots) internal pure returns (uint248) {
        return _word(CLOSE, account, (uint256(market) << 200) | (uint256(maxLots) << 160));
    }

    /// @notice LIQUIDATE: market 8, lots at most 40, taker 32, 128 zero bits.
    function liquidating(uint32 account, uint8 market, uint40 maxLots, uint32 taker) internal pure returns (uint248) {
        uint256 body = (uint256(market) << 200) | (uint256(maxLots) << 160) | (uint256(taker) << 128);
        return _word(LIQUIDATE, account, body);
    }

    /// @notice AGENT: agent 160 (0 revokes), until 40, 8 zero bits.
    function appointing(uint32 account, address agent, uint40 until) internal pure returns (uint248) {
        return _word(AGENT, account, (uint256(uint160(agent)) << 48) | (uint256(until) << 8));
    }

    /// @notice MARKET, of account 0: market 8, low 200 bits of the configuration's hash.
    function configuring(uint8 market, uint256 configHash) internal pure returns (uint248) {
        return _word(MARKET, 0, (uint256(market) << 200) | uint200(configHash));
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

    /// @notice The market of a CLOSE, LIQUIDATE or MARKET.
    function marketOf(uint256 payload) internal pure returns (uint8) {
        return uint8(payload >> 200);
    }

    /// @notice The most lots of a CLOSE or LIQUIDATE.
    function maxLotsOf(uint256 payload) internal pure returns (uint40) {
        return uint40(payload >> 160);
    }

    /// @notice Who takes the position of a LIQUIDATE over.
    function takerOf(uint256 payload) internal pure returns (uint32) {
        return uint32(payload >> 128);
    }

    /// @notice Whether a request of this payload can have this outcome (claim C9; the exact one is proved).
    /// @dev A WITHDRAW pays at most what was asked for; an executed CLOSE or LIQUIDATE moves 1 lot to the most that was
    /// asked for; the amount of a MARKET is that of `configHash`, of which the payload has only the low bits.
    function allows(uint256 payload, uint8 code, uint64 amount, uint256 configHash) internal pure returns (bool) {
        uint8 kind = kindOf(payload);
        if (code != EXECUTED) {
            bool known = kind == LIQUIDATE
                ? code >= NOTHING_TO_DO && code <= TAKER_UNFIT
                : kind == CLOSE && (code == NOTHING_TO_DO || code == FUND_UNFIT);
            return known && amount == 0;
        }
        if (kind == WITHDRAW) return amount <= amountOf(payload);
        if (kind == CLOSE || kind == LIQUIDATE) return amount >= 1 && amount <= maxLotsOf(payload);
        if (kind == MARKET) return amount == configHash >> HASH_LOW_BITS;
        return amount == 0;
    }

    function _word(uint8 kind, uint32 account, uint256 body) private pure returns (uint248) {
        return uint248((uint256(kind) << 240) | (uint256(account) << 208) | body);
    }
}
