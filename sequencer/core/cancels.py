"""
Cancels: off the book at once, and binding if signed with a newer nonce.

A binding cancel is an entry of the batch that takes the slot over, so that no older order of that slot can ever settle,
whoever holds its signature. A cancel with the order's own nonce, and CancelAll, bind the sequencer only; so does every
cancel while the prices are too old for a batch.
"""

from sequencer.batching.open_batch import OpenBatch, SignedEntry
from sequencer.core.admission import (
    nonce_refusal,
    require_open,
    require_row,
    require_signer,
    require_unexpired,
)
from sequencer.core.answers import order_message
from sequencer.core.commands import CancelAll, CancelOrder
from sequencer.core.exchange import Exchange, Instruction
from sequencer.core.instructions import carry_out, receipt_of
from sequencer.core.refusals import Refused, SequencedRefusal
from sequencer.core.settings import MICROSECONDS
from sequencer.matching.orders import LiveOrder, SlotUse
from zkclear.rules import actions
from zkclear.rules.batch import Entry
from zkclear.rules.units import SECONDS_BOUND, SLOTS, AccountId, Address, Lots, Seconds, Ticks
from zkclear.v1 import order_pb2, receipt_pb2, trading_pb2
from zkclear.v1.order_pb2 import OrderStatus


def cancel_order(exchange: Exchange, command: CancelOrder) -> trading_pb2.CancelOrderResponse:
    """Takes a slot's order off the book; with a newer nonce the cancel enters the batch."""
    instruction, again = carry_out(
        exchange,
        command.digest,
        check=lambda: _check_cancel(exchange, command),
        act=lambda: _cancel(exchange, command),
    )
    return trading_pb2.CancelOrderResponse(
        orders=[order_message(exchange, order) for order in instruction.ended],
        receipt=receipt_of(exchange, instruction),
        already_exists=again,
        batch=instruction.batch,
    )


def _check_cancel(exchange: Exchange, command: CancelOrder) -> None:
    batch, _ = require_open(exchange)
    row = require_row(batch, command.account)
    require_signer(exchange, row, command.signer, digest=command.digest)
    use = exchange.engine.orders_of(command.account).slots.get(command.nonce % SLOTS)
    if use is None or command.nonce > use.nonce:
        is_resting = use is not None and use.order is not None and use.order.is_live
        if not is_resting and not exchange.may_carry:
            raise Refused("ORACLE_STALE", since_time_us=batch.timestamp * MICROSECONDS)
        return
    if command.nonce < use.nonce:
        raise nonce_refusal("NONCE_STALE", use, command.nonce)
    order = use.order
    if order is None or order.market != command.market:
        raise Refused("ORDER_NOT_FOUND", name=f"nonce {command.nonce}")
    if not order.is_live:
        raise Refused("ORDER_ALREADY_FINAL", status=OrderStatus.Name(order.status))


def _cancel(exchange: Exchange, command: CancelOrder) -> tuple[Instruction, receipt_pb2.ActionResult]:
    orders = exchange.engine.orders_of(command.account)
    slot = command.nonce % SLOTS
    use = orders.slots.get(slot)
    batch_number = 0
    if (use is None or command.nonce > use.nonce) and exchange.may_carry:
        batch = batch_with_room(exchange, command.account, slot)
        row = require_row(batch, command.account)
        if not row.may_sign(command.signer, timestamp=batch.timestamp):  # a batch began meanwhile
            raise SequencedRefusal("AGENT_EXPIRED", account=command.account, agent_until_s=row.agent_until)
        batch.add(_entry(command))
        batch_number = batch.number
    ended: tuple[LiveOrder, ...] = ()
    # Making room may have sealed a batch, and with it the order may have ended.
    if use is not None and use.order is not None and use.order.is_live:
        ended = (use.order,)
        exchange.engine.drop(use.order, order_pb2.CANCEL_REASON_REQUESTED)
    if batch_number:
        orders.slots[slot] = SlotUse(command.nonce, command.digest, None)
    return _result(ended, batch_number)


def batch_with_room(exchange: Exchange, account: int, slot: int) -> OpenBatch:
    """The open batch, sealed and begun anew until it can take one more entry in that slot."""
    while True:
        batch, _ = require_open(exchange)
        taken = (account, slot) in batch.entries
        room = batch.has_room(entries=1, fills=0, accounts=int(account not in batch.named))
        if room and not taken:
            return batch
        exchange.seal()


def _entry(command: CancelOrder) -> SignedEntry:
    entry = Entry(
        account=AccountId(command.account),
        market=command.market,
        action=actions.CANCEL,
        lots=Lots(0),
        limit=Ticks(0),
        expiry=Seconds(SECONDS_BOUND - 1),
        nonce=command.nonce,
        signer=Address(command.signer),
    )
    return SignedEntry(entry, command.signature)


def _result(ended: tuple[LiveOrder, ...], batch: int) -> tuple[Instruction, receipt_pb2.ActionResult]:
    result = receipt_pb2.CancelResult(digests=[order.digest for order in ended], batch=batch)
    return Instruction(0, ended=ended, batch=batch), receipt_pb2.ActionResult(cancel=result)


def cancel_all(exchange: Exchange, command: CancelAll) -> trading_pb2.CancelAllOrdersResponse:
    """Takes an account's orders with a lower nonce off the book, in one market or in all."""

    def check() -> None:
        batch, _ = require_open(exchange)
        row = require_row(batch, command.account)
        require_signer(exchange, row, command.signer, digest=command.digest)
        require_unexpired(exchange, command.expiry)

    def act() -> tuple[Instruction, receipt_pb2.ActionResult]:
        live = exchange.engine.orders_of(command.account).live
        ended = tuple(
            order
            for order in live.values()
            if command.market in (-1, order.market) and order.nonce < command.before_nonce
        )
        for order in ended:
            exchange.engine.drop(order, order_pb2.CANCEL_REASON_REQUESTED)
        return _result(ended, 0)

    instruction, again = carry_out(exchange, command.digest, check=check, act=act)
    return trading_pb2.CancelAllOrdersResponse(
        orders=[order_message(exchange, order) for order in instruction.ended],
        receipt=receipt_of(exchange, instruction),
        already_exists=again,
    )
