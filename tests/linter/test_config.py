from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockgate.linter import config, engine
from dockgate.linter.configuration.config_file import ConfigFile, ImageSecurityPolicy, json_schema
from dockgate.linter.configuration.sizes import human_size, parse_size
from dockgate.linter.configuration.strict_yaml import MAX_YAML_BYTES
from dockgate.linter.errors import UsageError
from dockgate.linter.run import lint_bytes
from dockgate.rules.registry import all_rules, named
from dockgate.rules.rule import Severity

POLICY = """\
image_security_policy:
  base_image:
    allowed_registries:
      - "registry.example.com"
      - "docker.io"
    blocked_registries:
      - "untrusted-registry.com"
    required_labels:
      - "security.scan"
      - "build.date"

  vulnerabilities:
    max_critical: 0
    max_high: 2
    max_medium: 10
    auto_fix: true

  signing:
    required: true
    trusted_signers:
      - "myapp-signer"

  size:
    max_size: "500MB"
    max_layers: 20
"""


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    config.forget()
    yield
    config.forget()


def written(folder: Path, text: str | bytes, name: str = ".dockgate.yaml") -> str:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


def fault(folder: Path, text: str | bytes, name: str = ".dockgate.yaml") -> str:
    path = written(folder, text, name)
    with pytest.raises(UsageError) as error:
        config.read(path)
    line = str(error.value)
    assert "\n" not in line
    assert line.startswith(path) or path in line
    return line.replace(path, "FILE")


def test_without_a_file_the_defaults(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    found = config.find(str(tmp_path / "Dockerfile"))
    assert found is config.DEFAULT_CONFIG
    assert found.fail_on == Severity.WARNING


def test_the_nearest_file_counts_as_far_as_the_root_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / "repo/.git").mkdir(parents=True)
    (tmp_path / "repo/a/b").mkdir(parents=True)
    written(tmp_path, "fail_on: style")
    assert config.find(str(tmp_path / "repo/a/b/Dockerfile")) is config.DEFAULT_CONFIG
    config.forget()
    written(tmp_path / "repo", "fail_on: info")
    assert config.find(str(tmp_path / "repo/a/b/Dockerfile")).fail_on == Severity.INFO
    config.forget()
    written(tmp_path / "repo/a", "fail_on: error")
    assert config.find(str(tmp_path / "repo/a/b/Dockerfile")).fail_on == Severity.ERROR
    assert config.find(str(tmp_path / "repo/Dockerfile")).fail_on == Severity.INFO


def test_findings_may_never_fail_and_comments_never_ignore(tmp_path: Path) -> None:
    found = config.read(written(tmp_path, "fail_on: never\ninline_ignores: false\n"))
    assert found.fail_on is None
    assert not found.inline_ignores


def test_hadolint_counts_only_where_there_is_no_dockgate_file(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "a").mkdir()
    written(tmp_path / "a", "failure-threshold: error", ".hadolint.yaml")
    path = str(tmp_path / "a/Dockerfile")
    assert config.find(path).fail_on == Severity.ERROR
    config.forget()
    written(tmp_path, "fail_on: info")
    assert config.find(path).fail_on == Severity.INFO


def test_levels_by_name_and_by_code(tmp_path: Path) -> None:
    path = written(tmp_path, "rules:\n  sudo: off\n  DL3009: error\n  root-user: 'off'\n")
    selection = config.read(path).selection
    rules = all_rules()
    assert selection.severity(rules["sudo"]) is None
    assert selection.severity(rules["root-user"]) is None
    (lists,) = named("DL3009")
    assert selection.severity(lists) == Severity.ERROR
    assert selection.severity(rules["missing-user"]) == rules["missing-user"].severity


def test_overrides_hold_for_their_paths_only(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "rules: {sudo: info}\noverrides:\n- paths: ['dev/**', '*.test']\n  rules: {sudo: off}\n",
    )
    sudo = all_rules()["sudo"]
    found = config.read(path)

    def level(name: str) -> Severity | None:
        return found.for_path(str(tmp_path / name)).selection.severity(sudo)

    assert level("Dockerfile") == Severity.INFO
    assert level("dev/a/Dockerfile") is None
    assert level("x/Dockerfile.test") is None
    assert level("../dev/Dockerfile") == Severity.INFO


STAGES = b"""\
FROM debian:12.8 AS Builder
RUN sudo a
FROM builder AS test-unit
RUN sudo b
FROM debian:12.8
RUN sudo c
"""


