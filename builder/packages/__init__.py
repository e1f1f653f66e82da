"""What software is in an image: one module for each kind of package, `inventory` for all."""

from __future__ import annotations

#: Modules with `reader(settings: Settings) -> Reader` and `packages(image: Image) ->
#: Iterable[Package]`. All are readers of every scan: builder/readers.py takes them from here.
MODULES = (
    "dockgate.builder.packages.dpkg",
    "dockgate.builder.packages.apk",
    "dockgate.builder.packages.rpm",
    "dockgate.builder.packages.pypi",
    "dockgate.builder.packages.conda",
    "dockgate.builder.packages.npm",
    "dockgate.builder.packages.gem",
    "dockgate.builder.packages.composer",
    "dockgate.builder.packages.nuget",
    "dockgate.builder.packages.maven",
    "dockgate.builder.packages.executables",
    "dockgate.builder.packages.locks",
    "dockgate.builder.packages.owners",
)
