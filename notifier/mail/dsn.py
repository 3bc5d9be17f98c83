"""Delivery status notifications (RFC 3461): which mail a bounce is about, told to servers that offer DSN."""

_MOST_ENVID = 100  # characters, RFC 3461 section 4.4
_MOST_ORCPT = 500  # section 4.2


def envelope_id(message_id: str) -> str:
    """Return what a bounce quotes as Original-Envelope-Id: the Message-ID without brackets and domain.

    `<20180530.4f1c…@example.org>` has `20180530.4f1c…`; it is as stable and as unique as the Message-ID.
    """
    return message_id.strip().removeprefix("<").removesuffix(">").rpartition("@")[0]


def mail_options(message_id: str) -> list[str]:
    """Return the parameters of MAIL: a bounce brings back the headers alone, and the envelope's id."""
    envid = xtext(envelope_id(message_id))
    return ["RET=HDRS", f"ENVID={envid}"] if 0 < len(envid) <= _MOST_ENVID else ["RET=HDRS"]


def rcpt_options(address: str) -> list[str]:
    """Return the parameters of RCPT: tell of failure and delay, never of success, and name the address as we had it."""
    orcpt = f"rfc822;{xtext(address)}"
    told = ["NOTIFY=FAILURE,DELAY"]
    return [*told, f"ORCPT={orcpt}"] if len(orcpt) <= _MOST_ORCPT else told


def xtext(text: str) -> str:
    """Return text as RFC 3461 section 4 writes it: what isn't printable ASCII, `+` and `=` as `+` and two digits."""
    return "".join(
        chr(octet) if 33 <= octet <= 126 and octet not in b"+=" else f"+{octet:02X}"
        for octet in text.encode()
    )
