"""What a user may tell the rules: plain values with the defaults, filled from the configuration."""

from __future__ import annotations


class Settings:
    """The settings that rules read; every subject carries one. Sizes are in bytes."""

    __slots__ = (
        "allowed_registries",
        "blocked_registries",
        "max_layers",
        "max_size",
        "required_labels",
        "secret_names",
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
        max_size: int | None = None,
        max_layers: int | None = None,
    ) -> None:
        self.trusted_registries = trusted_registries  #: empty: every registry is trusted
        self.allowed_registries = allowed_registries  #: the policy's; empty: all but the blocked
        self.blocked_registries = blocked_registries
        self.required_labels = required_labels
        self.secret_names = secret_names  #: further variable names that mean a secret
        self.max_size = max_size  #: None: the rules' own default
        self.max_layers = max_layers


DEFAULT_SETTINGS = Settings()
