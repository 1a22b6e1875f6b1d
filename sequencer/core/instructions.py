"""What cancels and withdrawals share: answered once, and the same again to the same digest."""

from collections.abc import Callable

from sequencer.core.answers import refusal_result
from sequencer.core.exchange import Exchange, Instruction
from sequencer.core.refusals import Refused, SequencedRefusal
from zkclear.v1 import errors_pb2, receipt_pb2


def receipt_of(exchange: Exchange, instruction: Instruction) -> receipt_pb2.Receipt:
    """Its signed receipt."""
    receipt = exchange.receipts.show(instruction.sequence)
    assert receipt is not None, "an instruction is kept with its receipt"
    return receipt


def carry_out(
    exchange: Exchange,
    digest: bytes,
    *,
    check: Callable[[], None],
    act: Callable[[], tuple[Instruction, receipt_pb2.ActionResult]],
) -> tuple[Instruction, bool]:
    """
    The instruction of a digest, and whether it had been carried out before.

    `check` refuses without a trace; `act` changes the exchange, or refuses with a receipt before it changes anything
    that a batch would carry.
    """
    known = exchange.instructions.get(digest)
    if known is not None:
        if known.refused:
            raise _refused_again(exchange, known)
        return known, True
    check()
    try:
        instruction, result = act()
    except SequencedRefusal as refusal:
        result = refusal_result(refusal.reason, refusal.metadata)
        link = exchange.receipts.add(digest, result, time_us=exchange.now_us)
        instruction = exchange.instructions[digest] = Instruction(link.sequence, refused=True)
        refusal.receipt = receipt_of(exchange, instruction).SerializeToString()
        raise
    instruction.sequence = exchange.receipts.add(digest, result, time_us=exchange.now_us).sequence
    exchange.instructions[digest] = instruction
    exchange.note_content()
    return instruction, False


def _refused_again(exchange: Exchange, known: Instruction) -> Refused:
    refused = exchange.receipts.result(known.sequence).refusal
    name = errors_pb2.Reason.Name(refused.reason)
    refusal = Refused(name.removeprefix("REASON_"), **{item.name: item.value for item in refused.metadata})
    refusal.receipt = receipt_of(exchange, known).SerializeToString()
    return refusal
