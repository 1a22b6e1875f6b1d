"""The other public services: mostly questions that the core answers as they are."""

import grpc
from google.protobuf.message import Message

from sequencer.core.commands import TakeReport, Withdraw
from sequencer.core.genesis import Genesis
from sequencer.core.refusals import Refused
from sequencer.gateway.access import require_access
from sequencer.gateway.fields import Fields, invalid
from sequencer.gateway.limits import RateLimits
from sequencer.gateway.signing import Signed
from sequencer.gateway.trading import require_account
from sequencer.link import Link
from zkclear.crypto.eip712 import price_report_digest, withdraw_digest
from zkclear.v1 import account_pb2, oracle_pb2

ADDRESS_BYTES = 20


class _Asking:
    """A service whose methods are questions to the core."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def _ask(self, name: str, request: Message) -> bytes:
        return self._link.ask(name, request.SerializeToString())


class MarketDataService(_Asking):
    """Markets, books, trades, prices."""

    def ListMarkets(self, request: Message, context: grpc.ServicerContext) -> bytes:  # noqa: N802, ARG002
        """All markets."""
        return self._ask("ListMarkets", request)

    def GetMarket(self, request: Message, context: grpc.ServicerContext) -> bytes:  # noqa: N802, ARG002
        """One market."""
        return self._ask("GetMarket", request)

    def GetOrderBook(self, request: Message, context: grpc.ServicerContext) -> bytes:  # noqa: N802, ARG002
        """A book."""
        return self._ask("GetOrderBook", request)

    def ListTrades(self, request: Message, context: grpc.ServicerContext) -> bytes:  # noqa: N802, ARG002
        """Trades."""
        return self._ask("ListTrades", request)

    def ListFundingRates(self, request: Message, context: grpc.ServicerContext) -> bytes:  # noqa: N802, ARG002
        """Funding steps."""
        return self._ask("ListFundingRates", request)

    def GetPrices(self, request: Message, context: grpc.ServicerContext) -> bytes:  # noqa: N802, ARG002
        """Marks and reports."""
        return self._ask("GetPrices", request)


class AuditService(_Asking):
    """Batches, proofs, receipts."""

    def ListBatches(self, request: Message, context: grpc.ServicerContext) -> bytes:  # noqa: N802, ARG002
        """Sealed batches."""
        return self._ask("ListBatches", request)

    def GetBatch(self, request: Message, context: grpc.ServicerContext) -> bytes:  # noqa: N802, ARG002
        """One batch."""
        return self._ask("GetBatch", request)

    def GetProof(self, request: Message, context: grpc.ServicerContext) -> bytes:  # noqa: N802, ARG002
        """The proof of a batch."""
        return self._ask("GetProof", request)

    def GetReceipt(self, request: Message, context: grpc.ServicerContext) -> bytes:  # noqa: N802, ARG002
        """One receipt."""
        return self._ask("GetReceipt", request)


class AccountService(_Asking):
    """Accounts, their requests and withdrawals."""

    def __init__(self, link: Link, genesis: Genesis, fields: Fields, rates: RateLimits) -> None:
        super().__init__(link)
        self._domain = genesis.domain
        self._fields = fields
        self._rates = rates

    def GetAccount(  # noqa: N802
        self,
        request: account_pb2.GetAccountRequest,
        context: grpc.ServicerContext,  # noqa: ARG002
    ) -> bytes:
        """One account."""
        return self._ask("GetAccount", request)

    def ListAccounts(  # noqa: N802
        self,
        request: account_pb2.ListAccountsRequest,
        context: grpc.ServicerContext,  # noqa: ARG002
    ) -> bytes:
        """An owner's accounts."""
        if len(request.owner) != ADDRESS_BYTES:
            raise invalid("owner", "20 bytes")
        return self._ask("ListAccounts", request)

    def ListRequests(  # noqa: N802
        self,
        request: account_pb2.ListRequestsRequest,
        context: grpc.ServicerContext,  # noqa: ARG002
    ) -> bytes:
        """An account's L1 requests."""
        return self._ask("ListRequests", request)

    def GetNonceState(  # noqa: N802
        self, request: account_pb2.GetNonceStateRequest, context: grpc.ServicerContext
    ) -> bytes:
        """An account's slots, for the account."""
        require_access(context, request.account, link=self._link, domain=self._domain)
        return self._ask("GetNonceState", request)

    def SubmitWithdrawal(  # noqa: N802
        self,
        request: account_pb2.SubmitWithdrawalRequest,
        context: grpc.ServicerContext,  # noqa: ARG002
    ) -> bytes:
        """A withdrawal signed by the owner."""
        fields = request.fields
        self._fields.withdrawal(fields)
        require_account(fields.account)
        signed = Signed(
            self._domain,
            lambda domain: withdraw_digest(
                domain,
                account=fields.account,
                recipient=int.from_bytes(fields.recipient, "big"),
                asset=fields.asset,
                amount_e6=fields.amount_e6,
                expiry=fields.expiry_s,
                nonce=fields.nonce,
            ),
            request.signature,
        )
        self._rates.spend(signed.signer)
        command = Withdraw(
            digest=signed.digest,
            account=fields.account,
            amount=fields.amount_e6,
            expiry=fields.expiry_s,
            nonce=fields.nonce,
            signer=signed.signer,
            signature=signed.signature,
            recipient=fields.recipient,
        )
        outcome = self._link.do([command])[0]
        if isinstance(outcome, Refused):
            raise signed.explain(outcome, self._domain)
        return outcome


class OracleService(_Asking):
    """Price reports."""

    def __init__(self, link: Link, genesis: Genesis) -> None:
        super().__init__(link)
        self._domain = genesis.domain

    def SubmitReport(  # noqa: N802
        self,
        request: oracle_pb2.SubmitReportRequest,
        context: grpc.ServicerContext,  # noqa: ARG002
    ) -> bytes:
        """One report of a listed signer."""
        report = request.report
        prices = tuple(report.prices_e8)
        signed = Signed(
            self._domain,
            lambda domain: price_report_digest(domain, time=report.time_s, prices_e8=prices),
            request.signature,
        )
        command = TakeReport(
            time=report.time_s, prices=prices, signer=signed.signer, signature=signed.signature
        )
        return self._link.do_one(command)

    def GetReports(self, request: Message, context: grpc.ServicerContext) -> bytes:  # noqa: N802, ARG002
        """The newest report of each signer."""
        return self._ask("GetReports", request)
