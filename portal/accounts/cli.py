"""``portal token``: API tokens from the command line."""

from __future__ import annotations

import click

from portal.accounts.services.tokens import SCOPES, create_token
from portal.core.errors import PortalError
from portal.core.identity import OPERATOR


@click.group("token")
def token_group() -> None:
    """API tokens."""


@token_group.command("create")
@click.option("--email", required=True, help="Whose token: the address that the person signs in with.")
@click.option(
    "--scope", type=click.Choice(SCOPES), default="write", show_default=True, help="What it may do."
)
@click.option("--name", default="Made on the command line", show_default=True, help="What it is for.")
def create(email: str, scope: str, name: str) -> None:
    """Create an API token and print it, once."""
    with click.get_current_context().obj["make"]().app_context():
        try:
            made = create_token(OPERATOR, email=email, scope=scope, name=name)
        except PortalError as error:
            raise click.ClickException(error.detail) from error
    click.echo(made.secret)


COMMANDS: list[click.Command] = [token_group]
