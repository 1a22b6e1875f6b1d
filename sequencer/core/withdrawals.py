"""
Signed withdrawals: an entry of the open batch, at most what was withdrawable when that batch opened.

Home: `zkclear/rules/transition.py`, `_withdrawals`; fast twin of `margin.withdrawable` in `sequencer/risk/margin.py`.
"""

from sequencer.batching.open_batch import OpenBatch, SignedEntry
from sequencer.core.admission import (
    require_nonce,
    require_open,
    require_row,
    require_signer,
    require_trading,
    require_unexpired,
)
from sequencer.core.cancels import batch_with_room
from sequencer.core.commands import Withdraw
from sequencer.core.exchange import Exchange, Instruction
from sequencer.core.instructions import carry_out, receipt_of
from sequencer.core.refusals import SequencedRefusal
from sequencer.matching.orders import SlotUse
from sequencer.risk.closing import may_close
from zkclear.rules import actions
from zkclear.rules.batch import AMOUNT_SPLIT, Entry
from zkclear.rules.units import SLOTS, AccountId, Address, Lots, Seconds, Ticks
from zkclear.v1 import account_pb2, receipt_pb2


def withdraw(exchange: Exchange, command: Withdraw) -> account_pb2.SubmitWithdrawalResponse:
    """Takes a withdrawal into the open batch, or refuses it."""
    instruction, again = carry_out(
        exchange,
        command.digest,
        check=lambda: _check(exchange, command),
        act=lambda: _withdraw(exchange, command),
    )
    return account_pb2.SubmitWithdrawalResponse(
        withdrawal=account_pb2.Withdrawal(
            fields=account_pb2.WithdrawalFields(
                account=command.account,
                recipient=command.recipient,
                asset=exchange.genesis.asset,
                amount_e6=command.amount,
                expiry_s=command.expiry,
                nonce=command.nonce,
            ),
            digest=command.digest,
            batch=instruction.batch,
            settlement=exchange.sealed.settlement(instruction.batch),
        ),
        receipt=receipt_of(exchange, instruction),
        already_exists=again,
    )


def _check(exchange: Exchange, command: Withdraw) -> None:
    if exchange.waiting == "ORACLE_STALE":
        require_trading(exchange)
    batch, _ = require_open(exchange)
    row = require_row(batch, command.account)
    require_signer(exchange, row, command.signer, digest=command.digest, owner_only=True)
    require_unexpired(exchange, command.expiry)
    use = exchange.engine.orders_of(command.account).slots.get(command.nonce % SLOTS)
    require_nonce(use, command.nonce, replace=False)


def _withdraw(exchange: Exchange, command: Withdraw) -> tuple[Instruction, receipt_pb2.ActionResult]:
    slot = command.nonce % SLOTS
    batch = _batch_for(exchange, command, slot)
    if command.expiry < batch.timestamp:  # a batch began meanwhile, at a later time
        raise SequencedRefusal(
            "ORDER_EXPIRED",
            server_time_us=exchange.now_us,
            field="expiry_s",
            allowed=f"at least {batch.timestamp}",
        )
    row = require_row(batch, command.account)
    row.collateral -= command.amount
    row.withdrawn += command.amount
    entry = Entry(
        account=AccountId(command.account),
        market=0,
        action=actions.WITHDRAW,
        lots=Lots(command.amount >> AMOUNT_SPLIT),
        limit=Ticks(command.amount & ((1 << AMOUNT_SPLIT) - 1)),
        expiry=Seconds(command.expiry),
        nonce=command.nonce,
        signer=Address(command.signer),
    )
    batch.add(SignedEntry(entry, command.signature, command.recipient))
    exchange.engine.orders_of(command.account).slots[slot] = SlotUse(command.nonce, command.digest, None)
    result = receipt_pb2.WithdrawResult(batch=batch.number)
    return Instruction(0, batch=batch.number), receipt_pb2.ActionResult(withdraw=result)


def _batch_for(exchange: Exchange, command: Withdraw, slot: int) -> OpenBatch:
    """The open batch that may carry it; what the account gained in one batch may leave in the next."""
    while True:
        _refuse_too_much(exchange, command)
        before, _ = require_open(exchange)
        if not (before.has_room_for_payment and _is_within_opening(exchange, command)):
            exchange.seal()
        elif batch_with_room(exchange, command.account, slot) is before:
            return before


def _refuse_too_much(exchange: Exchange, command: Withdraw) -> None:
    """Refuses what the account could not take out even at the beginning of a batch."""
    batch, valuation = require_open(exchange)
    row = require_row(batch, command.account)
    most = valuation.withdrawable(row.collateral, row.sizes)
    if command.amount > most:
        raise SequencedRefusal("NOT_WITHDRAWABLE", required_e6=command.amount, available_e6=most)


def _is_within_opening(exchange: Exchange, command: Withdraw) -> bool:
    """Whether this batch may carry it: the sum of its withdrawals, and the account at its end."""
    batch, valuation = require_open(exchange)
    row = require_row(batch, command.account)
    most = valuation.withdrawable(row.opening_collateral, row.opening_sizes)
    if row.withdrawn + command.amount > most:
        return False
    return may_close(row, row.collateral - command.amount, row.sizes, valuation)
