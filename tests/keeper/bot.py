"""A keeper of account 4, and what it has counted."""

from tests.keeper.ground import TAKER
from zkclear.keeper.counters import Counters
from zkclear.keeper.keeper import Keeper
from zkclear.keeper.settings import KeeperSettings
from zkclear.keeper.sources import ChainSource

MOST_BACKOFF_MS = 3_600_000


def settings(**changes):
    return KeeperSettings(
        **{"account": TAKER, "backoff_ms": MOST_BACKOFF_MS, "backoff_longest_ms": MOST_BACKOFF_MS, **changes}
    )


def keeper(made, source=None, chain=None, **changes):
    """A keeper that sees the chain alone."""
    chain = chain or made.clients[TAKER]
    bot = Keeper(source or ChainSource(chain), chain, settings(**changes), Counters("test"))
    bot.prepare()
    return bot


def count(bot, name, *labels):
    """The value of one counter or gauge."""
    metric = getattr(bot._counters, name)
    return (metric.labels(*labels) if labels else metric)._value.get()


def pending(made, account=TAKER):
    return made.clients[account].pending_risk(account)