def in_stages(found: config.Config, path: str = "Dockerfile") -> list[tuple[int, str]]:
    report = lint_bytes(STAGES, path, found.for_path(path))
    assert report.failures == []
    return [
        (report.text.position(f.span.start).line, f.severity.label)
        for f in report.findings
        if f.rule.name == "sudo" and f.span is not None
    ]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [(2, "warning"), (4, "warning"), (6, "warning")]),
        ("{stages: [BUILDER], rules: {sudo: off}}", [(4, "warning"), (6, "warning")]),
        (
            "{stages: ['test-*', '2'], rules: {sudo: error}}",
            [(2, "warning"), (4, "error"), (6, "error")],
        ),
        (
            "{stages: ['*'], rules: {sudo: off}}, {stages: [test-unit], rules: {sudo: style}}",
            [(4, "style"), (6, "warning")],
        ),
        (
            "{stages: [builder], rules: {sudo: off}}, {paths: [Dockerfile], rules: {sudo: info}}",
            [(2, "info"), (4, "info"), (6, "info")],
        ),
        (
            "{paths: [Dockerfile], stages: [builder], rules: {sudo: off}}",
            [(4, "warning"), (6, "warning")],
        ),
        (
            "{paths: [other], stages: [builder], rules: {sudo: off}}",
            [(2, "warning"), (4, "warning"), (6, "warning")],
        ),
    ],
)  # fmt: skip
def test_overrides_by_stage(tmp_path: Path, text: str, lines: list[tuple[int, str]]) -> None:
    found = config.read(written(tmp_path, f"overrides: [{text}]\n"))
    assert in_stages(found, str(tmp_path / "Dockerfile")) == lines


def test_a_rule_that_is_off_runs_in_the_stages_that_want_it(tmp_path: Path) -> None:
    text = "rules: {sudo: off}\noverrides: [{stages: [builder], rules: {sudo: error}}]\n"
    found = config.read(written(tmp_path, text))
    path = str(tmp_path / "Dockerfile")
    assert in_stages(found, path) == [(2, "error")]
    assert in_stages(found.with_options(ignore=frozenset({"sudo"})), path) == []


def test_a_profile_in_the_file_and_on_the_command_line(tmp_path: Path) -> None:
    found = config.read(written(tmp_path, "profile: security\nrules: {multiple-cmd: info}\n"))
    rules = all_rules()
    assert found.selection.severity(rules["apt-recommends"]) is None
    assert found.selection.severity(rules["multiple-cmd"]) == Severity.INFO
    chosen = found.with_options(profile="strict").selection
    assert chosen.severity(rules["apt-recommends"]) == Severity.WARNING
    assert chosen.severity(rules["multiple-cmd"]) == Severity.INFO
    default = found.with_options(profile="default").selection
    assert default.severity(rules["apt-recommends"]) == Severity.INFO


def test_locks_hold_against_the_command_line(tmp_path: Path) -> None:
    path = written(tmp_path, "locked: [DL3004]\nrules: {sudo: error}\n")
    found, rules = config.read(path), all_rules()
    with pytest.raises(UsageError, match=r"--ignore sudo: .*dockgate.yaml has locked it"):
        found.with_options(ignore=frozenset({"sudo", "root-user"}))
    only = found.with_options(select=frozenset({"root-user"})).selection
    assert only.severity(rules["sudo"]) == Severity.ERROR
    assert only.severity(rules["missing-user"]) is None
    security = config.read(written(tmp_path, "locked: [apt-recommends]\n", "o.yaml"))
    chosen = security.with_options(profile="security").selection
    assert chosen.severity(rules["apt-recommends"]) == Severity.INFO


