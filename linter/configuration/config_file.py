"""`.dockgate.yaml`: its model, and how it becomes a `Config`. Unknown keys are errors."""

from __future__ import annotations

import os
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
    model_validator,
)

from dockgate.linter import profiles
from dockgate.linter.config import DEFAULT_FAIL_ON, Config, known_names, suggestion
from dockgate.linter.configuration.levels import locks, override, severities
from dockgate.linter.configuration.sizes import parse_size
from dockgate.linter.configuration.strict_yaml import Document, Key, load
from dockgate.linter.engine import SHELLCHECK, Selection
from dockgate.linter.errors import UsageError
from dockgate.linter.secret_search.identity import MIN_SALT
from dockgate.rules.rule import Severity
from dockgate.rules.settings import Settings


def _level(value: Any) -> Any:
    return "off" if value is False else value  # YAML 1.1 reads a bare `off` as false


def _size(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("write a size such as 500MB, 1GiB or a number of bytes")
    return parse_size(str(value))


def _below(value: Any) -> Any:
    if isinstance(value, str) and (os.path.isabs(value) or ".." in value.split("/")):
        raise ValueError("write a path below the folder of this file")
    return value


Level = Annotated[Literal["off", "error", "warning", "info", "style"], BeforeValidator(_level)]
Size = Annotated[int, BeforeValidator(_size, json_schema_input_type=int | str)]
Count = Annotated[StrictInt, Field(ge=0)]
LabelFormat = Literal["text", "url", "semver", "hash", "rfc3339", "spdx", "email"]
Names = tuple[StrictStr, ...]
AllowHash = Annotated[StrictStr, Field(pattern=r"^[0-9a-f]{32}$")]
Below = Annotated[StrictStr, BeforeValidator(_below)]
NEVER = "never"  #: the `fail_on` of who only wants to be told


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BaseImagePolicy(_Model):
    """What an image may be built on, and the labels it must carry."""

    allowed_registries: Names = Field(default=(), description="Empty: all but the blocked ones.")
    blocked_registries: Names = ()
    required_labels: Names = ()


class VulnerabilityIgnore(_Model):
    """A known vulnerability that is accepted, and why."""

    id: StrictStr = Field(description="A CVE or another name of it.")
    package: StrictStr = Field(default="", description="Empty: any package.")
    expires: date | None = Field(default=None, description="The last day on which it holds.")
    reason: Annotated[StrictStr, Field(min_length=1)]


class VulnerabilityPolicy(_Model):
    """How many known vulnerabilities of each band an image may have; null: any number."""

    max_critical: Count | None = None
    max_high: Count | None = None
    max_medium: Count | None = None
    max_data_age: Annotated[StrictInt, Field(ge=1)] = Field(
        default=7, description="Days; with older vulnerability data nothing is accepted."
    )
    unrated: Literal["undecided", "critical", "high", "medium", "low"] = Field(
        default="undecided", description="What a vulnerability that nobody has rated counts as."
    )
    ignore: tuple[VulnerabilityIgnore, ...] = ()
    auto_fix: StrictBool = Field(
        default=False, description="Update packages that have a known fix."
    )


class SigningPolicy(_Model):
    """Whether an image must be signed, and by whom."""

    required: StrictBool = False
    trusted_signers: Names = ()


class SizePolicy(_Model):
    """How large an image may be; null: any size."""

    max_size: Size | None = Field(default=None, description="500MB, 1GiB or a number of bytes.")
    max_layers: Count | None = None


class ImageSecurityPolicy(_Model):
    """`image_security_policy`: what is refused."""

    base_image: BaseImagePolicy = BaseImagePolicy()
    vulnerabilities: VulnerabilityPolicy = VulnerabilityPolicy()
    signing: SigningPolicy = SigningPolicy()
    size: SizePolicy = SizePolicy()


class SecretsModel(_Model):
    """Values that look like secrets and are none."""

    salt: Annotated[StrictStr, Field(min_length=MIN_SALT)] | Literal[""] = Field(
        default="", description="Random text of 16 characters or more: findings tell their hash."
    )
    allow: tuple[AllowHash, ...] = Field(
        default=(), description="Hashes, as findings tell them, of values that are no secrets."
    )

    @model_validator(mode="after")
    def _salted(self) -> Self:
        if self.allow and not self.salt:
            raise ValueError("write the salt that the hashes in allow were made with")
        return self


class OverrideModel(_Model):
    """Severities for some files, for some stages, or for some places in images."""

    paths: Names = Field(
        default=(), description="Globs as in .gitignore, relative to this file's folder."
    )
    stages: Names = Field(
        default=(), description="Names of stages, as globs, or their numbers from 0."
    )
    in_images: Names = Field(
        default=(), description="Paths in images, as globs like those of .gitignore."
    )
    rules: dict[StrictStr, Level]


class ConfigFile(_Model):
    """The whole of `.dockgate.yaml`."""

    profile: Literal["default", "strict", "security"] = Field(
        default="default", description="Which rules run where nothing else is said."
    )
    rules: dict[StrictStr, Level] = Field(default={}, description="By name or a peer's code.")
    overrides: tuple[OverrideModel, ...] = ()
    locked: Names = Field(
        default=(),
        description="Rules that no comment ignores and no nearer configuration makes milder.",
    )
    require_reason: StrictBool = Field(
        default=False, description="A comment without a reason ignores nothing and is a finding."
    )
    shellcheck: StrictBool = Field(
        default=False, description="Run ShellCheck over shell scripts (dockgate[shellcheck])."
    )
    trusted_registries: Names = ()
    secret_names: Names = Field(
        default=(), description="Further variable names that mean a secret."
    )
    secret_files: Names = Field(
        default=(), description="Further files that hold a secret: ends of paths, as globs."
    )
    secrets: SecretsModel = SecretsModel()
    label_schema: dict[StrictStr, LabelFormat] = Field(
        default={}, description="Labels that an image is to have, each with the form of its value."
    )
    strict_labels: StrictBool = Field(
        default=False, description="Labels beside those of label_schema are findings."
    )
    nonroot_bases: Names = Field(
        default=(), description="Further images that run as somebody else than root."
    )
    end_of_life: dict[StrictStr, date] = Field(
        default={}, description="Further ends of support: image:branch and a day."
    )
    fail_on: Literal["error", "warning", "info", "style", "never"] | None = Field(
        default=None, description="The severity from which on lint exits with 1."
    )
    inline_ignores: StrictBool = Field(
        default=True, description="Whether comments in Dockerfiles ignore findings."
    )
    baseline: Below = Field(
        default="", description="A file of accepted findings, relative to this file's folder."
    )
    image_security_policy: ImageSecurityPolicy | None = None


def read_file(path: str) -> Config:
    """The configuration in a `.dockgate.yaml`. Raises UsageError: file, line, what to do."""
    return from_document(load(path))


def from_document(document: Document) -> Config:
    """As `read_file`, of a file that has been loaded."""
    model = validate(ConfigFile, document)
    levels = severities(model.rules, document, ("rules",))
    return Config(
        selection=Selection(
            severities=levels,
            enabled=frozenset({SHELLCHECK}) if model.shellcheck else frozenset(),
            locked=locks(model.locked, levels, document),
            profile=profiles.profile(model.profile),
        ),
        settings=_settings(model),
        fail_on=_threshold(model.fail_on),
        policy=model.image_security_policy,
        inline_ignores=model.inline_ignores,
        overrides=tuple(
            override(entry, document, index) for index, entry in enumerate(model.overrides)
        ),
        path=document.path,
        baseline=_beside(document.path, model.baseline),
    )


def _beside(path: str, name: str) -> str:
    """A file that the configuration in `path` names."""
    return os.path.join(os.path.dirname(os.path.abspath(path)), name) if name else ""


def _threshold(name: str | None) -> Severity | None:
    if name is None:
        return DEFAULT_FAIL_ON
    return None if name == NEVER else Severity.parse(name)


def _settings(model: ConfigFile) -> Settings:
    limits = model.image_security_policy or ImageSecurityPolicy()
    return Settings(
        trusted_registries=model.trusted_registries,
        secret_names=model.secret_names,
        secret_files=model.secret_files,
        secret_salt=model.secrets.salt,
        secret_allow=model.secrets.allow,
        label_schema=model.label_schema,
        strict_labels=model.strict_labels,
        end_of_life={name: day.isoformat() for name, day in model.end_of_life.items()},
        nonroot_bases=model.nonroot_bases,
        require_reason=model.require_reason,
        allowed_registries=limits.base_image.allowed_registries,
        blocked_registries=limits.base_image.blocked_registries,
        required_labels=limits.base_image.required_labels,
        max_size=limits.size.max_size,
        max_layers=limits.size.max_layers,
    )


def json_schema() -> dict[str, Any]:
    """The JSON schema of `.dockgate.yaml`, for editors: rules' names included."""
    schema = ConfigFile.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "dockgate configuration"
    names = {"anyOf": [{"enum": known_names()}, {"pattern": "^SC[0-9]{4}$"}]}
    schema["properties"]["rules"]["propertyNames"] = names
    schema["$defs"]["OverrideModel"]["properties"]["rules"]["propertyNames"] = names
    return schema


def validate(model: type[ConfigFile], document: Document) -> ConfigFile:
    """The document as `model`. Raises UsageError for the first fault, in the file's order."""
    try:
        return model.model_validate(document.value)
    except ValidationError as error:
        faults = [(document.where(_key(e["loc"])), e) for e in error.errors(include_url=False)]
        place, fault = min(faults, key=_first)
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise UsageError(f"{place}: {_told(model, fault)}{more}") from None


def _first(fault: tuple[str, Any]) -> tuple[bool, int]:
    """By line; what is missing last, for it mostly stands there misspelt."""
    place, error = fault
    return error["type"] == "missing", int(place.rpartition(":")[2])


def _key(location: tuple[str | int, ...]) -> Key:
    return tuple(part for part in location if part != "[key]")


def _told(model: type[BaseModel], fault: Any) -> str:
    location = _key(fault["loc"])
    name = ".".join(str(part) for part in location)
    if fault["type"] == "extra_forbidden":
        known = _fields(model, location[:-1])
        near = suggestion(str(location[-1]), known) or f": known are {', '.join(known)}"
        return f"unknown key {location[-1]!r}{near}"
    message = fault["msg"].removeprefix("Value error, ")
    return f"{name}: {message[:1].lower()}{message[1:]}"


def _fields(model: type[BaseModel], location: Key) -> list[str]:
    """The known keys at a place of the file."""
    schema = model.model_json_schema()
    at: Any = schema
    for part in location:
        at = _resolve(schema, at)
        at = at.get("items", {}) if isinstance(part, int) else at.get("properties", {}).get(part)
        if at is None:
            return []
    return list(_resolve(schema, at).get("properties", {}))


def _resolve(schema: Any, node: Any) -> Any:
    for choice in node.get("anyOf", ()):
        if "$ref" in choice:
            node = choice
    reference = node.get("$ref", "")
    return schema["$defs"][reference.rpartition("/")[2]] if reference else node


def policy_as_written(policy: ImageSecurityPolicy) -> str:
    """The policy as YAML in the shape of the file, every default filled in."""
    import yaml

    value = {"image_security_policy": policy.model_dump(mode="json")}
    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True))
