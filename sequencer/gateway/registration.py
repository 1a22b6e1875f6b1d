"""
Services from their descriptors: one method of the same name in a class for each method of a `.proto`.

Requests are parsed here, so that a malformed message is refused like any other wrong field; a response is a message, or
the bytes of one, as the core gave them.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import grpc
import structlog
from google.protobuf import descriptor, message_factory
from google.protobuf.message import DecodeError, Message
from grpc_status import rpc_status

from sequencer.core.refusals import Refused
from sequencer.gateway.fields import invalid
from sequencer.gateway.refusals import status_of

REQUEST_ID = "x-request-id"

log = structlog.get_logger()


class _Raw:
    """A request before it is parsed."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data


def _parse(kind: type[Message], raw: _Raw, *, limit: int | None) -> Message:
    if limit is not None and len(raw.data) > limit:
        raise invalid("message", f"at most {limit} bytes, not {len(raw.data)}")
    try:
        return kind.FromString(raw.data)
    except DecodeError as cause:
        raise invalid("message", f"a serialised {kind.DESCRIPTOR.full_name}") from cause


def _serialise(response: Message | bytes) -> bytes:
    return response if isinstance(response, bytes) else response.SerializeToString()


def _refuse(refusal: Refused, context: grpc.ServicerContext) -> None:
    context.abort_with_status(rpc_status.to_status(status_of(refusal)))


def _echo(context: grpc.ServicerContext) -> None:
    for key, value in context.invocation_metadata():
        if key == REQUEST_ID:
            context.set_trailing_metadata(((REQUEST_ID, value),))


def _unary(
    method: Callable[..., Message | bytes], kind: type[Message], limit: int | None
) -> Callable[[_Raw, grpc.ServicerContext], Any]:
    def answer(raw: _Raw, context: grpc.ServicerContext) -> Message | bytes | None:
        _echo(context)
        try:
            return method(_parse(kind, raw, limit=limit), context)
        except Refused as refusal:
            _refuse(refusal, context)
            return None

    return answer


def _stream(
    method: Callable[..., Iterator[Message | bytes]], kind: type[Message]
) -> Callable[[_Raw, grpc.ServicerContext], Iterator[Message | bytes]]:
    def answer(raw: _Raw, context: grpc.ServicerContext) -> Iterator[Message | bytes]:
        try:
            yield from method(_parse(kind, raw, limit=None), context)
        except Refused as refusal:
            _refuse(refusal, context)

    return answer


def register(
    server: grpc.Server,
    service: descriptor.ServiceDescriptor,
    implementation: object,
    *,
    limits: Iterable[tuple[str, int]] = (),
) -> str:
    """Serves every method of a service; gives its full name. `limits` bounds the bytes of single methods."""
    bounds = dict(limits)
    handlers = {}
    for method in service.methods:
        kind = message_factory.GetMessageClass(method.input_type)
        function = getattr(implementation, method.name)
        if method.server_streaming:
            handlers[method.name] = grpc.unary_stream_rpc_method_handler(
                _stream(function, kind), request_deserializer=_Raw, response_serializer=_serialise
            )
        else:
            handlers[method.name] = grpc.unary_unary_rpc_method_handler(
                _unary(function, kind, bounds.get(method.name)),
                request_deserializer=_Raw,
                response_serializer=_serialise,
            )
    server.add_registered_method_handlers(service.full_name, handlers)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service.full_name, handlers),))
    return service.full_name
