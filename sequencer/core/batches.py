"""Sealed batches and how far each has come: the ladder SEQUENCED, BATCHED, PROVED, SETTLED."""

from dataclasses import dataclass

from sequencer.batching.open_batch import Sealing
from sequencer.batching.sealed import to_message
from zkclear.v1 import audit_pb2, batch_pb2, order_pb2

STEPS = {
    batch_pb2.BATCH_STATUS_SEALED: order_pb2.SETTLEMENT_BATCHED,
    batch_pb2.BATCH_STATUS_PROVED: order_pb2.SETTLEMENT_PROVED,
    batch_pb2.BATCH_STATUS_SETTLED: order_pb2.SETTLEMENT_SETTLED,
    batch_pb2.BATCH_STATUS_FAILED: order_pb2.SETTLEMENT_BATCHED,
}


@dataclass(slots=True)
class SealedRecord:
    """One sealed batch: what the prover reads, and what the public may see of it."""

    body: bytes
    summary: audit_pb2.Batch
    proof: batch_pb2.Proof | None = None


class SealedBatches:
    """All sealed batches, from number 1."""

    def __init__(self) -> None:
        self._records: list[SealedRecord] = []
        self.proved = 0
        self.settled = 0

    def __len__(self) -> int:
        return len(self._records)

    def get(self, number: int) -> SealedRecord | None:
        """The batch, or None if it is not sealed."""
        return self._records[number - 1] if 1 <= number <= len(self._records) else None

    def add(self, sealing: Sealing, *, ticks_e8: tuple[int, ...], time_us: int) -> None:
        """Takes a newly sealed batch in; `ticks_e8` are those of the markets that it had prices of."""
        batch = sealing.batch
        summary = audit_pb2.Batch(
            number=batch.number,
            shape=sealing.shape.name,
            timestamp_s=batch.timestamp,
            orders=len(batch.entries),
            fills=len(batch.fills),
            requests=len(batch.requests),
            accounts=len(sealing.clearing.openings),
            status=batch_pb2.BATCH_STATUS_SEALED,
            sealed_time_us=time_us,
            mark_prices_e8=[mark * tick for mark, tick in zip(batch.marks, ticks_e8, strict=True)],
            first_request=batch.first_request,
        )
        body = to_message(sealing, time_us=time_us).SerializeToString(deterministic=True)
        self._records.append(SealedRecord(body=body, summary=summary))

    def progress(self, report: batch_pb2.ReportProgressRequest, *, time_us: int) -> bool:
        """Moves a sealed batch up; False if it was there already. Steps only go up."""
        record = self._records[report.number - 1]
        summary = record.summary
        if report.status == batch_pb2.BATCH_STATUS_FAILED:
            if summary.status != batch_pb2.BATCH_STATUS_SEALED:
                return False
            summary.status, summary.failure = report.status, report.failure
        elif report.status == batch_pb2.BATCH_STATUS_PROVED:
            if record.proof is not None:
                return False
            record.proof = report.proof
            summary.old_root, summary.new_root = report.old_root, report.new_root
            summary.witness_us, summary.prove_us = report.witness_us, report.prove_us
            summary.proved_time_us = time_us
            if summary.status != batch_pb2.BATCH_STATUS_SETTLED:
                summary.status = report.status
                summary.failure = ""
        else:
            news = summary.status != batch_pb2.BATCH_STATUS_SETTLED
            if not news and (summary.gas_used or not report.gas_used):
                return False
            summary.l1_tx, summary.gas_used = report.transaction_hash, report.gas_used
            if news:
                summary.status, summary.settled_time_us, summary.failure = report.status, time_us, ""
        self._count(record)
        return True

    def _count(self, record: SealedRecord) -> None:
        """Batches are proved in any order and settle in theirs."""
        while (following := self.get(self.proved + 1)) is not None and (
            following.proof is not None or following.summary.status == batch_pb2.BATCH_STATUS_SETTLED
        ):
            self.proved += 1
        if record.summary.status == batch_pb2.BATCH_STATUS_SETTLED:
            self.settled = max(self.settled, record.summary.number)

    def settlement(self, number: int) -> order_pb2.Settlement:
        """How final whatever batch `number` carries is; 0 or an open batch: it stands in the journal."""
        record = self.get(number)
        return order_pb2.SETTLEMENT_SEQUENCED if record is None else STEPS[record.summary.status]
