"""What a user may tell the rules: plain values with the defaults, filled from the configuration."""

from __future__ import annotations

from collections.abc import Mapping


class Settings:
    """The settings that rules read; every subject carries one. Sizes are in bytes."""

    __slots__ = (
        "allowed_registries",
        "blocked_registries",
        "end_of_life",
        "label_schema",
        "max_layers",
        "max_size",
        "nonroot_bases",
        "require_reason",
        "required_labels",
        "secret_files",
        "secret_names",
        "strict_labels",
        "today",
        "trusted_registries",
    )

    def __init__(
        self,
        *,
        trusted_registries: tuple[str, ...] = (),
        allowed_registries: tuple[str, ...] = (),
        blocked_registries: tuple[str, ...] = (),
        required_labels: tuple[str, ...] = (),
        secret_names: tuple[str, ...] = (),
        secret_files: tuple[str, ...] = (),
        max_size: int | None = None,
        max_layers: int | None = None,
        label_schema: Mapping[str, str] | None = None,
        strict_labels: bool = False,
        end_of_life: Mapping[str, str] | None = None,
        today: str = "",
        nonroot_bases: tuple[str, ...] = (),
        require_reason: bool = False,
    ) -> None:
        self.trusted_registries = trusted_registries  #: empty: every registry is trusted
        self.allowed_registries = allowed_registries  #: the policy's; empty: all but the blocked
        self.blocked_registries = blocked_registries
        self.required_labels = required_labels
        self.secret_names = secret_names  #: further variable names that mean a secret
        #: globs of further files that hold one: the end of a path; `*` is anything but `/`
        self.secret_files = secret_files
        self.max_size = max_size  #: None: the rules' own default
        self.max_layers = max_layers
        #: labels that an image is to have, each with the format of its value (subjects/labels.py)
        self.label_schema: Mapping[str, str] = label_schema or {}
        self.strict_labels = strict_labels  #: labels beside those of the schema are findings
        #: further ends of support, `image:branch` -> YYYY-MM-DD; they go before the known ones
        self.end_of_life: Mapping[str, str] = end_of_life or {}
        self.today = today  #: YYYY-MM-DD; "": the clock's, in UTC
        self.nonroot_bases = nonroot_bases  #: further images whose own user is not root
        self.require_reason = require_reason  #: a comment that gives no reason ignores nothing


DEFAULT_SETTINGS = Settings()
