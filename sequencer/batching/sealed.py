"""A sealed batch as the prover reads it."""

from sequencer.batching.open_batch import Sealing, SignedEntry
from zkclear.rules.words import entry_word, request_word
from zkclear.v1 import batch_pb2, witness_pb2


def _entry(signed: SignedEntry) -> batch_pb2.SealedEntry:
    return batch_pb2.SealedEntry(
        word=entry_word(signed.entry).to_bytes(32, "big"),
        signature=signed.signature,
        signer=signed.entry.signer.to_bytes(20, "big"),
        recipient=signed.recipient,
    )


def to_message(sealing: Sealing, *, time_us: int) -> batch_pb2.SealedBatch:
    """What `BatchService.StreamSealedBatches` sends."""
    batch = sealing.batch
    return batch_pb2.SealedBatch(
        number=batch.number,
        timestamp_s=batch.timestamp,
        first_request=batch.first_request,
        marks=batch.marks,
        funding_steps=batch.funding_steps,
        entries=[_entry(signed) for signed in sealing.entries],
        fills=[
            witness_pb2.WitnessFill(maker=fill.maker, taker=fill.taker, lots=fill.lots)
            for fill in batch.fills
        ],
        requests=[
            batch_pb2.SealedRequest(
                payload=request_word(request).to_bytes(32, "big"), outcome=outcome.code, amount=outcome.amount
            )
            for request, outcome in zip(batch.requests, batch.outcomes, strict=True)
        ],
        reports=sealing.prices.encoded(),
        shape=sealing.shape.name,
        sealed_time_us=time_us,
    )
