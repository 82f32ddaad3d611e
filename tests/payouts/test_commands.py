"""Every command is found by its name, and none is lost."""

from __future__ import annotations

import pkgutil

import click
import pytest

from payouts import cli, commands


def below(command):
    """A command and all that stand below it."""
    yield command
    if isinstance(command, click.Group):
        for one in command.commands.values():
            yield from below(one)


@pytest.fixture(scope="module")
def found():
    context = click.Context(cli.payouts)
    return {name: cli.payouts.get_command(context, name) for name in cli.COMMANDS}


def test_each_command_is_called_what_the_table_calls_it(found):
    assert {name: command.name for name, command in found.items()} == {name: name for name in found}


def test_no_command_that_somebody_wrote_is_out_of_reach(found):
    reached = {id(command) for top in found.values() for command in below(top)}
    written = {
        f"{module.name}.{name}": command
        for module in pkgutil.iter_modules(commands.__path__, "payouts.commands.")
        for name, command in vars(pkgutil.resolve_name(module.name)).items()
        if isinstance(command, click.Command)
    }
    assert len(written) > 100
    assert [name for name, command in written.items() if id(command) not in reached] == []