def nested(folder: Path, outer: str, inner: str) -> config.Config:
    (folder / "repo/.git").mkdir(parents=True)
    (folder / "repo/a").mkdir()
    written(folder / "repo", outer)
    written(folder / "repo/a", inner)
    return config.find(str(folder / "repo/a/Dockerfile"))


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        ("rules: {sudo: off}", "off"),
        ("rules: {DL3004: info}", "info"),
        ("overrides: [{paths: ['*'], rules: {sudo: off}}]", "off"),
        ("overrides: [{stages: ['*'], rules: {sudo: style}}]", "style"),
    ],
)
def test_a_nearer_file_cannot_break_a_lock(tmp_path: Path, inner: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        nested(tmp_path, "locked: [sudo]\n", inner)
    outer, near = tmp_path / "repo/.dockgate.yaml", tmp_path / "repo/a/.dockgate.yaml"
    assert str(error.value) == (
        f"{near}: sudo is {said} here, and {outer} has locked it at warning: take it out"
    )


def test_what_is_locked_further_out_holds(tmp_path: Path) -> None:
    found = nested(tmp_path, "locked: [apt-recommends]\n", "profile: security\n")
    rule = all_rules()["apt-recommends"]
    assert found.selection.severity(rule) == Severity.INFO
    source = b"FROM a:1\n# dockgate: ignore=apt-recommends\nRUN apt-get install -y b\n"
    findings = lint_bytes(source, "Dockerfile", found).findings
    messages = {f.rule.name: f.message for f in findings}
    assert "apt-recommends" in messages
    locked = "apt-recommends is locked by the configuration: no comment ignores it"
    assert messages["unused-ignore"] == locked


def test_a_nearer_file_may_be_stricter_and_change_the_rest(tmp_path: Path) -> None:
    outer = (
        "locked: [sudo]\nrules: {root-user: off}\noverrides: [{paths: [b/], rules: {sudo: off}}]"
    )
    found = nested(tmp_path, outer, "rules: {sudo: error, missing-user: off}\n")
    rules = all_rules()
    assert found.selection.severity(rules["sudo"]) == Severity.ERROR
    assert found.selection.severity(rules["missing-user"]) is None
    assert found.selection.severity(rules["root-user"]) == Severity.ERROR  # only locks count
    (tmp_path / "repo/b").mkdir()
    written(tmp_path / "repo/b", "rules: {sudo: off}\n")
    inside = config.find(str(tmp_path / "repo/b/Dockerfile"))  # the lock's own exception
    assert inside.selection.severity(rules["sudo"]) is None


def test_reasons_are_asked_for_further_in_where_they_are_locked(tmp_path: Path) -> None:
    outer = "require_reason: true\nlocked: [ignore-without-reason]\n"
    assert nested(tmp_path, outer, "fail_on: info\n").settings.require_reason
    config.forget()
    written(tmp_path / "repo", "require_reason: true\n")
    assert not config.find(str(tmp_path / "repo/a/Dockerfile")).settings.require_reason


def test_shellcheck_is_switched_on_in_the_file(tmp_path: Path) -> None:
    found = config.read(written(tmp_path, "shellcheck: true\nrules: {SC2086: off}\n"))
    assert engine.runs_shellcheck(found.selection)
    assert not engine.runs_shellcheck(config.DEFAULT_CONFIG.selection)
    assert found.selection.severities["SC2086"] is None
    strict = config.DEFAULT_CONFIG.with_options(profile="strict")
    assert not engine.runs_shellcheck(strict.selection)


DOCS = Path(__file__).parents[2] / "docs" / "configuration.md"
EXAMPLES = re.findall(r"```yaml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=[e.split(":")[0] for e in EXAMPLES])
def test_every_example_of_the_documentation_can_be_read(tmp_path: Path, example: str) -> None:
    name = ".hadolint.yaml" if "failure-threshold" in example else ".dockgate.yaml"
    config.read(written(tmp_path, example, name))


def test_every_key_is_in_the_documentation() -> None:
    keys = {key for example in EXAMPLES for key in re.findall(r"^(\w+):", example, re.MULTILINE)}
    assert set(ConfigFile.model_fields) <= keys


def test_the_command_line_goes_before_the_file(tmp_path: Path) -> None:
    found = config.read(written(tmp_path, "rules: {sudo: off, root-user: info}\nfail_on: error\n"))
    rules = all_rules()
    chosen = found.with_options(select=frozenset({"sudo", "root-user"}), fail_on=Severity.STYLE)
    assert chosen.selection.severity(rules["sudo"]) == rules["sudo"].severity
    assert chosen.selection.severity(rules["root-user"]) == Severity.INFO
    assert chosen.selection.severity(rules["missing-user"]) is None
    assert chosen.fail_on == Severity.STYLE
    ignoring = found.with_options(ignore=frozenset({"root-user"}))
    assert ignoring.selection.severity(rules["root-user"]) is None
    assert ignoring.fail_on == Severity.ERROR


def test_the_image_security_policy_is_read_as_it_is_written(tmp_path: Path) -> None:
    found = config.read(written(tmp_path, POLICY))
    assert found.policy == ImageSecurityPolicy.model_validate(
        {
            "base_image": {
                "allowed_registries": ["registry.example.com", "docker.io"],
                "blocked_registries": ["untrusted-registry.com"],
                "required_labels": ["security.scan", "build.date"],
            },
            "vulnerabilities": {
                "max_critical": 0,
                "max_high": 2,
                "max_medium": 10,
                "auto_fix": True,
            },
            "signing": {"required": True, "trusted_signers": ["myapp-signer"]},
            "size": {"max_size": 500_000_000, "max_layers": 20},
        }
    )
    settings = found.settings
    assert settings.allowed_registries == ("registry.example.com", "docker.io")
    assert settings.blocked_registries == ("untrusted-registry.com",)
    assert settings.required_labels == ("security.scan", "build.date")
    assert (settings.max_size, settings.max_layers) == (500_000_000, 20)


def test_settings_of_its_own(tmp_path: Path) -> None:
    text = """\
trusted_registries: [a.b]
secret_names: [PIN]
secret_files: ["*.vault"]
label_schema: {a.b/c: semver}
strict_labels: true
nonroot_bases: [example.com/app]
end_of_life: {"example.com/base:1": 2026-01-31}
require_reason: true
"""
    found = config.read(written(tmp_path, text))
    assert found.settings.trusted_registries == ("a.b",)
    assert found.settings.secret_names == ("PIN",)
    assert found.settings.secret_files == ("*.vault",)
    assert found.settings.label_schema == {"a.b/c": "semver"}
    assert found.settings.strict_labels
    assert found.settings.nonroot_bases == ("example.com/app",)
    assert found.settings.end_of_life == {"example.com/base:1": "2026-01-31"}
    assert found.settings.require_reason
    assert found.policy is None


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "{}\n", "\ufeffrules: {}\n"])
def test_a_file_that_says_nothing_changes_nothing(tmp_path: Path, text: str) -> None:
    found = config.read(written(tmp_path, text))
    assert not found.selection.severities
    assert found.fail_on == Severity.WARNING


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\nrulez: {}\n", "FILE:2: unknown key 'rulez': did you mean 'rules'?"),
        ("xyzzy: 1\n", "FILE:1: unknown key 'xyzzy': known are profile, rules, overrides"),
        ("rules:\n  sudo: off\n  rot-user: off\n", "FILE:3: unknown rule 'rot-user': did you mean"),
        (
            "rules:\n  sudo: fatal\n",
            "FILE:2: rules.sudo: input should be 'off', 'error', 'warning'",
        ),
        ("rules: [sudo]\n", "FILE:1: rules: input should be a valid dictionary"),
        ("overrides:\n- rules: {}\n  path: [x]\n", "unknown key 'path': did you mean 'paths'?"),
        (
            "overrides:\n- paths: []\n  rules: {}\n",
            "FILE:2: overrides.0: name paths, stages, both, or in_images",
        ),
        ("- rules\n", "FILE:1: not a mapping"),
        ("rules: {}\nrules: {}\n", "FILE:2: key 'rules' twice"),
        ("rules: {sudo: info, 'sudo': off}\n", "FILE:1: key 'sudo' twice"),
        ("rules: [\n", "not valid YAML"),
        ("rules: !!python/object/apply:os.system [ls]\n", "not valid YAML"),
        ("? [a]\n: b\n", "a key must be plain text"),
        ("image_security_policy:\n  size:\n    max_size: big\n", "FILE:3: "),
        ("image_security_policy:\n  size:\n    max_sise: 1\n", "did you mean 'max_size'?"),
        ("image_security_policy:\n  size: {max_layers: -1}\n", "greater than or equal to 0"),
        ("image_security_policy:\n  size: {max_layers: true}\n", "valid integer"),
        ("image_security_policy:\n  signing: {required: 'yes'}\n", "valid boolean"),
        ("fail_on: 3\n", "FILE:1: fail_on: "),
        ("trusted_registries: docker.io\n", "FILE:1: trusted_registries: "),
        ("profile: strickt\n", "FILE:1: profile: input should be 'default', 'strict' or 'sec"),
        ("locked:\n- sudo\n- rot-user\n", "FILE:3: unknown rule 'rot-user': did you mean"),
        ("rules: {sudo: off}\nlocked: [DL3004]\n", "FILE:2: DL3004 is locked and off"),
        ("require_reason: 1\n", "FILE:1: require_reason: input should be a valid boolean"),
        ("require_reson: true\n", "unknown key 'require_reson': did you mean 'require_reason'?"),
        ("label_schema: {a: numbr}\n", "FILE:1: label_schema.a: input should be 'text'"),
        ("end_of_life:\n  a: soon\n", "FILE:2: end_of_life.a: "),
        ("overrides:\n- stages: [a]\n  rules: {rot-user: off}\n", "FILE:3: unknown rule"),
        (b"rules: \xff\n", "FILE: not UTF-8 (byte 7)"),
        (b"\0", "not valid YAML"),
    ],
)
def test_faults_are_one_line_with_the_place(tmp_path: Path, text: str | bytes, line: str) -> None:
    assert line in fault(tmp_path, text)


