"""Names: what the kernel accepts as one, and how one is shown without harm.

Host text is held as `str` decoded from UTF-8 with surrogateescape: lossless, and never fit to print as it is.
"""

import unicodedata

LONGEST_LINK_NAME = 15
"""Bytes: IFNAMSIZ less the closing NUL."""
LONGEST_ALTNAME = 127
"""Bytes: ALTIFNAMSIZ less the closing NUL."""

_KERNEL_SPACES = frozenset(b"\t\n\v\f\r \xa0")
"""isspace() in the kernel works on bytes of Latin-1 (lib/ctype.c): so `à`, whose second byte is a0, is refused."""

_INVISIBLE = frozenset(
    [0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10)]
)
"""Printable to Python, yet nothing is seen: fillers and variation selectors (Unicode: Default_Ignorable_Code_Point)."""


def link_name_problem(name: str) -> str | None:
    """Why the kernel would refuse this as a link's name; None: it would not.

    Source: dev_valid_name() and dev_prep_valid_name() in net/core/dev.c.
    """
    raw = raw_bytes(name)
    if not raw:
        return "a name needs at least one byte"
    if len(raw) > LONGEST_LINK_NAME:
        return f"{len(raw)} of {LONGEST_LINK_NAME} bytes"
    if raw in (b".", b".."):
        return f"'{name}' is not a name"
    for byte in raw:
        if byte in b"/:\0" or byte in _KERNEL_SPACES:
            return f"the kernel refuses {_byte_word(byte)} in a name"
    if b"%" in raw:
        return "the kernel reads % as a template for a number"
    return None


def altname_problem(name: str) -> str | None:
    """Why the kernel would refuse this as an altname; None: it would not. An altname may hold nearly anything."""
    raw = raw_bytes(name)
    if not raw:
        return "a name needs at least one byte"
    if len(raw) > LONGEST_ALTNAME:
        return f"{len(raw)} of {LONGEST_ALTNAME} bytes"
    if 0 in raw:
        return "the kernel refuses a NUL in a name"
    return None


def display_name(text: str) -> str:
    """Host text made safe for a terminal, on one line: what cannot be seen, or would act, is shown as an escape.

    Control characters, ESC, line and bidirectional controls, zero-width characters, and bytes that are no UTF-8
    become `\\n`, `\\x1b`, `\\u202e` ... Letters of every script, wide ones too, stay as they are. It is still no
    markup: hand it to rich or Textual as Text or Content.
    """
    if text.isascii() and text.isprintable():
        return text
    shown = "".join(char if _is_visible(char) else _escape(char) for char in text)
    if unicodedata.combining(shown[0]):
        return _escape(shown[0]) + shown[1:]
    return shown


def is_plain(text: str) -> bool:
    """Whether a name can be shown, and typed back, as it is."""
    return bool(text) and display_name(text) == text


def json_text(text: str) -> str:
    """Host text for JSON: as the kernel has it, but each byte that is no UTF-8 becomes the four characters `\\xff`."""
    if is_utf8(text):
        return text
    return "".join(_escape(char) if "\ud800" <= char <= "\udfff" else char for char in text)


def is_utf8(text: str) -> bool:
    """Whether the bytes behind this text are UTF-8."""
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def hex_form(text: str) -> str:
    """All the bytes of a name, as hexadecimal digits."""
    return raw_bytes(text).hex()


def from_hex(digits: str) -> str | None:
    """The name whose bytes these are; None where they are no hexadecimal digits."""
    try:
        return bytes.fromhex(digits).decode("utf-8", "surrogateescape")
    except ValueError:
        return None


def raw_bytes(text: str) -> bytes:
    """The bytes of a name, as the kernel has them."""
    return text.encode("utf-8", "surrogateescape")


def _is_visible(char: str) -> bool:
    return char.isprintable() and ord(char) not in _INVISIBLE and not 0xE0100 <= ord(char) <= 0xE01EF


def _escape(char: str) -> str:
    code = ord(char)
    if char in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[char]
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _byte_word(byte: int) -> str:
    if byte in b"/:":
        return f"'{chr(byte)}'"
    return "a space" if byte == 0x20 else f"the byte {byte:02x}"
