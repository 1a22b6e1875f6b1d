// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../../src/interfaces/ISettlement.sol";

/// @notice Plain Solidity twins of what `src` does in Yul or by slices: slow, written from `docs/encoding.md` alone.
library Plain {
    uint256 internal constant P = 21888242871839275222246405745257275088548364400416034343698204186575808495617;

    /// @notice A market as an entry's digest sees it.
    struct Row {
        string name;
        uint256 lotE8;
        uint256 tickE8;
    }

    function actionName(uint8 code) internal pure returns (string memory) {
        string[4] memory times = ["GTC", "IOC", "FOK", "POST_ONLY"];
        string memory side = code & 1 == 0 ? "BUY " : "SELL ";
        string memory text = string.concat(side, times[(code >> 1) & 3]);
        return code & 8 == 0 ? text : string.concat(text, " REDUCE_ONLY");
    }

    function domainSeparator(address settlement) internal view returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("zkclear"),
                keccak256("1"),
                block.chainid,
                settlement
            )
        );
    }

    function typed(bytes32 separator, bytes32 structHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }

    /// @notice The struct hash of the entry that `word` packs.
    function entryHash(
        uint256 word,
        address recipient,
        string memory asset,
        Row[] memory rows
    ) internal pure returns (bytes32) {
        uint32 account = uint32(word >> 216);
        uint8 code = uint8(word >> 200);
        uint64 expiry = uint40(word >> 88);
        uint64 nonce = uint56(word >> 32);
        if (code == 0x80) {
            bytes32 withdrawType = keccak256(
                "Withdraw(uint32 account,address recipient,string asset,uint64 amountE6,uint64 expiry,uint64 nonce)"
            );
            uint64 amountE6 = uint64((uint256(uint40(word >> 160)) << 32) + uint32(word >> 128));
            return
                keccak256(
                    abi.encode(withdrawType, account, recipient, keccak256(bytes(asset)), amountE6, expiry, nonce)
                );
        }
        Row memory row = rows[uint8(word >> 208)];
        bytes32 name = keccak256(bytes(row.name));
        if (code == 0x82) {
            bytes32 cancelType = keccak256("CancelOrder(uint32 account,string market,uint64 nonce)");
            return keccak256(abi.encode(cancelType, account, name, nonce));
        }
        bytes32 orderType = keccak256(
            "Order(uint32 account,string market,string action,uint64 sizeE8,uint64 limitPriceE8,uint64 expiry,uint64 nonce)"
        );
        uint64 sizeE8 = uint64(uint40(word >> 160) * row.lotE8);
        uint64 limitPriceE8 = uint64(uint32(word >> 128) * row.tickE8);
        bytes32 action = keccak256(bytes(actionName(code)));
        return keccak256(abi.encode(orderType, account, name, action, sizeE8, limitPriceE8, expiry, nonce));
    }

    /// @notice `(h, r, y)` of words and `h`, by the definition.
    function inputs(uint256[] memory words, uint256 h) internal pure returns (uint256[3] memory) {
        uint256 r = uint256(keccak256(abi.encodePacked(words, h))) >> 8;
        return [h, r, polynomial(words, r)];
    }

    /// @notice `sum d_i * r^i mod p`, power by power.
    function polynomial(uint256[] memory words, uint256 r) internal pure returns (uint256 y) {
        uint256 power = 1;
        for (uint256 i = 0; i < words.length; ++i) {
            y = addmod(y, mulmod(words[i], power, P), P);
            power = mulmod(power, r, P);
        }
    }
}