def test_several_faults_name_the_first(tmp_path: Path) -> None:
    line = fault(tmp_path, "rules: {}\nzzz: 1\nyyy: 2\n")
    assert line.startswith("FILE:2: unknown key 'zzz'")
    assert line.endswith("(and 1 more)")


def test_a_folder_or_a_missing_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".dockgate.yaml").mkdir()
    with pytest.raises(UsageError, match=r"cannot read .*: (Is a directory|not a regular file)"):
        config.find(str(tmp_path / "Dockerfile"))
    with pytest.raises(UsageError, match=r"cannot read .*: No such file"):
        config.read(str(tmp_path / "other.yaml"))


def bomb() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        bomb(),
        "a: &a [*a]",
        "[" * 100_000,
        "{a: " * 100_000,
        "- " * 100_000,
        "".join(" " * i + "a:\n" for i in range(1200)),
        "a: 1\n" * 2 + "#" * MAX_YAML_BYTES,
        "rules: {" + ", ".join(f"a{i}: off" for i in range(30_000)) + "}",
    ],
    ids=["bomb", "cycle", "flow", "maps", "items", "block", "large", "many"],
)
def test_hostile_yaml_is_bounded(tmp_path: Path, text: str) -> None:
    fault(tmp_path, text)


def test_hadolint_config(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """\
ignored: [DL3004, DL9999, SC2086]
override:
  error: [DL3009]
  style: [DL3015]
trustedRegistries: [docker.io, "*.example.com"]
failure-threshold: info
disable-ignore-pragma: true
label-schema: {author: rawtext, version: semver}
strict-labels: true
format: json
no-color: true
""",
        ".hadolint.yaml",
    )
    found = config.read(path)
    levels = {rule.name: found.selection.severity(rule) for rule in all_rules().values()}
    assert levels["sudo"] is None
    assert levels["apt-lists-not-removed"] == Severity.ERROR
    assert levels["apt-recommends"] == Severity.STYLE
    assert found.settings.trusted_registries == ("docker.io", "*.example.com")
    assert found.fail_on == Severity.INFO
    assert not found.inline_ignores
    assert found.settings.label_schema == {"author": "text", "version": "semver"}
    assert found.settings.strict_labels
    assert found.notes == (f"{path}:10: format has no effect in dockgate",)
    (code,) = named("SC2086")
    assert found.selection.severities["SC2086"] is None
    assert found.selection.severity(code) is None


