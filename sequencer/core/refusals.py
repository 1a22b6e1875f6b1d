"""Why the core does not do what it was asked to."""


class Refused(Exception):  # noqa: N818 - a refusal is an expected answer, not an error
    """
    One reason of `proto/errors.yaml` with its metadata.

    `receipt` is set once the refusal was sequenced: then it has a receipt, and the same digest gets it again.
    """

    def __init__(self, reason: str, **metadata: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.metadata = {name: str(value) for name, value in metadata.items()}
        self.receipt = b""


class SequencedRefusal(Refused):
    """A refusal by book or margin: it changes nothing, but it is an answer to a valid action and gets a receipt."""
