"""
Who may do what with which nonce: checks that come before anything is sequenced.

A refusal here leaves no trace: the same message may be sent again when its cause is gone.
"""

from sequencer.batching.open_batch import OpenBatch
from sequencer.batching.rows import Row
from sequencer.core.exchange import Exchange
from sequencer.core.refusals import Refused
from sequencer.core.settings import MICROSECONDS
from sequencer.matching.orders import SlotUse
from sequencer.risk.margin import Valuation
from zkclear.rules.units import SLOTS


def hex_address(address: int) -> str:
    """An address as people write it."""
    return f"0x{address:040x}"


def require_open(exchange: Exchange) -> tuple[OpenBatch, Valuation]:
    """The open batch with its prices, or ORACLE_STALE while there is none."""
    if exchange.batch is None or exchange.valuation is None:
        raise Refused("ORACLE_STALE", since_time_us=exchange.genesis.timestamp * MICROSECONDS)
    return exchange.batch, exchange.valuation


def require_trading(exchange: Exchange) -> tuple[OpenBatch, Valuation]:
    """As `require_open`, and orders are taken now."""
    reason = exchange.waiting
    if reason == "ORACLE_STALE" and exchange.agreed is not None:
        raise Refused(reason, since_time_us=exchange.agreed.timestamp * MICROSECONDS)
    if reason:
        raise Refused(reason, since_time_us=exchange.now_us)
    return require_open(exchange)


def require_row(batch: OpenBatch, account: int) -> Row:
    """The account in the open batch, or ACCOUNT_NOT_FOUND."""
    row = batch.row(account)
    if row is None:
        raise Refused("ACCOUNT_NOT_FOUND", name=account)
    return row


def require_signer(
    exchange: Exchange, row: Row, signer: int, *, digest: bytes, owner_only: bool = False
) -> None:
    """Refuses a signature that does not speak for the account now; home: `orders.authorise`."""
    assert exchange.batch is not None, "a row belongs to an open batch"
    time = max(exchange.now_s, exchange.batch.timestamp)
    if signer == row.owner and signer != 0:
        return
    if signer == row.agent and signer != 0:
        if owner_only:
            raise Refused("SIGNER_NOT_AUTHORIZED", account=row.account, agent_until_s=row.agent_until)
        if time > row.agent_until:
            raise Refused("AGENT_EXPIRED", account=row.account, agent_until_s=row.agent_until)
        return
    if signer in exchange.accounts_of:
        raise Refused("SIGNER_NOT_AUTHORIZED", account=row.account, agent_until_s=row.agent_until)
    raise Refused(
        "INVALID_SIGNATURE",
        digest=f"0x{digest.hex()}",
        recovered=hex_address(signer),
        owner=hex_address(row.owner),
        agent=hex_address(row.agent),
        domain=f"{exchange.genesis.domain.chain_id}:{hex_address(exchange.genesis.domain.contract)}",
    )


def require_unexpired(exchange: Exchange, expiry: int) -> None:
    """Refuses what no batch from now on may carry."""
    time = exchange.now_s if exchange.batch is None else max(exchange.now_s, exchange.batch.timestamp)
    if expiry < time:
        raise Refused(
            "ORDER_EXPIRED", server_time_us=exchange.now_us, field="expiry_s", allowed=f"at least {time}"
        )


def nonce_refusal(reason: str, use: SlotUse, nonce: int) -> Refused:
    """A refusal of a nonce, with what stands in its slot and the next nonce that does not."""
    return Refused(
        reason,
        slot=nonce % SLOTS,
        slot_nonce=use.nonce,
        digest=f"0x{use.digest.hex()}",
        next_free=use.nonce + SLOTS,
    )


def require_nonce(use: SlotUse | None, nonce: int, *, replace: bool) -> None:
    """Refuses a nonce that is older than its slot, used already, or whose slot holds a live order."""
    if use is None:
        return
    if nonce < use.nonce:
        raise nonce_refusal("NONCE_STALE", use, nonce)
    if nonce == use.nonce:
        raise nonce_refusal("NONCE_USED", use, nonce)
    if use.order is not None and use.order.is_live and not replace:
        raise nonce_refusal("NONCE_SLOT_BUSY", use, nonce)
