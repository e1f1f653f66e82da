"""What RUN, CMD, ENTRYPOINT and HEALTHCHECK run, as a rule sees it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockgate.linter import shell
from dockgate.linter.document import read
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.quoting import expand
from dockgate.rules.subjects.shell import Command, Script, ShellWord

CORPUS = Path(__file__).parents[2] / "../shared/corpus"


def parsed(source: str | bytes) -> Dockerfile:
    data = source if isinstance(source, bytes) else source.encode("utf-8", "surrogateescape")
    dockerfile = read(data, "Dockerfile")
    shell.attach(dockerfile)
    return dockerfile


def script_of(dockerfile: Dockerfile) -> Script:
    """The script of the last instruction."""
    last = dockerfile.instructions[-1]
    script = (last.sub or last).script
    assert script is not None
    return script


def script(source: str) -> Script:
    return script_of(parsed("FROM a\n" + source))


def run(body: str) -> list[Command]:
    """The commands of a script, given as a here-document so that any text is one."""
    found = script(f"RUN <<'_END'\n{body}\n_END\n")
    assert found.errors == []
    return found.commands


def shown(command: Command) -> str:
    """A command on one line: connector, context, wrappers, name and arguments, redirections."""
    parts = [command.connector or "-"]
    if command.context:
        parts.append("/".join(command.context) + ":")
    parts += [f"{a.name}={a.value.value}" for a in command.assignments]
    for wrapper in command.wrappers:
        parts.append("(" + " ".join([wrapper.name, *(a.value for a in wrapper.args)]) + ")")
    parts.append(command.name)
    parts += [word.value for word in command.args]
    for redirect in command.redirects:
        target = redirect.target.value if redirect.target else ""
        fd = "" if redirect.fd is None else str(redirect.fd)
        parts.append(f"{fd}{redirect.operator}[{target}]")
    return " ".join(parts)


STRUCTURE = [
    # lists and pipelines
    ("a b && c || d; e & f | g |& h", ["- a b", "&& c", "|| d", "; e", "& f", "| g", "|& h"]),
    ("a\nb", ["- a", "; b"]),
    ("! a | b", ["- negated: a", "| negated: b"]),
    ("a > f < g | b && c | d", ["- a >[f] <[g]", "| b", "&& c", "| d"]),
    # groups
    ("a && (b; c) | { d; e; }",
     ["- a", "&& subshell: b", "; subshell: c", "| group: d", "; group: e"]),
    ("if a; then b; elif c; then d; else e; fi",
     ["- if/condition: a", "- if: b", "- if/condition: c", "- if: d", "- if: e"]),
    ("while a; do b; done; until c; do d; done",
     ["- loop/condition: a", "- loop: b", "; loop/condition: c", "- loop: d"]),
    ("for x in 1 $(a); do b; done", ["- loop/substitution: a", "- loop: b"]),
    ("for ((i=0; i<3; i++)); do b; done", ["- loop: b"]),
    ("case $x in a|'b c') d;; *) e; f;; esac; g", ["- case: d", "- case: e", "; case: f", "; g"]),
    ("f() { a; }; function g { b; }", ["- function/group: a", "; function/group: b"]),
    ("! { a | b; } && c", ["- negated/group: a", "| negated/group: b", "&& c"]),
    ("if ! { a; }; then b; fi", ["- if/condition/negated/group: a", "- if: b"]),
    # node types of their own in the grammar
    ("[ -f x ] && [[ $a == b* ]]", ["- [ -f x ]", "&& [[ $a == b* ]]"]),
    ("[ a=b -a ! -f x ] && c", ["- [ a=b -a ! -f x ]", "&& c"]),
    ("(( x++ )) && a", ["- (( x++ ))", "&& a"]),
    ("export A=$(a) B; unset C; local d=1",
     ["- A=$(a) export A=$(a) B", "- substitution: a", "; unset C", "; d=1 local d=1"]),
    ("A=1 B='2 3' a; C=4", ["- A=1 B=2 3 a", "; C=4 "]),
    # substitutions
    ("a $(b $(c)) `d` <(e) >(f)",
     ["- a $(b $(c)) `d` <(e) >(f)", "- substitution: b $(c)",
      "- substitution/substitution: c", "- substitution: d", "- substitution: e",
      "- substitution: f"]),
    ('a "x $(b "c d") ${e:-$(f)}"',
     ['- a x $(b "c d") ${e:-$(f)}', "- substitution: b c d", "- substitution: f"]),
    ("a `b \\`c\\``",
     ["- a `b \\`c\\``", "- substitution: b `c`", "- substitution/substitution: c"]),
    # words
    ("a zig-$A-\"$B\"'c d'e\\ f {x,y} {} [a-z]* *.deb ~/x",
     ["- a zig-$A-$Bc de f {x,y} {} [a-z]* *.deb ~/x"]),
    ("a \\$b \"\\$c \\d\" $'\\t\\x41\\'' $\"e\"", ["- a $b $c \\d \tA' e"]),
    ("a\\\nb c \\\n d", ["- ab c d"]),
    ("a # b\nc", ["- a", "; c"]),
    ("a 'x' \\\n# b\nc", ["- a x", "; c"]),
    ("find . ! -name x -exec rm {} \\;", ["- find . ! -name x -exec rm {} ;"]),
    # redirections
    ("a 2>/dev/null b >&2 c", ["- a b c 2>[/dev/null] >&[2]"]),
    (">&2 a b", ["- a b >&[2]"]),
    ("a && b > f", ["- a", "&& b >[f]"]),
    ("a - 2>f; b &>>g; exec 3<>h 4>&-",
     ["- a - 2>[f]", "; b &>>[g]", "; exec 3<>[h] 4>&-[]"]),
    ("{ a; b | c; } > f", ["- group: a >[f]", "; group: b", "| group: c >[f]"]),
    ("while a; do b; done < f", ["- loop/condition: a <[f]", "- loop: b <[f]"]),
    # wrappers
    ("sudo -E -u x env -u y A=b /usr/bin/apt-get install -y z",
     ["- (sudo -E -u x) (env -u y A=b) apt-get install -y z"]),
    ("timeout -k 5 10 nice -n 3 nohup a; time -p b",
     ["- (timeout -k 5 10) (nice -n 3) (nohup) a", "; (time -p) b"]),
    ("a | xargs -r -n 1 b -c; gosu x:y d; su-exec z e; chroot /m f",
     ["- a", "| (xargs -r -n 1) b -c", "; (gosu x:y) d", "; (su-exec z) e", "; (chroot /m) f"]),
    ("command -v a; command b; exec c; sudo; busybox --install; busybox wget x",
     ["- command -v a", "; (command) b", "; (exec) c", "; sudo", "; busybox --install",
      "; (busybox) wget x"]),
    ("conda run -n e pip install x; doas -u a b; ionice -c 3 stdbuf -oL eatmydata c",
     ["- (conda run -n e) pip install x", "; (doas -u a) b",
      "; (ionice -c 3) (stdbuf -oL) (eatmydata) c"]),
    ("sudo -l; \"$HOME\"/bin/a b; ${X}; runuser -u a -- b; runuser a",
     ["- sudo -l", "; a b", "; ${X}", "; (runuser -u a --) b", "; runuser a"]),
    # scripts in scripts
    ("sh -c 'a && b'; bash -lc \"c \\\"d e\\\"\"",
     ["- sh -c a && b", "- sh -c: a", "&& sh -c: b", '; bash -lc c "d e"', "- sh -c: c d e"]),
    ("su - x -c 'a b'; su x --command 'c'; eval 'd; e'; sudo sh -c 'f'",
     ["- su - x -c a b", "- sh -c: a b", "; su x --command c", "- sh -c: c", "; eval d; e",
      "- sh -c: d", "; sh -c: e", "; (sudo) sh -c f", "- sh -c: f"]),
    ("sh -c \"$(a)\"; bash script.sh -c 'b'",
     ["- sh -c $(a)", "- substitution: a", "; bash script.sh -c b"]),
    ("sh -c 'sh -c \"a\"'", ["- sh -c sh -c \"a\"", "- sh -c: sh -c a", "- sh -c/sh -c: a"]),
    ("bash <<< 'a b' && c", ["- bash <<<[a b]", "- heredoc: a b", "&& c"]),
    # here-documents
    ("cat <<E > f && a | b; c\nd $(e)\nE\ng",
     ["- cat <<[d $(e)\n] >[f]", "&& a", "| b", "; c", "- substitution: e", "; g"]),
    ("cat <<'E' <<-F x\nd $(e)\nE\n\tf\n\tF\ng", ["- cat x <<[d $(e)\n] <<-[\tf\n]", "; g"]),
    ("(cat <<E)\na\nE\nif cat <<E; then b; fi\nc\nE",
     ["- subshell: cat <<[a\n]", "; if/condition: cat <<[c\n]", "- if: b"]),
    ("x=\"$(cat <<E\na 'b\nE\n)\"",
     ["- x=$(cat <<E\na 'b\nE\n) ", "- substitution: cat <<[a 'b\n]"]),
    ("bash -x <<E\na \\$b\nE\ncat <<E | sh\nc\nE",
     ["- bash -x <<[a \\$b\n]", "- heredoc: a $b", "; cat <<[c\n]", "| sh", "- heredoc: c"]),
    ("echo $((1 << 2)) \"<<E\" # <<E\na", ["- echo $((1 << 2)) <<E", "; a"]),
    # not ASCII, not UTF-8
    ("echo é \"ü$x\" 日本; a", ["- echo é ü$x 日本", "; a"]),
    ("echo \udcff\udcfe; a", ["- echo \udcff\udcfe", "; a"]),
]  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), STRUCTURE, ids=[case[0] for case in STRUCTURE])
def test_commands(body: str, expected: list[str]) -> None:
    found = run(body)
    assert [shown(command) for command in found] == expected


def test_spans_are_exact_through_continuations_and_comments() -> None:
    source = (
        "FROM a\r\n"
        "RUN --mount=type=cache,target=/x apt-get update \\\r\n"
        "  # why\r\n"
        "\r\n"
        "  && apt-get install -y cu\\\r\n"
        "rl 'a b' > /dev/null \\\r\n"
        '  && A="ü" sh -c "echo \\"x y\\" z"\r\n'
    )
    dockerfile = parsed(source)
    text = dockerfile.text
    update, install, wrapped, echo = script_of(dockerfile).commands
    assert [text[word.span] for word in update.words] == ["apt-get", "update"]
    assert [text[word.span] for word in install.words] == [
        "apt-get", "install", "-y", "cu\\\r\nrl", "'a b'",
    ]  # fmt: skip
    assert install.words[3].value == "curl"
    assert text.position(install.span.start) == (5, 6)
    assert text[install.span].endswith("> /dev/null")
    assert text[install.redirects[0].span] == "> /dev/null"
    assert wrapped.name == "sh"
    assert text[wrapped.assignments[0].value.span] == '"ü"'
    assert echo.name == "echo"
    assert [text[word.span] for word in echo.words] == ["echo", '"x y\\"', "z"]


def test_spans_in_json_form() -> None:
    source = (
        'FROM a\nENTRYPOINT ["/bin/bash", "-o", "pipefail", \\\n "-c", "a \\"b\\" | c\\u0041"]\n'
    )
    dockerfile = parsed(source)
    found = script_of(dockerfile)
    bash, a, c = found.commands
    assert (found.shell, set(found.options), found.language) == ("bash", {"pipefail"}, "posix")
    assert (bash.name, bash.exec_form, a.exec_form) == ("bash", True, False)
    assert dockerfile.text[bash.words[0].span] == "/bin/bash"
    assert dockerfile.text[bash.words[3].span] == "-c"
    assert dockerfile.text[a.words[0].span] == "a"
    assert [w.value for w in a.args] == ["b"]
    assert (c.name, c.pipe_from, c.connector, c.context) == ("cA", a, "|", ("sh -c",))
    assert dockerfile.text[c.span].startswith("c")
    assert (a.shell, set(a.options)) == ("bash", {"pipefail"})


JSON_FORMS = [
    ('CMD ["nginx", "-g", "daemon off;"]', ["- nginx -g daemon off;"]),
    ('RUN ["sudo", "apt-get", "install", "x"]', ["- (sudo) apt-get install x"]),
    ('ENTRYPOINT ["tini", "--", "sh", "-c", "a; b"]',
     ["- (tini --) sh -c a; b", "- sh -c: a", "; sh -c: b"]),
    ('HEALTHCHECK --interval=5s CMD ["curl", "-f", "x"]', ["- curl -f x"]),
    ("HEALTHCHECK --interval=5s CMD curl -f x || exit 1", ["- curl -f x", "|| exit 1"]),
    ("ONBUILD RUN a && b", ["- a", "&& b"]),
    ("CMD []", []),
    ("CMD a b", ["- a b"]),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), JSON_FORMS)
def test_forms(source: str, expected: list[str]) -> None:
    assert [shown(command) for command in script(source).commands] == expected


def test_what_runs_nothing_has_no_script() -> None:
    dockerfile = parsed('FROM a\nHEALTHCHECK NONE\nENV A=b\nSHELL ["bash", "-c"]\n')
    assert [i.script for i in dockerfile.instructions] == [None] * 4


SHELLS = [
    ("RUN a", "sh", "posix", set()),
    ('SHELL ["/bin/bash", "-eo", "pipefail", "-c"]\nRUN a', "bash", "posix", {"e", "pipefail"}),
    ('SHELL ["/bin/bash", "-o", "errexit", "-o", "pipefail", "-xc"]\nRUN a', "bash", "posix",
     {"e", "x", "pipefail"}),
    ('SHELL ["conda", "run", "-n", "e", "/bin/bash", "-c"]\nRUN a', "bash", "posix", set()),
    ('SHELL ["pwsh", "-Command"]\nRUN a', "pwsh", "powershell", set()),
    ('SHELL ["C:\\\\\\\\x\\\\\\\\PowerShell.EXE", "-Command"]\nRUN a', "powershell", "powershell",
     set()),
    ('SHELL ["cmd", "/S", "/C"]\nRUN a', "cmd", "cmd", set()),
    ("RUN powershell -Command $x = (1)", "cmd", "cmd", set()),
    ('SHELL ["/usr/bin/python3", "-c"]\nRUN a', "python3", "other", set()),
    ("RUN <<E\n#!/usr/bin/env bash\na\nE", "bash", "posix", set()),
    ("RUN <<E\n#!/bin/bash -eu\na\nE", "bash", "posix", {"e", "u"}),
    ("RUN <<E\n#!/usr/bin/env -S sh -x\na\nE", "sh", "posix", {"x"}),
    ("RUN <<E\n#!/usr/bin/env python3\nimport os; a(\nE", "python3", "other", set()),
    ("RUN python3 <<E\nimport os; a(\nE", "sh", "posix", set()),
]  # fmt: skip


@pytest.mark.parametrize(("source", "name", "language", "options"), SHELLS)
def test_shell(source: str, name: str, language: str, options: set[str]) -> None:
    found = script(source)
    assert (found.shell, found.language, set(found.options)) == (name, language, options)
    assert found.errors == []
    assert bool(found.commands) == (language == "posix")


def test_windows_base_without_shell_is_cmd() -> None:
    found = script_of(parsed("FROM mcr.microsoft.com/windows/servercore:ltsc2022\nRUN del C:\\x\n"))
    assert (found.language, found.commands, found.errors) == ("cmd", [], [])


def test_options_in_force() -> None:
    found = run("set -ex; a; (set +e; b); c | d; set -o pipefail +x; e; sh -u -c 'f'; g")
    options = {command.name: set(command.options) for command in found}
    assert found[0].options == set()
    assert (options["a"], options["b"], options["c"]) == ({"e", "x"}, {"x"}, {"e", "x"})
    assert (options["e"], options["f"], options["g"]) == (
        {"e", "pipefail"}, {"u"}, {"e", "pipefail"},
    )  # fmt: skip


def test_pipes_reach_through_groups() -> None:
    a, b, c, d, e = run("a | { b; c; } | sudo d; e")
    assert (a.pipe_to, b.pipe_from, c.pipe_from) == (b, a, a)
    assert (b.pipe_to, c.pipe_to, d.pipe_from) == (d, d, c)
    assert list(a.pipeline()) == [a, b, d]
    assert (e.pipe_from, e.pipe_to) == (None, None)


def test_words_know_their_substitutions() -> None:
    found = run('curl "$(a | b)/x" y; z=$(c); cat <<E\n$(d)\nE')
    by_name = {command.name: command for command in found}
    url = by_name["curl"].args[0]
    assert [command.name for command in url.commands] == ["a", "b"]
    assert (url.literal, by_name["curl"].args[1].literal) == (False, True)
    assert [c.name for c in by_name[""].assignments[0].value.commands] == ["c"]
    target = by_name["cat"].redirects[0].target
    assert target is not None
    assert [command.name for command in target.commands] == ["d"]


FAULTY = [
    ("RUN a && && b", ["a", "b"], "&&"),
    ("RUN a && RUN b; if c; then d", ["a", "RUN", "c", "d"], None),
    ('RUN a; b "c', ["a", "b"], None),
    ("RUN a; (b", ["a", "b"], None),
]


@pytest.mark.parametrize(("source", "names", "fault"), FAULTY)
def test_faults_have_a_place_and_hide_nothing(
    source: str, names: list[str], fault: str | None
) -> None:
    dockerfile = parsed("FROM a\n" + source)
    found = script_of(dockerfile)
    assert found.errors
    assert fault is None or dockerfile.text[found.errors[0]] == fault
    assert [command.name for command in found.commands] == names


EXPANSIONS = [
    ("a", "a"), ("$A", "1"), ("${A}b", "1b"), ("'$A'", "$A"), ('"$A"', "1"), ("\\$A", "$A"),
    ("$X", None), ("${X:-d}", "d"), ("${E-d}", ""), ("${E:-d}", "d"), ("${A:+b}", "b"),
    ("${X+b}", ""), ("${X:-${A}c}", "1c"), ("${X?}", None), ("${A#1}", None), ("$(a)", None),
    ("`a`", None), ("$((1))", None), ("a$", "a$"), ("$1", None),
]  # fmt: skip


@pytest.mark.parametrize(("word", "expected"), EXPANSIONS)
def test_expand(word: str, expected: str | None) -> None:
    assert expand(word, {"A": "1", "E": ""}) == expected
    found = run(f"x {word}")[0].args[0]
    assert found.expand({"A": "1", "E": ""}) == expected


def test_expand_follows_defaults_to_a_bound() -> None:
    assert expand("${a:-" * 5000 + "b" + "}" * 5000, {}) is None


# A line of a Dockerfile ends at 64 KiB, a script does not.
HOSTILE = {
    "parentheses": "(" * 60_000,
    "substitutions": "echo " + "$(" * 20_000 + ")" * 20_000,
    "sh -c": "sh -c '" * 9_000,
    "nested sh -c": "sh -c \"sh -c 'sh -c a'\";" * 2_000,
    "redirections": ">" * 9_900,
    "arrays": "a=(" * 3_300,
    "pipes": "a|" * 4_900,
    "heredocs": "a <<b; " * 3_000,
    "long": "a;" * 30_000 + "\\\n" + "a;" * 30_000,
    "list": "a&&" * 3_000 + "a",
    "backslashes": "a " + "\\" * 60_000,
    "escapes": 'sh -c "' + '\\"' * 30_000 + '"',
    "nul": "\0" * 60_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_scripts_end_soon(name: str) -> None:
    start = time.process_time()
    found = script(f"RUN {HOSTILE[name]}")
    assert time.process_time() - start < 10  # seconds; about 1 measured
    assert found.commands or found.errors


def test_many_faulty_scripts_end_soon() -> None:
    dockerfile = parsed("FROM a\n" + ("RUN " + "a=(" * 3_300 + "\n") * 40)
    runs = list(dockerfile.find("RUN"))
    assert all(i.script is not None and i.script.errors for i in runs)


def test_past_its_bounds_a_script_is_an_error() -> None:
    found = script("RUN a " + ("b" * 60_000 + "\\\n") * 3)
    assert (found.commands, len(found.errors)) == ([], 1)
    deep = script("RUN " + "( " * 60 + "a" + " )" * 60)
    assert (deep.commands, len(deep.errors)) == ([], 1)


def test_imports_stay_light() -> None:
    code = (
        "import sys; from dockgate.linter import shell; from dockgate.linter.document import read\n"
        "shell.attach(read(b'FROM a\\nENV A=b\\nCMD [\"x\"]\\n', 'Dockerfile'))\n"
        "assert 'tree_sitter' not in sys.modules\n"
        "before = set(sys.modules)\n"
        "shell.attach(read(b'FROM a\\nRUN b\\n', 'Dockerfile'))\n"
        "import json; print(json.dumps(sorted(set(sys.modules) - before)))\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert [m for m in json.loads(out.stdout) if not m.startswith("tree_sitter")] == []


def check_spans(dockerfile: Dockerfile) -> None:
    """Every span lies in the file, and an unbroken word is what stands there."""
    text = dockerfile.text
    size = len(text.text)

    def check(word: ShellWord, *, exact: bool) -> None:
        start, end = word.span
        assert 0 <= start <= end <= size
        if exact and word.text == word.value and word.literal and end - start == len(word.text):
            assert text[word.span] == word.text

    for instruction in dockerfile.instructions:
        found = (instruction.sub or instruction).script
        if found is None:
            continue
        starts = [command.span.start for command in found.commands]
        assert starts == sorted(starts)
        for fault in found.errors:
            assert 0 <= fault.start <= fault.end <= size
        for command in found.commands:
            assert 0 <= command.span.start <= command.span.end <= size
            assert len(list(command.pipeline())) <= len(found.commands)
            # BuildKit's line for a delimiter that the shell does not know stands nowhere.
            invented = instruction.heredocs and "_END" not in instruction.original
            exact = not (instruction.json or invented or "sh -c" in command.context)
            for word in command.words:
                check(word, exact=exact)
            for assignment in command.assignments:
                check(assignment.value, exact=exact)
            for redirect in command.redirects:
                assert 0 <= redirect.span.start <= redirect.span.end <= size
                if redirect.target is not None:
                    check(redirect.target, exact=exact)


PIECES = st.sampled_from(
    ["a", "b ", " ", "\n", "\\\n", "\r\n", "'", '"', "\\", "$", "$(", "${", "`", ")", "(", "}",
     "{ ", "; }", ";", "&&", "||", "|", "&", ">", "<", "<<E", "<<-E", "\nE\n", "E", "<<<", "#",
     "if ", "then ", "fi", "for x in ", "do ", "done", "case x in ", "esac", "! ", "[ ", " ]",
     "[[ ", "]]", "((", "))", "=", "x=", "2>", "&>", "<(", "sh -c ", "eval ", "sudo ", "bash ",
     "export ", "set -e", "é", "\udcff", "\0", "RUN ", 'CMD ["', '", "', '"]', "ONBUILD ", "-"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join))
def test_any_text_is_read(body: str) -> None:
    check_spans(parsed("FROM a\nRUN " + body))
    check_spans(parsed(f"FROM a\nRUN <<'_END'\n{body}\n_END\n"))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read(data: bytes) -> None:
    check_spans(parsed(b"FROM a\nRUN " + data))


@settings(max_examples=200, deadline=None)
@given(st.text("ab'\"\\$ `{}()\n", max_size=30))
def test_a_quoted_word_is_passed_on_as_it_was(value: str) -> None:
    quoted = "'" + value.replace("'", "'\\''") + "'"
    found = run(f"echo {quoted} end")
    assert [word.value for word in found[0].args] == [value, "end"]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real Dockerfiles is absent")
def test_corpus() -> None:
    scripts = faulty = 0
    with (CORPUS / "dockerfiles.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if "text" not in row:
                continue
            dockerfile = parsed(row["text"])
            check_spans(dockerfile)
            for instruction in dockerfile.instructions:
                found = (instruction.sub or instruction).script
                if found is not None and found.language == "posix":
                    scripts += 1
                    faulty += bool(found.errors)
    print(f"{faulty} of {scripts} POSIX scripts with errors")
    assert scripts > 4000
    assert faulty < scripts / 100
