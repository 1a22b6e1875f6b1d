"""Who signed: digests by the exchange's domain, and the signer as the contract will recover it, `v` included."""

from collections.abc import Callable

from sequencer.core.refusals import Refused
from zkclear.crypto.eip712 import Domain
from zkclear.crypto.signatures import recover, to_compact

LIKELY_CHAINS = (1, 10, 137, 1337, 8453, 31_337, 42_161, 11_155_111)
"""Chains that a wallet may have been left on: the only wrong domains that can be told from a wrong key."""

Digest = Callable[[Domain], bytes]


class Signed:
    """A digest with its 64-byte signature and recovered signer."""

    __slots__ = ("_digest_in", "digest", "signature", "signer")

    def __init__(self, domain: Domain, digest_in: Digest, signature: bytes) -> None:
        self._digest_in = digest_in
        self.digest = digest_in(domain)
        try:
            self.signature = to_compact(signature)
        except ValueError as cause:
            raise Refused(
                "INVALID_SIGNATURE",
                digest=f"0x{self.digest.hex()}",
                recovered="",
                owner="",
                agent="",
                domain=f"{domain.chain_id}:0x{domain.contract:040x}; {cause}",
            ) from cause
        self.signer = recover(self.digest, self.signature)

    def explain(self, refusal: Refused, domain: Domain) -> Refused:
        """Turns INVALID_SIGNATURE into DOMAIN_MISMATCH where the account signed for another chain."""
        if refusal.reason != "INVALID_SIGNATURE":
            return refusal
        may_sign = {refusal.metadata.get("owner"), refusal.metadata.get("agent")}
        for chain_id in LIKELY_CHAINS:
            other = Domain(chain_id, domain.contract)
            if chain_id != domain.chain_id:
                signer = f"0x{recover(self._digest_in(other), self.signature):040x}"
                if signer in may_sign and int(signer, 16):
                    metadata = {**refusal.metadata, "recovered": signer}
                    return Refused("DOMAIN_MISMATCH", **metadata)
        return refusal
