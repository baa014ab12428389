"""Tab: asked for by the shells themselves, and answered from a host whose names are weapons."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from backend.fake import FakeHost
from model.facts import Fact
from tests.exports.hostile import hostile_host
from tests.yamato import yamato
from tui.arguments import SHELLS, parser
from tui.completion import SAFE, offer_names, shell_code

BIN = Path(sys.executable).parent
ASKED_BY_BASH = """\
eval "$(jackfield completion bash)"
COMP_TYPE=9 COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=($1) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_python_argcomplete jackfield
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("jackfield snap", "snapshot"),
        ("jackfield who l", "lo"),
        ("jackfield path host/l", "host/lo"),
        ("jackfield export --for", "--format"),
        ("jackfield export --format gr", "graphml"),
    ],
)
def test_bash_is_told_what_may_follow(typed: str, offered: str) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("not installed: bash")
    done = subprocess.run(
        [bash, "-c", ASKED_BY_BASH, "bash", typed],
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert offered in [line.strip() for line in done.stdout.splitlines()], done


ASKED_OF_ZSH = """\
zmodload zsh/zpty
zpty asked zsh -f -i
zpty -w asked 'tell() { zle -I; print -r -- "<$BUFFER>" }; zle -N tell; bindkey "^X^T" tell; autoload -U compinit;'\
' compinit -u -D; eval "$(jackfield completion zsh)"; PS1="<%#>"'
zpty -r asked told '*<[%#]>*'
zpty -w -n asked "$1"$'\\t\\x18\\x14'
zpty -r asked told '*<jackfield *>*'
print -r -- "$told"
"""
"""Typed at a terminal of its own: only there does zsh complete anything. `tell` says what tab has made of the line."""
TAB = [("jackfield snap", "snapshot"), ("jackfield completion z", "zsh"), ("jackfield rename host/l", "host/lo")]


@pytest.mark.parametrize(("typed", "offered"), TAB)
def test_tab_in_zsh_ends_the_word(typed: str, offered: str) -> None:
    said = asked("zsh", "-f", "-c", ASKED_OF_ZSH, "zsh", typed)
    words = typed.split()
    assert f"<{' '.join([*words[:-1], offered])} >" in said


@pytest.mark.parametrize(("typed", "offered"), TAB)
def test_tab_in_fish_offers_the_word(typed: str, offered: str) -> None:
    said = asked("fish", "--no-config", "-c", "jackfield completion fish | source; complete -C $argv", typed)
    assert offered in [line.partition("\t")[0] for line in said.splitlines()]


def asked(shell: str, *words: str) -> str:
    """What the shell said, started so."""
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"not installed: {shell}")
    env = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "TERM": "xterm"}
    done = subprocess.run([found, *words], env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done
    return done.stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_has_its_code(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    from tui.__main__ import main

    assert main(["completion", shell]) == 0
    assert capsys.readouterr().out == shell_code(shell)
    assert "jackfield" in shell_code(shell)


def _offered(command: str, dest: str, facts: Iterable[Fact], prefix: str = "") -> list[str]:
    top = parser()
    offer_names(top, lambda: FakeHost(facts))
    commands = next(action.choices for action in top._actions if action.dest == "command")
    assert isinstance(commands, dict)
    action = next(action for action in commands[command]._actions if action.dest == dest)
    return list(action.completer(prefix))


def test_names_are_offered_by_what_may_stand_there() -> None:
    assert {"tinderbox", "veth8pUZr", "host/br0", "tinderbox/eth0"} <= set(_offered("who", "query", yamato()))
    bridges = _offered("attach", "bridge", yamato())
    assert "br0" in bridges
    assert "veth8pUZr" not in bridges
    assert "tinderbox" in _offered("move", "namespace", yamato(), "tin")
    assert _offered("move", "namespace", yamato(), "nothing-is-called-so") == []


def test_a_name_that_a_shell_would_read_is_not_offered() -> None:
    names = _offered("who", "query", hostile_host())
    assert names
    assert all(SAFE.fullmatch(name) for name in names)
    assert not any(set(name) & set("$`;&|<>()[]{}*?!'\"\\ \n\x1b#~") or name.startswith("-") for name in names)
