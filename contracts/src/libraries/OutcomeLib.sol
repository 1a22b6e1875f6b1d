// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../interfaces/ISettlement.sol";
import {LedgerLib} from "./LedgerLib.sol";
import {ListingLib} from "./ListingLib.sol";
import {RequestLib} from "./RequestLib.sol";
import {WordsLib} from "./WordsLib.sol";

/// @title The requests that a batch consumes: which outcomes they may have, and what an outcome does here (claim C9).
/// @notice What it does to accounts is proved; this is about claims, bonds and markets.
library OutcomeLib {
    using LedgerLib for LedgerLib.Ledger;
    using ListingLib for ListingLib.Markets;

    /// @notice The payloads of the next `count` requests, each with an outcome that it can have.
    /// @dev Reverts with RequestsOverrun, BadLength, BadOutcome.
    function gather(
        LedgerLib.Ledger storage ledger,
        ListingLib.Markets storage markets,
        uint16 count,
        bytes calldata outcomes
    ) internal view returns (uint256[] memory payloads) {
        uint64 head = ledger.queueHead;
        uint64 length = ledger.queueLength;
        require(head + count <= length, ISettlement.RequestsOverrun(head + count, length));
        WordsLib.checkOutcomes(count, outcomes);
        payloads = new uint256[](count);
        for (uint256 i = 0; i < payloads.length; ++i) {
            uint64 id = head + uint64(i);
            uint256 payload = payloads[i] = ledger.requests[id].payload;
            (uint8 code, uint64 amount) = WordsLib.outcomeAt(outcomes, i);
            uint256 hash = RequestLib.kindOf(payload) == RequestLib.MARKET ? markets.queued[id].configHash : 0;
            require(RequestLib.allows(payload, code, amount, hash), ISettlement.BadOutcome(id, code));
        }
    }

    /// @notice Takes the requests off the queue and does what their outcomes ask for.
    /// @dev Linked, for the code's size; a batch without requests need not call.
    function resolve(
        LedgerLib.Ledger storage ledger,
        ListingLib.Markets storage markets,
        uint64 number,
        uint256[] memory payloads,
        bytes calldata outcomes
    ) external {
        uint64 id = ledger.queueHead;
        ledger.queueHead = id + uint64(payloads.length);
        uint96 deposited = 0;
        for (uint256 i = 0; i < payloads.length; ++i) {
            uint256 payload = payloads[i];
            (uint8 code, uint64 amount) = WordsLib.outcomeAt(outcomes, i);
            uint8 kind = RequestLib.kindOf(payload);
            if (kind == RequestLib.DEPOSIT) {
                deposited += RequestLib.amountOf(payload);
            } else if (kind == RequestLib.WITHDRAW) {
                _payOwner(ledger, RequestLib.accountOf(payload), number, amount);
            } else if (kind == RequestLib.LIQUIDATE) {
                _settleBond(ledger, RequestLib.takerOf(payload), number, code);
            } else if (kind == RequestLib.MARKET) {
                markets.takeEffect(id, RequestLib.marketOf(payload), number);
            }
            emit ISettlement.RequestResolved(id++, number, code, amount);
        }
        if (deposited > 0) ledger.queuedDeposits -= deposited;
    }

    function _payOwner(LedgerLib.Ledger storage ledger, uint32 account, uint64 number, uint64 amountE6) private {
        if (amountE6 > 0) ledger.credit(ledger.accounts[account].owner, account, number, amountE6);
    }

    /// @dev The bond goes back where the keeper was right or only late, and else to the insurance fund. There it is a
    /// deposit like any other, so that no proof has to know of bonds.
    function _settleBond(LedgerLib.Ledger storage ledger, uint32 taker, uint64 number, uint8 code) private {
        uint64 bondE6 = ledger.parameters.bondE6;
        ledger.queuedBonds -= bondE6;
        address keeper = ledger.accounts[taker].owner;
        if (code == RequestLib.EXECUTED || code == RequestLib.NOTHING_TO_DO) {
            ledger.credit(keeper, taker, number, bondE6);
        } else {
            ledger.enqueueDeposit(LedgerLib.INSURANCE, keeper, bondE6);
        }
    }
}
