// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {Eip712Lib} from "./Eip712Lib.sol";
import {LedgerLib} from "./LedgerLib.sol";
import {RequestLib} from "./RequestLib.sol";
import {TreeLib} from "./TreeLib.sol";

/// @title Who may put which request into the queue, and what it costs. The prose is in `ISettlement`.
/// @notice A linked library: its functions run on the storage of `Settlement`, which keeps them only for the code's size.
/// @dev Every check comes before the first token moves, and a revert undoes what was written.
library QueueLib {
    using LedgerLib for LedgerLib.Ledger;

    uint256 private constant SIZE_BOUND = 2 ** 40;

    /// @notice `ISettlement.open`.
    function open(
        LedgerLib.Ledger storage ledger,
        address owner,
        uint64 amountE6
    ) external returns (uint32 account, uint64 id) {
        require(owner != address(0) && owner != address(this), ISettlement.BadAddress(owner));
        account = ledger.accountCount;
        require(account < TreeLib.ACCOUNTS, ISettlement.TreeFull(account));
        ledger.accountCount = account + 1;
        ledger.accounts[account].owner = owner;
        emit ISettlement.AccountOpened(account, owner);
        ledger.enqueue(account, RequestLib.opening(account, owner));
        id = _deposit(ledger, account, amountE6);
    }

    /// @notice `ISettlement.deposit`.
    function deposit(LedgerLib.Ledger storage ledger, uint32 account, uint64 amountE6) external returns (uint64) {
        _requireKnown(ledger, account);
        return _deposit(ledger, account, amountE6);
    }

    /// @notice `ISettlement.requestWithdrawal`.
    function requestWithdrawal(
        LedgerLib.Ledger storage ledger,
        uint32 account,
        uint64 amountE6
    ) external returns (uint64 id) {
        _requireOwner(ledger, account);
        uint256 most = LedgerLib.QUOTE_BOUND - 1;
        require(amountE6 >= 1 && amountE6 <= most, ISettlement.AmountOutOfRange(amountE6, 1, most));
        id = _enqueueOwn(ledger, account, RequestLib.withdrawing(account, amountE6));
        ledger.takeFee();
    }

    /// @notice `ISettlement.requestClose`; `markets` are listed.
    function requestClose(
        LedgerLib.Ledger storage ledger,
        uint256 markets,
        uint32 account,
        uint8 market,
        uint64 maxLots
    ) external returns (uint64 id) {
        _requireOwner(ledger, account);
        _requirePosition(markets, market, maxLots);
        id = _enqueueOwn(ledger, account, RequestLib.closing(account, market, uint40(maxLots)));
        ledger.takeFee();
    }

    /// @notice `ISettlement.liquidate`; `markets` are listed.
    function liquidate(
        LedgerLib.Ledger storage ledger,
        uint256 markets,
        uint32 account,
        uint8 market,
        uint64 maxLots,
        uint32 taker
    ) external returns (uint64 id) {
        // The fund's own positions are closed in the book; nobody takes them over.
        require(account != LedgerLib.INSURANCE, ISettlement.UnknownAccount(account));
        _requireKnown(ledger, account);
        _requireOwner(ledger, taker);
        require(ledger.accounts[account].owner != msg.sender, ISettlement.SameOwner(account, taker));
        _requirePosition(markets, market, maxLots);
        ledger.requireNonePending(account, ledger.accounts[account].targeted);
        uint64 bondE6 = ledger.parameters.bondE6;
        ledger.requireRoom(bondE6, bondE6);
        uint248 payload = RequestLib.liquidating(account, market, uint40(maxLots), taker);
        ledger.requireNonePending(taker, ledger.accounts[taker].own);
        id = ledger.enqueue(account, payload);
        ledger.accounts[taker].own = ledger.accounts[account].targeted = uint48(id + 1);
        ledger.queuedBonds += bondE6;
        emit ISettlement.LiquidationRequested(id, account, taker, market, uint40(maxLots));
        ledger.pull(bondE6);
    }

    /// @notice `ISettlement.authorizeAgent`.
    function authorizeAgent(
        LedgerLib.Ledger storage ledger,
        uint32 account,
        address agent,
        uint40 until
    ) external returns (uint64) {
        _requireOwner(ledger, account);
        return _authorize(ledger, account, agent, until);
    }

    /// @notice `ISettlement.authorizeAgentWithSig`, under the contract's EIP-712 domain.
    function authorizeAgentWithSig(
        LedgerLib.Ledger storage ledger,
        bytes32 separator,
        uint32 account,
        address agent,
        uint40 until,
        bytes calldata signature
    ) external returns (uint64) {
        uint64 nonce = ledger.accounts[account].agentNonce;
        bytes32 structHash = Eip712Lib.authorizeAgent(account, agent, until, nonce);
        _requireSigned(ledger, account, MessageHashUtils.toTypedDataHash(separator, structHash), signature);
        return _authorize(ledger, account, agent, until);
    }

    /// @notice `ISettlement.revokeAgent`.
    function revokeAgent(LedgerLib.Ledger storage ledger, uint32 account, address agent) external returns (uint64) {
        _requireOwner(ledger, account);
        return _revoke(ledger, account, agent);
    }

    /// @notice `ISettlement.revokeAgentWithSig`, under the contract's EIP-712 domain.
    function revokeAgentWithSig(
        LedgerLib.Ledger storage ledger,
        bytes32 separator,
        uint32 account,
        address agent,
        bytes calldata signature
    ) external returns (uint64) {
        bytes32 structHash = Eip712Lib.revokeAgent(account, agent, ledger.accounts[account].agentNonce);
        _requireSigned(ledger, account, MessageHashUtils.toTypedDataHash(separator, structHash), signature);
        return _revoke(ledger, account, agent);
    }

    function _requireKnown(LedgerLib.Ledger storage ledger, uint32 account) private view {
        require(account < ledger.accountCount, ISettlement.UnknownAccount(account));
    }

    function _requireOwner(LedgerLib.Ledger storage ledger, uint32 account) private view {
        require(ledger.accounts[account].owner == msg.sender, ISettlement.NotOwner(account, msg.sender));
    }

    function _requirePosition(uint256 markets, uint8 market, uint64 maxLots) private pure {
        require(market < markets, ISettlement.UnknownMarket(market));
        uint256 most = SIZE_BOUND - 1;
        require(maxLots >= 1 && maxLots <= most, ISettlement.AmountOutOfRange(maxLots, 1, most));
    }

    /// @dev An account without owner has no signature: a failed recovery also gives 0.
    function _requireSigned(
        LedgerLib.Ledger storage ledger,
        uint32 account,
        bytes32 digest,
        bytes calldata signature
    ) private view {
        address expected = ledger.accounts[account].owner;
        require(expected != address(0), ISettlement.UnknownAccount(account));
        address recovered;
        if (signature.length == 64) {
            (recovered,,) = ECDSA.tryRecover(digest, bytes32(signature[:32]), bytes32(signature[32:]));
        } else {
            (recovered,,) = ECDSA.tryRecoverCalldata(digest, signature);
        }
        require(recovered == expected, ISettlement.BadSignature(expected, recovered));
    }

    function _deposit(LedgerLib.Ledger storage ledger, uint32 account, uint64 amountE6) private returns (uint64 id) {
        ledger.requireRoom(amountE6, ledger.parameters.minDepositE6);
        id = ledger.enqueueDeposit(account, msg.sender, amountE6);
        ledger.pull(amountE6);
    }

    /// @dev Into the slot of what the owner itself asks for.
    function _enqueueOwn(LedgerLib.Ledger storage ledger, uint32 account, uint248 payload) private returns (uint64 id) {
        ledger.requireNonePending(account, ledger.accounts[account].own);
        id = ledger.enqueue(account, payload);
        ledger.accounts[account].own = uint48(id + 1);
    }

    function _authorize(
        LedgerLib.Ledger storage ledger,
        uint32 account,
        address agent,
        uint40 until
    ) private returns (uint64) {
        require(agent != address(0), ISettlement.BadAddress(agent));
        return _appoint(ledger, account, agent, until);
    }

    function _revoke(LedgerLib.Ledger storage ledger, uint32 account, address agent) private returns (uint64) {
        require(agent != address(0) && agent == ledger.accounts[account].agent, ISettlement.BadAddress(agent));
        return _appoint(ledger, account, address(0), 0);
    }

    function _appoint(
        LedgerLib.Ledger storage ledger,
        uint32 account,
        address agent,
        uint40 until
    ) private returns (uint64 id) {
        LedgerLib.Account storage leaf = ledger.accounts[account];
        ledger.requireNonePending(account, leaf.agency);
        id = ledger.enqueue(account, RequestLib.appointing(account, agent, until));
        ++leaf.agentNonce;
        leaf.agent = agent;
        leaf.agency = uint48(id + 1);
        emit ISettlement.AgentQueued(id, account, agent, until);
        ledger.takeFee();
    }
}
