"""
Receipts as a client keeps them: each signed by the sequencer, for what was sent, and in line with those before.

Two receipts that contradict each other are evidence; `ReceiptBook.to_json` writes what `zkclear verify receipt` reads.
"""

import threading
from collections import OrderedDict
from typing import Any

from zkclear.audit.receipts import SignedReceipt, breaks, faults
from zkclear.client.errors import OperatorError
from zkclear.client.models import hex_text
from zkclear.crypto.eip712 import Domain

KEPT = 10_000
"""Receipts in memory; older ones can be asked for again."""


def signed_receipt(message: Any) -> SignedReceipt:
    """The receipt of a message."""
    return SignedReceipt(
        sequence=message.sequence,
        action=message.action,
        result=message.result,
        previous=message.previous,
        time_us=message.time_us,
        signature=message.signature,
        result_bytes=message.result_bytes,
    )


class ReceiptBook:
    """The receipts of one exchange. Safe to use from several threads."""

    def __init__(self, domain: Domain, sequencer: bytes) -> None:
        self._domain = domain
        self._sequencer = int.from_bytes(sequencer, "big")
        self._kept: OrderedDict[int, SignedReceipt] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, message: Any, *, action: bytes) -> SignedReceipt:
        """A receipt for the action with this digest; OperatorError says what is wrong with it."""
        receipt = signed_receipt(message)
        try:
            wrong = faults(receipt, self._domain, sequencer=self._sequencer)
        except ValueError as error:
            wrong = [str(error)]
        if receipt.action != action:
            wrong.append(f"it is for {hex_text(receipt.action)}, not for what was sent")
        with self._lock:
            neighbours = (self._kept.get(receipt.sequence + step) for step in (-1, 0, 1))
            wrong += [
                contradiction
                for neighbour in neighbours
                if neighbour is not None and (contradiction := breaks(receipt, neighbour)) is not None
            ]
            if wrong:
                raise OperatorError(
                    f"receipt {receipt.sequence} does not hold: {'; '.join(wrong)}",
                    reason="RECEIPT_INVALID",
                    metadata={"sequence": str(receipt.sequence), "action": hex_text(action)},
                )
            self._kept[receipt.sequence] = receipt
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return receipt

    def to_json(self) -> dict[str, Any]:
        """All receipts that were kept, as a receipt file."""
        with self._lock:
            kept = list(self._kept.values())
        return {
            "chain_id": self._domain.chain_id,
            "contract": f"0x{self._domain.contract:040x}",
            "sequencer": f"0x{self._sequencer:040x}",
            "receipts": [
                {
                    "sequence": receipt.sequence,
                    "time_us": receipt.time_us,
                    "action": hex_text(receipt.action),
                    "result": hex_text(receipt.result),
                    "previous": hex_text(receipt.previous),
                    "signature": hex_text(receipt.signature),
                    "result_bytes": hex_text(receipt.result_bytes),
                }
                for receipt in kept
            ],
        }
