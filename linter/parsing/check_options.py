"""The value of `# check=`, as BuildKit reads it (moby/buildkit `frontend/dockerfile/linter`)."""

from __future__ import annotations

from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.dockerfile import Dockerfile

ALL = "all"
#: BuildKit's checks; those of the second line only where they are asked for.
CHECKS = frozenset(
    """ConsistentInstructionCasing CopyIgnoredFile DuplicateStageName ExposeInvalidFormat
    ExposeProtoCasing FromAsCasing FromPlatformFlagConstDisallowed InvalidBaseImagePlatform
    InvalidDefaultArgInFrom JSONArgsRecommended LegacyKeyValueFormat MaintainerDeprecated
    MultipleInstructionsDisallowed NoEmptyContinuation RedundantTargetPlatform ReservedStageName
    SecretsUsedInArgOrEnv StageNameCasing UndefinedArgInFrom UndefinedVar
    WorkdirRelativePath""".split()  # noqa: SIM905
)
EXPERIMENTAL = frozenset({"InvalidDefinitionDescription"})
#: What Go's strconv.ParseBool takes.
_BOOLEANS = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False),
}


class CheckOptions(NamedTuple):
    """What the directive says; names as written, `all` among them."""

    skip: tuple[str, ...] = ()
    experimental: tuple[str, ...] = ()
    error: bool = False  #: a finding fails the build


def parse(value: str) -> CheckOptions:
    """The options of a directive's value, which ends at the first blank; ValueError."""
    value = value.partition(" ")[0].strip()
    options = CheckOptions()
    if not value:
        return options
    for part in value.split(";", 2):
        key, equals, given = part.partition("=")
        key, given = key.strip(), given.strip()
        names = tuple(name.strip() for name in given.split(","))
        if not equals:
            raise ValueError(f'invalid check option "{part}"')
        if key == "skip":
            options = options._replace(skip=names)
        elif key == "experimental":
            options = options._replace(experimental=names)
        elif key != "error":
            raise ValueError(f'invalid check option "{key}"')
        elif given not in _BOOLEANS:
            raise ValueError(f'failed to parse check option "{part}": write true or false')
        else:
            options = options._replace(error=_BOOLEANS[given])
    return options


def of(dockerfile: Dockerfile) -> CheckOptions:
    """The options of a file; the empty ones where it has none, or none that can be read."""
    for directive in dockerfile.directives:
        if directive.name == "check":
            try:
                return parse(directive.value)
            except ValueError:
                break  # told by the validation
    return CheckOptions()
