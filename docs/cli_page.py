"""Writes docs/cli.md, the help of every command: ``python docs/cli_page.py``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from geomap.cli import cli

PAGE = Path(__file__).with_name("cli.md")
_WIDTH = 100

_INTRODUCTION = """\
# Commands

<!-- Written by docs/cli_page.py from the commands' own help; do not edit by hand. -->

Data goes to standard output; messages and progress go to standard error. Options come in any
order, before or after the inputs.

The exit status is 0 if all went well; 1 if some inputs failed and the rest was done, or nothing
was found; 2 if nothing could be done; 130 after Ctrl-C.

Completion of commands and options in Bash, Zsh and Fish:

```sh
eval "$(_GEOMAP_COMPLETE=bash_source geomap)"    # in ~/.bashrc
eval "$(_GEOMAP_COMPLETE=zsh_source geomap)"     # in ~/.zshrc
_GEOMAP_COMPLETE=fish_source geomap | source     # in ~/.config/fish/completions/geomap.fish
```
"""


def page() -> str:
    """Return the page as it should be."""
    parts = [_INTRODUCTION]
    for path, text in helps(cli, ("geomap",)):
        parts.append(f"## {' '.join(path)}\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


def helps(
    command: click.Command, path: tuple[str, ...], parent: click.Context | None = None
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the words that call each command, and its help."""
    settings = {**command.context_settings, "max_content_width": _WIDTH, "terminal_width": _WIDTH}
    context = click.Context(command, info_name=path[-1], parent=parent, **settings)
    yield path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            yield from helps(command.commands[name], (*path, name), context)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
