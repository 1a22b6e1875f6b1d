"""Histories of risk operations, what an audit of them says, and where in them something is."""

from functools import lru_cache

from tests.audit import synthetic
from zkclear.audit.audit import audit
from zkclear.rules.batch import RequestKind


def settled(history):
    return synthetic.chain(history, limits=synthetic.CRASHING)


@lru_cache(maxsize=8)
def audited(inputs):
    return audit(inputs, proved=())


def failures(inputs):
    return [(check.name, check.batch) for check in audited(inputs).report.failures]


def evidence(inputs, name, batch):
    (check,) = (each for each in audited(inputs).report.checks if (each.name, each.batch) == (name, batch))
    return check.evidence


def number_of(inputs, wanted):
    """The first batch that `wanted` is true of."""
    return next(each.batch.number for each in audited(inputs).batches if wanted(each.batch))


def has_outcome(code, kind=RequestKind.LIQUIDATE):
    def wanted(batch):
        pairs = zip(batch.requests, batch.outcomes, strict=True)
        return any(request.kind is kind and outcome.code == code for request, outcome in pairs)

    return wanted


def batch_of(inputs, number):
    return inputs.batches[number - 1]
