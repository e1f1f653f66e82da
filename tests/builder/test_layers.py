"""What layers bring and take away, the secrets in them, and what the rules say of both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dockgate.builder.layout import open_image
from dockgate.builder.scan import check_images

from .images import (
    TOKEN,
    Layout,
    error_of,
    in_one_tar,
    link,
    write_layout,
)

# -- the merged file system


def merged(tmp_path: Path, *layers: Any) -> dict[str, str]:
    layout = Layout(tmp_path)
    layout.index(layout.image(layers))
    return {p: entry.kind for p, (_, entry) in open_image(str(tmp_path)).final().items()}


def test_whiteouts(tmp_path: Path) -> None:
    seen = merged(
        tmp_path,
        {"a/b/c": "1", "a/b/d": "1", "a/e": "1", "x/y": "1", "x/z/deep": "1", "ab": "1", "k": "1"},
        {"a/b": None, "x/.wh..wh..opq": "", "x/new": "1", "k": None, "never": None},
    )
    assert set(seen) == {"a/e", "x/new", "ab"}


def test_whiteouts_hide_lower_layers_only(tmp_path: Path) -> None:
    seen = merged(
        tmp_path,
        {"d/old": "1", "f": "1"},
        {"d/new": "1", "d/.wh..wh..opq": "", "f": "2", ".wh.f": ""},
    )
    assert set(seen) == {"d/new", "f"}


def test_files_and_folders_change_places(tmp_path: Path) -> None:
    seen = merged(
        tmp_path,
        {"a/b/c": "1", "f": "1", "lib": link("usr/lib"), "g": "1"},
        {"a": "now a file", "f/": "", "f/x": "1", "lib/y": "1", "g/implied": "1"},
    )
    assert seen == {
        "a": "file",
        "f": "dir",
        "f/x": "file",
        "lib/y": "file",
        "g/implied": "file",
    }


def test_links_within_a_layer_are_followed(tmp_path: Path) -> None:
    seen = merged(
        tmp_path,
        {"usr/lib/": "", "lib": link("usr/lib"), "lib/x": "1", "loop": link("loop")},
    )
    assert "usr/lib/x" in seen
    assert "lib/x" not in seen


def test_root_and_dots(tmp_path: Path) -> None:
    seen = merged(tmp_path, {"./": "", "./a": "1", "/b": "1", "c//d/../e": "1", "../../f": "1"})
    assert set(seen) == {"a", "b", "c/e", "f"}


def test_whiteout_of_nothing(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    for name in ("d/.wh.", "d/.wh..", "d/.wh..."):
        layout.index(layout.image([{name: ""}]))
        assert "whiteout of nothing" in error_of(tmp_path)


def test_content_through_links(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    account = "app:x:5:5::/:/bin/sh\n"
    layout.index(
        layout.image(
            [
                {"etc/passwd": link("/nix/store/x/etc/passwd"), "nix/store/x/etc/passwd": account},
                {"etc/group": link("../private"), "private": "x"},
            ]
        )
    )
    image = open_image(str(tmp_path))
    assert image.content("etc/passwd") == account.encode()
    assert image.content("etc/os-release") is None
    with pytest.raises(LookupError):
        image.content("etc/group")


# -- secrets


def test_secrets_and_what_became_of_them(tmp_path: Path) -> None:
    env = f"GITHUB_TOKEN={TOKEN}\n"
    write_layout(
        tmp_path,
        [
            {"kept/.env": env, "deleted/.env": env, "replaced/.env": env, "gone/.env": env},
            {"deleted/.env": None, "replaced/.env": "x", "gone": None},
        ],
        {},
    )
    image = open_image(str(tmp_path))
    lower = image.layers[0]
    fates = {found.path: image.fate(lower, found.path) for found in lower.secrets}
    assert fates == {
        "kept/.env": "",
        "deleted/.env": "deleted",
        "replaced/.env": "replaced",
        "gone/.env": "deleted",
    }
    assert all(TOKEN not in repr(found) for found in lower.secrets)


def test_secrets_far_into_a_large_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dockgate.builder.layers.PIECE", 4096)
    monkeypatch.setattr("dockgate.linter.secret_search.file_search.OVERLAP", 512)
    lines = ["nothing to see here"] * 2000
    for number in (3, 199, 204, 1500, 1999):
        lines[number - 1] = f"token {TOKEN}"
    write_layout(tmp_path, [{"var/log/app.log": "\n".join(lines)}], {})
    found = open_image(str(tmp_path)).layers[0].secrets
    assert [one.secret.line for one in found] == [3, 199, 204, 1500, 1999]


def test_secrets_in_the_configuration(tmp_path: Path) -> None:
    other = TOKEN[:-1] + "Q"
    config = {
        "Env": ["PATH=/bin", f"GITHUB_TOKEN={TOKEN}"],
        "Labels": {"note": other},
        "history": [
            f"ENV GITHUB_TOKEN={TOKEN}",
            f"RUN |2 VERSION=1 KEY={TOKEN[:-1]}R /bin/sh -c make # buildkit",
            f"RUN /bin/sh -c curl -H 'Authorization: token {TOKEN[:-1]}T' https://x # buildkit",
            "RUN |1 DB_PASSWORD=correct-horse-7 /bin/sh -c make # buildkit",
            "/bin/sh -c #(nop)  ENV DB_PASSWORD=other-horse-8",
            "RUN /bin/sh -c make # buildkit",
        ],
    }
    write_layout(tmp_path, [{}] * 6, config)
    found = open_image(str(tmp_path)).config.secrets
    assert [where for where, _ in found] == [
        "Env GITHUB_TOKEN",
        "Label note",
        "History 2",
        "History 3",
        "History 4",
        "History 5",
    ]
    assert "horse" not in repr(found)
    assert TOKEN[6:] not in repr(found)


def test_secrets_in_what_the_image_starts(tmp_path: Path) -> None:
    """Images that were not made from a Dockerfile have no history that repeats it."""
    config = {
        "Entrypoint": ["/app", "--token", TOKEN],
        "Cmd": ["redis-cli", "-u", "redis://:correct-horse-7@cache"],
        "Healthcheck": {"Test": ["CMD-SHELL", f"curl -H 'Authorization: token {TOKEN[:-1]}T' x"]},
        "history": [f'ENTRYPOINT ["/app", "--token", "{TOKEN}"]'],
    }
    write_layout(tmp_path, [{}], config)
    found = open_image(str(tmp_path)).config.secrets
    assert [where for where, _ in found] == [
        "Command ENTRYPOINT", "Command CMD", "Command HEALTHCHECK",
    ]  # fmt: skip
    assert "horse" not in repr(found)


# -- rules over it


def test_findings_of_a_scan(tmp_path: Path) -> None:
    write_layout(tmp_path / "l", [{"a\n\x1b/.env": f"GITHUB_TOKEN={TOKEN}\n"}], {"User": "1"})
    image = open_image(str(tmp_path / "l"), name="app:1")
    (report,) = check_images([image])
    assert (report.name, report.digest, report.failures) == ("app:1", image.digest, [])
    secret = next(f for f in report.findings if f.rule.name == "image-secret-in-layer")
    assert secret.severity.label == "error"
    assert (secret.layer, secret.path) == (image.layers[0].digest, "a\\n\\x1b/.env")
    assert all(f.message.isprintable() and TOKEN not in f.message for f in report.findings)


def test_a_user_that_cannot_be_looked_up_is_a_failure(tmp_path: Path) -> None:
    write_layout(tmp_path, [{"etc/passwd": link("../x"), "x": "app:x:0:0::/:"}], {"User": "app"})  # type: ignore[dict-item]
    (report,) = check_images([open_image(str(tmp_path))])
    said = "rule image-root-user failed: LookupError: /etc/passwd leads to /x, which cannot be read"
    assert said in report.failures


LAYERS_THAT_HIDE_NOTHING = {
    "a file that becomes a folder": in_one_tar({"d": "2"}, {"d/": "", "d/new": "2"}),
    "a link that becomes a folder": in_one_tar({"d": link("e")}, {"d/": ""}),
    "a whiteout that becomes a folder": in_one_tar({"d": None}, {"d/": "", "d/new": "2"}),
    "a whiteout that lies elsewhere": in_one_tar(
        {"e/": "", "d": link("e"), "d/below": None}, {"d/": ""}
    ),
    "the root is opaque": in_one_tar({".wh..wh..opq": "", "d/new": "2"}),
}


@pytest.mark.parametrize("layer", list(LAYERS_THAT_HIDE_NOTHING))
def test_what_overlayfs_still_shows(tmp_path: Path, layer: str) -> None:
    seen = merged(tmp_path, {"d/": "", "d/below": "1"}, LAYERS_THAT_HIDE_NOTHING[layer])
    assert "d/below" in seen


def test_a_hard_link_to_a_link_is_one(tmp_path: Path) -> None:
    seen = merged(tmp_path, {"data/": "", "s": link("data"), "t": link("s", hard=True), "t/in": ""})
    assert "data/in" in seen
    assert "t/in" not in seen