@pytest.mark.parametrize("text", ["failure-threshold: none", "no-fail: true"])
def test_hadolint_that_never_fails(tmp_path: Path, text: str) -> None:
    assert config.read(written(tmp_path, text, ".hadolint.yml")).fail_on is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("ignored: DL3006\n", "FILE:1: ignored: not a list of texts"),
        ("override: [x]\n", "FILE:1: override: not a mapping"),
        ("override:\n  error: {a: b}\n", "FILE:2: error: not a list"),
        ("label-schema: [a]\n", "FILE:1: label-schema: not a mapping"),
        ("failure-threshold: fatal\n", "use one of error, warning"),
        ("failure-threshold: [error]\n", "use one of error, warning"),
    ],
)
def test_hadolint_faults(tmp_path: Path, text: str, line: str) -> None:
    assert line in fault(tmp_path, text, ".hadolint.yaml")


def test_the_schema_knows_every_rule() -> None:
    schema = json_schema()
    names, codes = schema["properties"]["rules"]["propertyNames"]["anyOf"]
    assert set(all_rules()) <= set(names["enum"])
    assert re.search(codes["pattern"], "SC2086")
    assert set(schema["properties"]) == set(ConfigFile.model_fields)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("500MB", 500_000_000),
        ("1GiB", 1 << 30),
        ("1.5 gb", 1_500_000_000),
        ("0.5k", 500),
        ("7", 7),
        ("7B", 7),
        ("2M", 2_000_000),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "MB", "-1", "1XB", "1e3", "１MB", "1iB", "1 2", "9" * 30])
def test_sizes_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="not a size"):
        parse_size(text)


def test_human_sizes() -> None:
    assert [human_size(n) for n in (0, 999, 1000, 500_000_000)] == [
        "0B",
        "999B",
        "1.0kB",
        "500.0MB",
    ]
