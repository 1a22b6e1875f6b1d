"""
The Python SDK: `Client` for reads, `Client.trading` for orders, `Client.chain` for the contract.

Amounts are `Decimal | str | int`, never float; every refusal is an exception of `errors.py`.
"""

from zkclear.client.amounts import round_to_step
from zkclear.client.chain import ChainClient
from zkclear.client.client import Client
from zkclear.client.new_order import NewOrder, OrderPreview
from zkclear.client.oracle import Oracle
from zkclear.client.order import Order
from zkclear.client.signers import DevSigner, KeystoreSigner, LocalSigner, Signer
from zkclear.client.trader import Trader, Withdrawal

__all__ = [
    "ChainClient",
    "Client",
    "DevSigner",
    "KeystoreSigner",
    "LocalSigner",
    "NewOrder",
    "Oracle",
    "Order",
    "OrderPreview",
    "Signer",
    "Trader",
    "Withdrawal",
    "round_to_step",
]
