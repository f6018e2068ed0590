"""Fetch the source of a real package from the package registry and make a git repository of it.

Usage: `python examples/fetch.py NAME DESTINATION`, where NAME is `Markdown`, `click`, `isodate` or `sqlparse`. The
archive is kept in `build/archives`, so that a second call needs no network; its digest is compared on every call. Only
the standard library and pip are used.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

ARCHIVES = {
    "Markdown": ("3.3.7", "cbb516f16218e643d8e0a95b309f77eb118cb138d39a4f27851e6a63581db874"),
    "click": ("7.1.2", "d2b5255c7c6349bc1bd1e59e08cd12acbbd63ce649f2588755783aa94dfb6b1a"),
    "isodate": ("0.6.1", "48c5881de7e8b0a0d648cb024c8062dc84e7b840ed81e864c7614fd3c127bde9"),
    "sqlparse": ("0.4.4", "d446183e84b8349fa3061f0fe7f06ca94ba65b426946ffebe6e3e8295332420c"),
}
CACHE = Path(__file__).resolve().parent.parent / "build" / "archives"
IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Example"), ("EMAIL", "example@localhost"), ("DATE", "2024-01-01T00:00:00+00:00"))
}


def digest_of(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def download(name: str, version: str, sha256: str) -> Path:
    """The package's source archive, from the cache or from the registry."""
    archive = CACHE / f"{name}-{version}.tar.gz"
    if archive.exists() and digest_of(archive) == sha256:
        return archive
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        # pip asks the package's own build script for its metadata. The digest in the list makes it compare first.
        wanted = Path(folder, "wanted.txt")
        wanted.write_text(f"{name}=={version} --hash=sha256:{sha256}\n", encoding="utf-8")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--no-binary", name, "--require-hashes", "--requirement", str(wanted), "--dest", folder]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        fetched = Path(folder, archive.name)
        if done.returncode != 0 or not fetched.exists():
            sys.exit(
                f"{done.stderr}\npip could not fetch {archive.name}. Is the package registry reachable? Try again."
            )
        if digest_of(fetched) != sha256:
            sys.exit(f"{archive.name} is not the archive this example was written for. Nothing was unpacked.")
        fetched.replace(archive)
    return archive


def unpack(archive: Path, destination: Path) -> None:
    """Write the archive's plain files below the destination, without the folder that holds them all."""
    with tarfile.open(archive) as opened:
        for member in opened:
            parts = PurePosixPath(member.name).parts[1:]
            content = opened.extractfile(member) if member.isfile() else None
            if content is None or not parts:
                continue
            target = destination.joinpath(*parts)
            if not target.resolve().is_relative_to(destination.resolve()):
                sys.exit(
                    f"{archive.name} holds {member.name!r}, which lies outside its folder. Nothing more is unpacked."
                )
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as written:
                shutil.copyfileobj(content, written)
            target.chmod(0o755 if member.mode & 0o100 else 0o644)


def fetch(name: str, destination: Path) -> None:
    """Make a repository with one commit, the same on every machine, out of the package's source archive."""
    if destination.exists() and any(destination.iterdir()):
        sys.exit(f"{destination} is not empty. Remove it or name another folder.")
    archive = download(name, *ARCHIVES[name])
    destination.mkdir(parents=True, exist_ok=True)
    unpack(archive, destination)
    environment = {**os.environ, **IDENTITY}
    message = f"{archive.name.removesuffix('.tar.gz')} as it was released"
    for arguments in (
        ["init", "--quiet", "--initial-branch=main", "--template="],
        ["-c", "core.autocrlf=false", "add", "--all", "--force"],
        ["-c", "commit.gpgSign=false", "commit", "--quiet", "--no-verify", f"--message={message}"],
    ):
        subprocess.run(["git", "-C", str(destination), *arguments], check=True, env=environment)


def main(arguments: list[str]) -> int:
    """Read the command line and say what was made."""
    match arguments:
        case [name, destination] if name in ARCHIVES:
            fetch(name, Path(destination))
            print(f"{name} {ARCHIVES[name][0]} is in {destination}, as a git repository with one commit.")
            return 0
        case _:
            print(f"usage: python {sys.argv[0]} {'|'.join(ARCHIVES)} DESTINATION", file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
