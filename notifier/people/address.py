"""A mail address as it is used: a plain ASCII local part, and the domain as A-labels.

The one law for the directory, config.toml and what leaves; notifier.mail besides looks at the result by itself.
"""

import re

# Narrower than RFC 5321: quoted local parts and rare marks are far likelier typing errors than addresses.
_LOCAL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_+%='-]|\.(?=[A-Za-z0-9_+%='-]))*")
_STRANGE = re.compile(r"[^A-Za-z0-9_+%='.-]+")
_LABEL = r"(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PLAIN_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_LOCAL_MAX, _ADDRESS_MAX = 64, 254  # octets, RFC 5321 section 4.5.3.1 and its erratum 1690
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


def half_width(text: str) -> str:
    """Return the text with full-width ASCII, as an input method leaves it (＠ ． ａ), in its usual width."""
    return text if text.isascii() else text.translate(_FULL_WIDTH)


def address(text: str) -> str:
    """Return the mail address with its domain in ASCII and lower case; raise ValueError with the reason.

    The local part must be plain ASCII. The domain may be an internationalised one: it is mapped by UTS 46,
    checked by IDNA 2008 (RFC 5891), and comes back as A-labels.
    """
    written = half_width(text.strip())
    local, at, domain = written.rpartition("@")
    if not at:
        raise _unusable(text, "it has no @")
    if not _LOCAL.fullmatch(local):
        strange = _STRANGE.search(local)
        what = (
            f"holds {_shown(strange[0])}, not ASCII letters and digits alone" if strange else "can't be used"
        )
        raise _unusable(text, f"the part before the @ {what}")
    if len(local) > _LOCAL_MAX:
        raise _unusable(text, f"the part before the @ is longer than {_LOCAL_MAX} characters")
    found = f"{local}@{_ascii_domain(domain, text)}"
    if len(found) > _ADDRESS_MAX:
        raise _unusable(text, f"it is longer than {_ADDRESS_MAX} characters")
    return found


def _ascii_domain(domain: str, text: str) -> str:
    lowered = domain.lower()
    if not _PLAIN_DOMAIN.fullmatch(lowered):
        import idna  # its tables take a moment, and few addresses need them

        if len(domain) > _ADDRESS_MAX:
            raise _unusable(text, "its domain is too long")
        try:
            lowered = idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")
        except UnicodeError as error:
            reason = "" if domain.isascii() else f" ({_printable(str(error))})"
            raise _unusable(text, f"its domain can't be used{reason}") from None
    labels = lowered.split(".")
    if len(labels) < 2 or "" in labels or labels[-1].isdigit():
        raise _unusable(text, "its domain can't be used")
    return lowered


def _unusable(text: str, reason: str) -> ValueError:
    return ValueError(f"{_shown(text)} is no mail address: {reason}")


def _shown(text: str) -> str:
    return f"“{_printable(text[:60])}{'…' if len(text) > 60 else ''}”"


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "�" for letter in text)
