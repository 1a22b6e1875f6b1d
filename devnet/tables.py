"""What the demo prints at its end."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from rich.table import Table

from zkclear.client.models import AccountState, Batch, Market
from zkclear.client.risk import FundingRate, Liquidation


def _short(root: str | None) -> str:
    return "-" if root is None else f"{root[:8]}..{root[-4:]}"


def batch_table(batches: Sequence[Batch]) -> Table:
    """What each batch held and cost. The seal time counts from the first batch's."""
    table = Table(title="batches, all settled on the chain", title_justify="left")
    for name in (
        "batch",
        "shape",
        "orders",
        "fills",
        "accounts",
        "requests",
        "sealed",
        "witness",
        "prove",
        "gas",
        "gas/fill",
    ):
        table.add_column(name, justify="left" if name == "shape" else "right")
    for name in ("root before", "root after"):
        table.add_column(name)
    first = batches[0].sealed_time_us
    for batch in batches:
        table.add_row(
            str(batch.number),
            batch.shape,
            str(batch.orders),
            str(batch.fills),
            str(batch.accounts),
            str(batch.requests),
            f"{(batch.sealed_time_us - first) / 10**6:.1f} s",
            "-" if batch.witness_us is None else f"{batch.witness_us / 1_000:.0f} ms",
            "-" if batch.prove_us is None else f"{batch.prove_us / 10**6:.2f} s",
            "-" if batch.gas_used is None else f"{batch.gas_used:,}",
            f"{batch.gas_used // batch.fills:,}" if batch.gas_used and batch.fills else "-",
            _short(batch.old_root),
            _short(batch.new_root),
        )
    return table


def liquidation_table(liquidations: Sequence[Liquidation]) -> Table:
    """Who was liquidated, how, and who got what, oldest first. A negative discount is a hole that others paid."""
    table = Table(title="liquidations: who got what, in tokens", title_justify="left")
    for name in (
        "batch",
        "account",
        "how",
        "market",
        "size",
        "taken by",
        "discount",
        "to the taker",
        "to the fund",
    ):
        table.add_column(name, justify="left" if name in ("how", "market", "taken by") else "right")
    for row in sorted(liquidations, key=lambda each: each.batch):
        in_book = row.kind == "BOOK"
        table.add_row(
            str(row.batch),
            str(row.account),
            row.kind.lower(),
            row.market,
            str(row.size),
            "the book" if in_book else "the fund" if row.counterparty == 0 else f"account {row.counterparty}",
            f"{row.discount:,.2f}",
            "-" if in_book else f"{row.counterparty_part:,.2f}",
            "-" if in_book else f"{row.discount - row.counterparty_part:,.2f}",
        )
    return table


def account_table(accounts: Sequence[tuple[str, AccountState]]) -> Table:
    """What the act's accounts have in the end."""
    table = Table(title="what is left, in tokens", title_justify="left")
    for name in ("account", "role", "collateral", "equity", "positions"):
        table.add_column(name, justify="left" if name in ("role", "positions") else "right")
    for role, state in accounts:
        held = ", ".join(f"{position.size} {position.market}" for position in state.positions)
        table.add_row(
            str(state.account), role, f"{state.collateral:,.2f}", f"{state.equity:,.2f}", held or "none"
        )
    return table


def funding_line(market: Market, rates: Sequence[FundingRate]) -> str:
    """What a long of one unit paid in a market over all batches."""
    moved = [rate.step for rate in rates if rate.step]
    paid = Decimal(sum(moved)) * (1 / market.lot) / 10**12  # 10^-6 quote a lot; quote is 10^-6 tokens
    return f"funding {market.name}: a step in {len(moved)} of {len(rates)} batches; one unit long paid {paid:.6f} tokens"
