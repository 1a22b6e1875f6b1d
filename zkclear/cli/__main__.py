"""`python -m zkclear.cli`: the `zkclear` command."""

from zkclear.cli.main import app

app()
