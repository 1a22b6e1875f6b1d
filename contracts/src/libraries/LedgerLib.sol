// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {RequestLib} from "./RequestLib.sol";

/// @title What the contract itself knows of accounts, requests and money, and the few ways in which that changes.
/// @notice Everything else about an account is behind the state root. All token movements are here.
library LedgerLib {
    using SafeERC20 for IERC20;

    /// @notice The insurance fund, which has no owner.
    uint32 internal constant INSURANCE = 0;
    /// @notice The account of the fee recipient.
    uint32 internal constant FEES = 1;
    /// @notice What an account can hold.
    uint256 internal constant QUOTE_BOUND = 2 ** 62;
    /// @dev A quarter of what an account can hold, so that no sum of deposits leaves the circuit's range.
    uint256 internal constant VAULT_BOUND = 2 ** 60;

    /// @dev Two slots. A pending request is kept as its number plus one; 0 is none. `own`: the account's WITHDRAW or
    /// CLOSE, or a LIQUIDATE of which it is the taker. `targeted`: a LIQUIDATE of this account. `agency`: its AGENT.
    struct Account {
        address owner;
        uint40 agentNonce;
        uint48 own;
        address agent;
        uint48 targeted;
        uint48 agency;
    }

    struct Request {
        uint248 payload;
        uint40 deadline;
    }

    /// @dev Packed so that a batch and a request touch few slots: the first two hold all that moves with the queue.
    struct Ledger {
        address token;
        uint64 queueHead;
        uint32 accountCount;
        uint64 queueLength;
        uint96 queuedDeposits;
        uint96 queuedBonds;
        uint256 totalClaims;
        ISettlement.Parameters parameters;
        mapping(uint32 account => Account) accounts;
        mapping(uint64 id => Request) requests;
        mapping(address recipient => uint256) claimable;
    }

    /// @notice Fixes token, fee recipient (who owns account 1) and parameters. Bonds become deposits, and the rules
    /// refuse a deposit of 0: no batch would follow it.
    function found(
        Ledger storage ledger,
        address token,
        address feeRecipient,
        ISettlement.Parameters memory parameters
    ) internal {
        _requireDepositable(parameters.bondE6);
        _requireDepositable(parameters.minDepositE6);
        ledger.token = token;
        ledger.parameters = parameters;
        ledger.accounts[FEES].owner = feeRecipient;
        ledger.accountCount = FEES + 1;
    }

    /// @notice Appends a request; its deadline is announced, not enforced here.
    function enqueue(Ledger storage ledger, uint32 account, uint248 payload) internal returns (uint64 id) {
        id = ledger.queueLength++;
        uint40 deadline = uint40(block.timestamp + ledger.parameters.deadline);
        ledger.requests[id] = Request(payload, deadline);
        emit ISettlement.RequestQueued(id, RequestLib.kindOf(payload), account, payload, deadline);
    }

    /// @notice Appends a DEPOSIT of money that is in the vault, or will be before the call ends.
    function enqueueDeposit(
        Ledger storage ledger,
        uint32 account,
        address from,
        uint64 amountE6
    ) internal returns (uint64 id) {
        id = enqueue(ledger, account, RequestLib.depositing(account, amountE6));
        ledger.queuedDeposits += amountE6;
        emit ISettlement.Deposited(id, account, from, amountE6);
    }

    /// @notice Lets `recipient` claim `amountE6` more. Nobody is called here: claims are pulled.
    function credit(Ledger storage ledger, address recipient, uint32 account, uint64 number, uint64 amountE6) internal {
        ledger.claimable[recipient] += amountE6;
        ledger.totalClaims += amountE6;
        emit ISettlement.Claimable(recipient, account, number, amountE6);
    }

    /// @notice Takes the fee: a request costs something, or the queue could be flooded for gas alone.
    function takeFee(Ledger storage ledger) internal {
        uint64 feeE6 = ledger.parameters.feeE6;
        credit(ledger, ledger.accounts[FEES].owner, FEES, 0, feeE6);
        pull(ledger, feeE6);
    }

    /// @notice Takes exactly `amountE6` of the caller's tokens; what arrives is measured.
    function pull(Ledger storage ledger, uint256 amountE6) internal {
        IERC20 token = IERC20(ledger.token);
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amountE6);
        uint256 received = token.balanceOf(address(this)) - before;
        require(received == amountE6, ISettlement.TokenAmountMismatch(amountE6, received));
    }

    /// @notice Sends to `to` all that `recipient` may claim.
    function pay(Ledger storage ledger, address recipient, address to) internal returns (uint256 amountE6) {
        amountE6 = ledger.claimable[recipient];
        require(amountE6 > 0, ISettlement.NothingToClaim(recipient));
        ledger.claimable[recipient] = 0;
        ledger.totalClaims -= amountE6;
        emit ISettlement.Claimed(recipient, to, amountE6);
        IERC20(ledger.token).safeTransfer(to, amountE6);
    }

    /// @notice Reverts with AmountOutOfRange unless `amountE6`, at least `leastE6`, still fits into the vault.
    function requireRoom(Ledger storage ledger, uint256 amountE6, uint256 leastE6) internal view {
        uint256 held = IERC20(ledger.token).balanceOf(address(this));
        uint256 most = held < VAULT_BOUND ? VAULT_BOUND - 1 - held : 0;
        require(leastE6 <= amountE6 && amountE6 <= most, ISettlement.AmountOutOfRange(amountE6, leastE6, most));
    }

    /// @notice Reverts with VaultShort unless the vault holds claims, queued deposits and queued bonds (claim C8).
    function requireVaultCovers(Ledger storage ledger) internal view {
        uint256 held = IERC20(ledger.token).balanceOf(address(this));
        uint256 owed = ledger.totalClaims + ledger.queuedDeposits + ledger.queuedBonds;
        require(held >= owed, ISettlement.VaultShort(held, owed));
    }

    /// @notice Reverts with RequestPending if the request in a slot of `account` is still in the queue.
    function requireNonePending(Ledger storage ledger, uint32 account, uint48 idPlusOne) internal view {
        // Not `require`: its arguments are evaluated even where it holds, and 0 has no predecessor.
        if (idPlusOne > ledger.queueHead) revert ISettlement.RequestPending(account, idPlusOne - 1);
    }

    /// @notice The requests in the two risk slots of `account` that still wait, each as its number plus one; 0 is none.
    function pendingRisk(Ledger storage ledger, uint32 account) internal view returns (uint64 own, uint64 targeted) {
        (own, targeted) = (ledger.accounts[account].own, ledger.accounts[account].targeted);
        if (own <= ledger.queueHead) own = 0;
        if (targeted <= ledger.queueHead) targeted = 0;
    }

    function _requireDepositable(uint64 amountE6) private pure {
        require(amountE6 >= 1 && amountE6 < VAULT_BOUND, ISettlement.AmountOutOfRange(amountE6, 1, VAULT_BOUND - 1));
    }
}
