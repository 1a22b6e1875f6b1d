"""Accounts as the open batch has them: the opening state, and what the batch did to it so far."""

from copy import copy

from zkclear.rules.funding import settle_account
from zkclear.rules.state import Account, Market
from zkclear.rules.units import AccountId, Quote


class Row:
    """
    One account in the open batch. Opening values never change; collateral, sizes and withdrawn do.

    `is_liquidatable`: its equity is below its maintenance margin, so no order that it signed fills in this batch.
    `is_locked`: that, or a risk operation of this batch moved it; its orders fill in the next batch, if at all.
    """

    __slots__ = (
        "account",
        "agent",
        "agent_until",
        "collateral",
        "is_liquidatable",
        "is_locked",
        "opening",
        "opening_collateral",
        "opening_sizes",
        "owner",
        "reduce_only",
        "sizes",
        "stored",
        "withdrawn",
    )

    def __init__(self, account: AccountId, opening: Account, *, stored: Account, forced: Quote) -> None:
        self.account = account
        self.stored = stored
        self.opening = opening
        self.owner = opening.owner
        self.agent = opening.agent
        self.agent_until = opening.agent_until
        self.opening_collateral = int(opening.collateral)
        self.opening_sizes = [int(position.size) for position in opening.positions]
        self.collateral = self.opening_collateral - forced
        self.sizes = list(self.opening_sizes)
        self.withdrawn = int(forced)
        self.reduce_only: set[int] = set()
        self.is_liquidatable = False
        self.is_locked = False

    def adopt(self, closing: Account, *, credit: int) -> None:
        """Takes the account over as the rule book leaves it; `credit` is dust that only the batch's end credits."""
        self.collateral = int(closing.collateral) - credit
        self.sizes = [int(position.size) for position in closing.positions]

    def reopened(self) -> "Row":
        """The account as the batch after this one would open it, at the same marks."""
        row = copy(self)
        row.opening_collateral, row.opening_sizes = self.collateral, list(self.sizes)
        row.sizes = list(self.sizes)
        row.withdrawn = 0
        row.reduce_only = set()
        row.is_locked = self.is_liquidatable
        return row

    def may_sign(self, signer: int, *, timestamp: int) -> bool:
        """Whether a signature speaks for the account; home: `orders.authorise`, which gives the reasons."""
        if signer == 0:
            return False
        return signer == self.owner or (signer == self.agent and timestamp <= self.agent_until)


def open_row(account: AccountId, stored: Account, markets: tuple[Market, ...]) -> Row:
    """The row of an account that no request of the batch names: its leaf with funding settled."""
    return Row(account, settle_account(stored, markets).account, stored=stored, forced=Quote(0))
