"""`package` probes: whether a release is in an index on the web (PEP 503, PEP 691) or in a folder."""

from __future__ import annotations

import asyncio
import json
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import cast
from urllib.parse import quote, unquote, urlsplit

from surefoot.core.event_words import Applied
from surefoot.core.probe_kinds import PackageProbe
from surefoot.core.record import record
from surefoot.ports import Commands
from surefoot.probes.addresses import Address, shown, whole
from surefoot.probes.http_client import FAILURES, Response, fetch, is_web
from surefoot.probes.reply import ProbeReply

_ACCEPT = {"Accept": "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"}
_ARCHIVES = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip")
_FILE_URL = "file://"


@record(kw_only=False)
class _Release:
    """The release that is looked for."""

    name: str
    version: str

    def names_project(self, file: str) -> bool:
        """Tell whether a file is one of the project's releases."""
        return any(True for _ in self._versions_of(file))

    def names(self, file: str) -> bool:
        """Tell whether a file is of this release."""
        return any(_same_version(version, self.version) for version in self._versions_of(file))

    def _versions_of(self, file: str) -> Iterator[str]:
        """Yield what may be the version: in old names of source distributions a hyphen may stand for anything."""
        from packaging.utils import canonicalize_name

        if file.endswith(".whl"):
            name, _, rest = file.partition("-")
            if canonicalize_name(name) == canonicalize_name(self.name):
                yield rest.partition("-")[0]
        stem = next((file.removesuffix(ending) for ending in _ARCHIVES if file.endswith(ending)), "")
        parts = stem.split("-")
        for at in range(1, len(parts)):
            if canonicalize_name("-".join(parts[:at])) == canonicalize_name(self.name):
                yield "-".join(parts[at:])


async def ask_package(kind: PackageProbe, commands: Commands) -> ProbeReply:
    """Look for a file of the release; a page or a folder without one is *not applied*."""
    try:
        address = whole(kind.index)
    except (LookupError, ValueError) as error:
        return ProbeReply(answer=Applied.UNKNOWN, text=f"index: {error.args[0]}")
    release = _Release(kind.package, kind.version)
    what = f"{kind.package} {kind.version}"
    if is_web(address.text):
        return await asyncio.to_thread(_ask_web, release, what, address, commands)
    path = address.text.removeprefix(_FILE_URL)
    folder = commands.root / (unquote(path) if path != address.text else path)
    try:
        answer, text = await asyncio.to_thread(_ask_folder, release, folder)
    except OSError as error:
        answer, text = Applied.UNKNOWN, f"{folder} cannot be read: {error.strerror}"
    return ProbeReply(answer=answer, text=f"{what}: {text}")


def _ask_folder(release: _Release, folder: Path) -> tuple[Applied, str]:
    """Look into the folder, and into the folders of the project in it, if it is laid out by project."""
    from packaging.utils import canonicalize_name

    name = canonicalize_name(release.name)
    inner = [path for path in folder.iterdir() if canonicalize_name(path.name) == name and path.is_dir()]
    files = [path for place in (folder, *inner) for path in sorted(place.iterdir()) if release.names(path.name)]
    if not files:
        return Applied.NOT_APPLIED, f"no file of it in {folder}"
    broken = [path for path in files if not _is_whole(path)]
    if broken:
        return Applied.UNKNOWN, f"{broken[0]} is not a whole file"
    return Applied.APPLIED, f"{files[0]} is there"


def _is_whole(path: Path) -> bool:
    """Tell whether an archive can be read to its end: a copy that was cut short is no release."""
    try:
        if path.suffix in {".whl", ".zip"}:
            with zipfile.ZipFile(path) as archive:
                return archive.testzip() is None
        with tarfile.open(path) as archive:
            return all(True for _ in archive)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, ValueError):
        return False


def _ask_web(release: _Release, what: str, address: Address, commands: Commands) -> ProbeReply:
    from packaging.utils import canonicalize_name

    root = address.text.rstrip("/") + "/"
    page = f"{root}{quote(canonicalize_name(release.name), safe='')}/"
    place = address.masker.text(shown(page))
    try:
        response = fetch(page, headers=_ACCEPT)
        evidence = commands.store(
            address.masker.content(f"GET {place}\n{response.status}\n\n".encode() + response.body)
        )
        answer, text = _judged(release, response, root)
    except FAILURES as error:
        evidence, answer = None, Applied.UNKNOWN
        text = address.masker.text(str(error)) or type(error).__name__
    return ProbeReply(answer=answer, text=f"{what}: {place}: {text}", evidence=evidence)


def _judged(release: _Release, response: Response, root: str) -> tuple[Applied, str]:
    if response.status == 404:
        # That holds of a project nobody has released yet, and of any address that is no index.
        if fetch(root, "HEAD", _ACCEPT).status in {200, 405}:
            return Applied.NOT_APPLIED, "the index has no such project"
        return Applied.UNKNOWN, "status 404, and there is no index above it"
    if response.status != 200:
        return Applied.UNKNOWN, f"status {response.status}"
    if response.kind.endswith("json"):
        files, versions = _listed(response.body)
        is_project = True
    else:
        links = _Links()
        links.feed(response.body.decode("utf-8", "replace"))
        links.close()
        files, versions = [unquote(urlsplit(link).path).rpartition("/")[2] for link in links.found], []
        is_project = any(map(release.names_project, files))
    if any(map(release.names, files)) or any(_same_version(version, release.version) for version in versions):
        return Applied.APPLIED, "the release is there"
    if not is_project:
        return Applied.UNKNOWN, "the page names no file of the project"
    return Applied.NOT_APPLIED, f"no file of the release among {len(files)}"


def _listed(body: bytes) -> tuple[list[str], list[str]]:
    """Return files and versions of a page in JSON.

    Raises:
        ValueError: it is none.
    """
    try:
        page = json.loads(body)
        files = [str(file["filename"]) for file in page["files"]]
        return files, [str(version) for version in cast("Iterable[object]", page.get("versions", ()))]
    except (TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(f"its JSON is no page of an index: {error}") from error


class _Links(HTMLParser):
    """Collects where a page's links lead."""

    def __init__(self) -> None:
        """Begin without links."""
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the target of a link."""
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value]


def _same_version(found: str, wanted: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(found) == Version(wanted)
    except InvalidVersion:
        return found == wanted
