"""Licences as packages state them, as SPDX names them.

https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/. What does not certainly mean an
SPDX licence stays a name: "BSD", say, is three of them.
"""

from __future__ import annotations

import re
from functools import lru_cache

#: Characters of an expression that is looked at.
_MAX_EXPRESSION = 300
_MAX_WORDS = 60

#: `GPL-2+` and `LGPL-2.1` as Debian writes them, `GPLv2+` as Fedora does.
_GNU = re.compile(r"(?i)(A?L?GPL|GFDL)-?v?(\d)(?:\.(\d))?(\+)?")
_GNU_VERSIONS = {
    "AGPL": {"3.0"},
    "GFDL": {"1.1", "1.2", "1.3"},
    "GPL": {"1.0", "2.0", "3.0"},
    "LGPL": {"2.0", "2.1", "3.0"},
}
_AND_OR = re.compile(r"(?i)\s(and|or)\s")
#: Other names that mean one licence.
_NAMES = {
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license version 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache-2": "Apache-2.0",
    "asl 2.0": "Apache-2.0",
    "the apache license, version 2.0": "Apache-2.0",
    "the apache software license, version 2.0": "Apache-2.0",
    "bsd-2-clause-simplified": "BSD-2-Clause",
    "2-clause bsd": "BSD-2-Clause",
    "3-clause bsd": "BSD-3-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "new bsd license": "BSD-3-Clause",
    "eclipse public license 2.0": "EPL-2.0",
    "eclipse public license v2.0": "EPL-2.0",
    "expat": "MIT",
    "mit license": "MIT",
    "the mit license": "MIT",
    "the mit license (mit)": "MIT",
    "isc license": "ISC",
    "isc license (iscl)": "ISC",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "mplv2.0": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
    "psf": "PSF-2.0",
    "the unlicense (unlicense)": "Unlicense",
}


@lru_cache(maxsize=4096)
def expression(stated: str) -> str:
    """The SPDX expression that is meant, in its canonical form; empty where none is."""
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    text = " ".join(stated.split())
    text = _name(text) or _joined(text) or text
    if not text or len(text) > _MAX_EXPRESSION or len(text.split()) > _MAX_WORDS:
        return ""
    try:
        found: str = canonicalize_license_expression(text)
    except (InvalidLicenseExpression, ValueError, RecursionError):
        return ""
    # another document's references mean nothing in this one
    return "" if "LicenseRef-" in found else found


def _name(text: str) -> str:
    return _NAMES.get(text.lower()) or _gnu(text)


def _joined(text: str) -> str:
    """`GPL-2+ and Expat` as Debian writes it; "" where a part is not known by another name.

    "and" binds more tightly than "or" there (copyright-format 1.0, section 7.2) as in SPDX; what
    a comma or a bracket changes is left as it is.
    """
    parts = _AND_OR.split(text)
    if len(parts) < 3 or any(char in text for char in ",()"):
        return ""
    return " ".join(
        part.upper() if number % 2 else _name(part) or part for number, part in enumerate(parts)
    )


def _gnu(text: str) -> str:
    match = _GNU.fullmatch(text)
    if match is None:
        return ""
    name, version = match[1].upper(), f"{match[2]}.{match[3] or '0'}"
    if version not in _GNU_VERSIONS[name]:
        return ""
    return f"{name}-{version}-{'or-later' if match[4] else 'only'}"


def is_single(found: str) -> bool:
    """Whether an expression is one licence's identifier."""
    return bool(found) and " " not in found and "(" not in found and not found.endswith("+")
