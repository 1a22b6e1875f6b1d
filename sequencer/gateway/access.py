"""Private reads: whoever shows a ReadAccess signed by the account's owner or agent may read."""

import time

import grpc
from google.protobuf.message import DecodeError

from sequencer.core.refusals import Refused
from sequencer.link import Link
from zkclear.crypto.eip712 import Domain, read_access_digest
from zkclear.crypto.signatures import recover
from zkclear.v1 import trading_pb2

METADATA_KEY = "zkclear-read-bin"
LONGEST_S = 24 * 3600
MICROSECONDS = 1_000_000


def _refused(account: int, until: int = 0) -> Refused:
    return Refused("READ_ACCESS_REQUIRED", account=account, agent_until_s=until)


def require_access(context: grpc.ServicerContext, account: int, *, link: Link, domain: Domain) -> None:
    """Refuses a call that does not carry the right to read what is private to `account`."""
    shown = next((value for key, value in context.invocation_metadata() if key == METADATA_KEY), None)
    if shown is None:
        raise _refused(account)
    try:
        access = trading_pb2.ReadAccess.FromString(bytes(shown))
        digest = read_access_digest(domain, account=access.account, valid_until=access.valid_until_s)
        signer = recover(digest, access.signature)
    except (DecodeError, ValueError) as cause:
        raise _refused(account) from cause
    now_s = time.time_ns() // 1000 // MICROSECONDS
    if access.account != account or not now_s <= access.valid_until_s <= now_s + LONGEST_S:
        raise _refused(account)
    known = link.ask("readers", account.to_bytes(4, "big"))
    owner, agent = (int.from_bytes(known[start : start + 20], "big") for start in (0, 20))
    agent_until = int.from_bytes(known[40:], "big")
    if signer == 0 or not (signer == owner or (signer == agent and now_s <= agent_until)):
        raise _refused(account, agent_until)
