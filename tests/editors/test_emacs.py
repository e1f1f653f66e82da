"""Emacs with the recipes of the documentation: Eglot and Flycheck."""

from pathlib import Path

from tests.editors import FIXED, RECIPES, SOURCE, TITLE, dockerfile, emacs, findings
from tests.editors.recipes import blocks

# An installed package is loaded by what its user calls of it; these are unpacked sources.
INSTALLED = "(require 'eglot)\n(require 'flycheck)\n"


def test_eglot_gives_diagnostics_and_a_quick_fix(tmp_path: Path) -> None:
    file = dockerfile(tmp_path)
    lines = SOURCE.splitlines()
    kinds = {"error": "eglot-error", "warning": "eglot-warning"}
    expected = {
        (
            kinds.get(found["severity"], "eglot-note"),
            found["line"],
            lines[found["line"] - 1][found["column"] - 1 : found["endColumn"] - 1],
            f"dockgate [{found['rule']}]: {found['message']}",
        )
        for found in findings(file)
        if found["rule"] != "sudo"
    }
    (setup,) = blocks("Emacs, Eglot")
    setup = INSTALLED + setup + """(setq dockgate-settings '(:ignore ["sudo"]))"""
    answer = emacs.run("try-eglot.el", file, setup, AT="ENV GREETING", TITLE=TITLE)
    shown = [tuple(found[name] for name in ("severity", "line", "text", "message"))
             for found in answer["before"]]  # fmt: skip
    assert set(shown) == expected
    assert TITLE in answer["titles"]
    assert file.read_text() == FIXED


def test_flycheck_shows_what_is_found(tmp_path: Path) -> None:
    file = dockerfile(tmp_path)
    expected = findings(file)
    (setup,) = blocks("Emacs, Flycheck")
    answer = emacs.run("try-flycheck.el", file, INSTALLED + setup)
    assert answer["checker"] == "dockgate"
    names = ("line", "column", "endLine", "endColumn", "rule", "message")
    levels = {"style": "info"}
    assert [(*(row[name] for name in names), row["severity"]) for row in answer["errors"]] == [
        (*(row[name] for name in names), levels.get(row["severity"], row["severity"]))
        for row in expected
    ]


def test_flycheck_tells_of_a_configuration_that_cannot_be_used(tmp_path: Path) -> None:
    file = dockerfile(tmp_path)
    (tmp_path / ".dockgate.yaml").write_text("rules: 1\n")
    answer = emacs.run("try-flycheck.el", file, INSTALLED + blocks("Emacs, Flycheck")[0])
    (shown,) = answer["errors"]
    assert (shown["severity"], shown["line"]) == ("error", 1)
    assert ".dockgate.yaml" in shown["message"]


def test_the_library_compiles_without_a_warning(tmp_path: Path) -> None:
    compiled = tmp_path / "dockgate.elc"
    done = emacs.program().run(
        ["-Q", "--batch", "--eval", "(setq byte-compile-error-on-warn t)", "--eval",
         f'(setq byte-compile-dest-file-function (lambda (_) "{compiled}"))',
         "-f", "batch-byte-compile", RECIPES / "emacs/dockgate.el"]
    )  # fmt: skip
    assert (done.returncode, compiled.exists()) == (0, True), done.stderr
