"""Where the files are that ship beside the package: templates, config.toml, seeds, deploy."""

from pathlib import Path


def share(*parts: str) -> Path:
    """Return the path of a shipped file or folder, such as ``share("templates", "digest.txt.j2")``.

    An installed wheel carries them in ``notifier/_share``; a checkout has them in the repository root.
    Raises FileNotFoundError when the installation lacks the one asked for.
    """
    package = Path(__file__).resolve().parent
    installed = package / "_share"
    path = (installed if installed.is_dir() else package.parent).joinpath(*parts)
    if not path.exists():
        raise FileNotFoundError(f"this installation of notifier is incomplete: {path} is missing")
    return path
