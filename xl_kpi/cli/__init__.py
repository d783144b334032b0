"""`xl-kpi`: one file a command, which is imported when it is asked for. Arguments, printing and exit codes, nothing else."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from xl_kpi import __version__
from xl_kpi.cli import options
from xl_kpi.cli.screen import CLEAN as CLEAN
from xl_kpi.cli.screen import FOUND, USAGE, say, tell
from xl_kpi.findings import CATALOGUE, SchemeError, XlKpiError
from xl_kpi.report import language
from xl_kpi.report.language import worded
from xl_kpi.report.text import unusable
from xl_kpi.words import LANGUAGES, Language

# In the order of the work; `run` of the file of its name is the command.
COMMANDS = (
    "schemes",
    "lint",
    "new",
    "map",
    "fill",
    "carry",
    "check",
    "recalc",
    "addin",
    "panel",
    "demo",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code (0 clean, 1 findings, 2 usage or scheme error)."""
    words = sys.argv[1:] if arguments is None else arguments
    language.choose(_language(words))
    given = vars(_parser(words).parse_args(words))
    language.choose(given.pop("lang"))
    command: Callable[..., int] = given.pop("run")
    if given.get("json") and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    try:
        return command(**given)
    except XlKpiError as error:
        tell(error.findings)
        return USAGE if isinstance(error, SchemeError) else max(CATALOGUE[one.code].exit for one in error.findings)
    except BrokenPipeError:
        return FOUND
    except OSError as error:
        say(language.spoken(unusable(error)))
        return USAGE


def _language(arguments: Sequence[str]) -> Language:
    """The language asked for, before anything is parsed: help is said in it."""
    named = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    named.add_argument("--lang", choices=LANGUAGES, default=LANGUAGES[0])
    try:
        chosen: Language = named.parse_known_args(arguments)[0].lang
    except argparse.ArgumentError:  # which is said when the whole is parsed
        return LANGUAGES[0]
    return chosen


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of a command line: it knows every command by name, and the options of those that the line names."""
    parser = argparse.ArgumentParser(prog="xl-kpi", description=worded("help.description"))
    parser.add_argument("--version", action="version", version=f"xl-kpi {__version__}")
    parser.add_argument("--lang", choices=LANGUAGES, default=LANGUAGES[0], help=worded("help.lang"))
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--lang", choices=LANGUAGES, default=argparse.SUPPRESS, help=worded("help.lang"))
    commands = parser.add_subparsers(required=True, metavar=worded("help.command"))
    for name in COMMANDS:
        summary = worded(f"help.{name}")
        command = commands.add_parser(name, parents=[common], help=summary, description=summary)
        if name in arguments:
            run = import_module(f"xl_kpi.cli.{name}").run
            command.set_defaults(run=run)
            options.add(command, run)
    return parser
