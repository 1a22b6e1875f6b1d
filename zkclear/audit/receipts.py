"""
Receipts as evidence: whether the sequencer signed them, whether they follow each other, and whether two contradict.

A receipt file is JSON: `chain_id`, `contract`, `sequencer`, and `receipts`, each with the fields of `Receipt`; bytes are 0x-hex.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from zkclear.audit.context import address_text
from zkclear.audit.dump import BadInput
from zkclear.audit.report import Report
from zkclear.crypto.eip712 import Domain, receipt_digest, receipt_struct_hash
from zkclear.crypto.keccak import keccak256
from zkclear.crypto.signatures import recover


@dataclass(frozen=True, slots=True)
class SignedReceipt:
    """One receipt as it was given."""

    sequence: int
    action: bytes
    result: bytes
    previous: bytes
    time_us: int
    signature: bytes
    result_bytes: bytes

    @property
    def struct_hash(self) -> bytes:
        """What the next receipt names as `previous`."""
        return receipt_struct_hash(
            sequence=self.sequence,
            action=self.action,
            result=self.result,
            previous=self.previous,
            time_us=self.time_us,
        )


def signer_of(receipt: SignedReceipt, domain: Domain) -> int:
    """Who signed it; 0 if nobody did."""
    digest = receipt_digest(
        domain,
        sequence=receipt.sequence,
        action=receipt.action,
        result=receipt.result,
        previous=receipt.previous,
        time_us=receipt.time_us,
    )
    return recover(digest, receipt.signature)


def faults(receipt: SignedReceipt, domain: Domain, *, sequencer: int) -> list[str]:
    """What is wrong with one receipt by itself; empty if nothing is."""
    wrong = []
    signer = signer_of(receipt, domain)
    if signer != sequencer:
        wrong.append(f"signed by {address_text(signer)}, the sequencer is {address_text(sequencer)}")
    if keccak256(receipt.result_bytes) != receipt.result:
        wrong.append("its result is not the hash of its result bytes")
    return wrong


def breaks(receipt: SignedReceipt, neighbour: SignedReceipt) -> str | None:
    """What is wrong between two receipts of one sequencer, if anything is."""
    if receipt.sequence == neighbour.sequence and receipt.struct_hash != neighbour.struct_hash:
        return f"two receipts with sequence {receipt.sequence} and different contents"
    first, second = sorted((receipt, neighbour), key=lambda each: each.sequence)
    if second.sequence == first.sequence + 1 and second.previous != first.struct_hash:
        return f"receipt {second.sequence} does not follow receipt {first.sequence}"
    return None


@dataclass(frozen=True, slots=True)
class ReceiptFile:
    """The receipts of one file and what they are valid for."""

    domain: Domain
    sequencer: int
    receipts: tuple[SignedReceipt, ...]


def read(path: Path) -> ReceiptFile:
    """Reads a receipt file."""
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        return ReceiptFile(
            domain=Domain(chain_id=int(plain["chain_id"]), contract=int(plain["contract"], 16)),
            sequencer=int(plain["sequencer"], 16),
            receipts=tuple(_receipt(each) for each in plain["receipts"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path}: not a receipt file: {error!r}") from error


def _receipt(plain: Mapping[str, Any]) -> SignedReceipt:
    def raw(name: str) -> bytes:
        return bytes.fromhex(str(plain[name]).removeprefix("0x"))

    return SignedReceipt(
        sequence=int(plain["sequence"]),
        action=raw("action"),
        result=raw("result"),
        previous=raw("previous"),
        time_us=int(plain["time_us"]),
        signature=raw("signature"),
        result_bytes=raw("result_bytes"),
    )


def check(files: Sequence[ReceiptFile]) -> Report:
    """Every receipt by itself, and every pair that must fit together, over all files."""
    report = Report()
    by_sequencer: dict[tuple[int, bytes], list[SignedReceipt]] = defaultdict(list)
    for file in files:
        for receipt in file.receipts:
            wrong = faults(receipt, file.domain, sequencer=file.sequencer)
            report.add(
                "receipt",
                not wrong,
                f"sequence {receipt.sequence}, action 0x{receipt.action.hex()}"
                + "".join(f"; {each}" for each in wrong),
            )
            if not wrong:
                by_sequencer[file.sequencer, file.domain.separator].append(receipt)
    for (sequencer, _), receipts in by_sequencer.items():
        ordered = sorted(receipts, key=lambda each: each.sequence)
        found = [
            contradiction
            for first, second in pairwise(ordered)
            if (contradiction := breaks(first, second)) is not None
        ]
        report.add(
            "receipt chain",
            not found,
            "; ".join(found) or f"{len(ordered)} receipts by {address_text(sequencer)} agree with each other",
        )
    return report
