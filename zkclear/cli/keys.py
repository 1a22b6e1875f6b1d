"""
Keys of commands: from a keystore file, from the environment, or of the development mnemonic.

A key is never an option's value, where other users of the machine would see it.
"""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from zkclear.cli.frame import Frame, command
from zkclear.cli.profile import BadConfiguration
from zkclear.client.errors import AuthenticationError
from zkclear.client.signers import DevSigner, KeystoreSigner, LocalSigner, write_keystore
from zkclear.service.keys import BARE_KEY
from zkclear.service.sections import DEVELOPMENT_CHAIN_ID

KEY_VARIABLE = "ZKCLEAR_PRIVATE_KEY"
PASSWORD_VARIABLE = "ZKCLEAR_KEY_PASSWORD"  # noqa: S105 - the name of a variable

KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key-file",
        help="Keystore file (version 3); on a local chain also a bare key.",
        rich_help_panel="Key",
    ),
]
Dev = Annotated[
    int | None,
    typer.Option(
        "--dev", min=0, help="Key N of the development mnemonic; owns account N + 1.", rich_help_panel="Key"
    ),
]

app = typer.Typer(no_args_is_help=True, help="Keys in keystore files.")


def folder() -> Path:
    """Where keystores are kept unless a path is given."""
    return Path(typer.get_app_dir("zkclear")) / "keys"


def require_key(key_file: Path | None, dev: int | None) -> None:
    """Refuses what is certainly no key, without opening one: before something is waited for."""
    if key_file is not None and dev is not None:
        raise BadConfiguration("give --key-file or --dev, not both")
    if key_file is not None:
        if not key_file.is_file():
            raise BadConfiguration(f"key file {key_file} cannot be read: there is no such file")
        if key_file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise BadConfiguration(f"{key_file} can be read by others; run: chmod 600 {key_file}")
    elif dev is None and KEY_VARIABLE not in os.environ:
        raise BadConfiguration(
            f"no key: give --key-file FILE, set {KEY_VARIABLE}, or use --dev N on a local chain"
        )


def signer(key_file: Path | None, dev: int | None, *, chain_id: int | None) -> LocalSigner:
    """The key of a command; a development key, or a file with a bare key, signs for development chains only."""
    require_key(key_file, dev)
    if dev is not None:
        if chain_id != DEVELOPMENT_CHAIN_ID:
            raise BadConfiguration(
                f"--dev signs on chain {DEVELOPMENT_CHAIN_ID} only, this one is {chain_id}; its keys are public"
            )
        return DevSigner(dev)
    if key_file is None:
        return _in_words(lambda: LocalSigner(os.environ[KEY_VARIABLE]), KEY_VARIABLE)
    bare = _bare_key(key_file)
    if bare is None:
        return _in_words(lambda: KeystoreSigner(key_file, _password(key_file, confirm=False)), None)
    if chain_id != DEVELOPMENT_CHAIN_ID:
        raise BadConfiguration(
            f"{key_file} holds a bare key; on chain {chain_id} only a keystore file (version 3) is accepted"
        )
    return _in_words(lambda: LocalSigner(bare), str(key_file))


def _in_words(opened: Callable[[], LocalSigner], name: str | None) -> LocalSigner:
    """A key, or what is wrong with it; `name` is where it stands, if the words do not say so themselves."""
    try:
        return opened()
    except AuthenticationError as error:
        raise BadConfiguration(str(error) if name is None else f"{name}: {error}") from error


def _bare_key(path: Path) -> str | None:
    """The key of a file that holds nothing else: 0x and 64 hex digits."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise BadConfiguration(f"key file {path} cannot be read: {error}") from error
    return text if BARE_KEY.fullmatch(text) else None


def _password(path: Path, *, confirm: bool) -> str:
    given = os.environ.get(PASSWORD_VARIABLE)
    if given is not None:
        return given
    return str(typer.prompt(f"Password of {path}", hide_input=True, confirmation_prompt=confirm))


Out = Annotated[Path | None, typer.Option("--out", help="File to write; default: the key folder.")]
Name = Annotated[str, typer.Argument(help="Name of the key.")]


def _write(frame: Frame, name: str, key: bytes, out: Path | None) -> None:
    path = out or folder() / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        write_keystore(path, key, _password(path, confirm=True))
    except FileExistsError as error:
        raise BadConfiguration(f"{path} exists and is not replaced; choose another name or --out") from error
    frame.fields({"address": f"0x{LocalSigner(key).address.hex()}", "file": str(path)})


@command(app, "new")
def new(frame: Frame, name: Name, out: Out = None) -> None:
    """Make a new key in a keystore file."""
    _write(frame, name, os.urandom(32), out)


@command(app, "import")
def import_key(frame: Frame, name: Name, out: Out = None) -> None:
    """Put the key of ZKCLEAR_PRIVATE_KEY (or one that is typed in) into a keystore file."""
    text = os.environ.get(KEY_VARIABLE) or str(typer.prompt("Private key (64 hex digits)", hide_input=True))
    try:
        key = LocalSigner(text).secret
    except AuthenticationError as error:
        raise BadConfiguration(str(error)) from error
    _write(frame, name, key, out)


@command(app, "list")
def list_keys(frame: Frame) -> None:
    """List the keystore files of the key folder."""
    rows = [(path.stem, _address(path), str(path)) for path in sorted(folder().glob("*.json"))]
    frame.table(f"keys in {folder()}", ("name", "address", "file"), rows)


def _address(path: Path) -> str:
    """The address that a keystore states; it is not secret."""
    keystore = _json(path)
    return f"0x{str(keystore.get('address', '?')).removeprefix('0x').lower()}"


def _json(path: Path) -> dict[str, object]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
