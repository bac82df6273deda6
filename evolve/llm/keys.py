"""Keys: where they come from, and how they stay out of everything that is written down."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NoReturn

from evaluators.errors import UsageError

_MASK = "***"
_VARIABLES = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}
_SECRET_NAME = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?)(_ID)?$", re.IGNORECASE)
_SECRET_FORM = re.compile(r"(?=.*\d)[!-~]{16,}")
_WINDOW = 8  # characters in a row that give a key away; shorter keys are masked as a whole only
_STARS = "***"  # in a word: a key as providers quote it, its ends with stars between
_WORD = re.compile(r"\S+")
_LOGGERS = ("openai", "anthropic", "httpx", "httpx2", "httpcore", "httpcore2", "aiohttp", "LiteLLM")


class Secret:
    """A key that shows itself to `reveal` alone: not printed, pickled, copied or dumped."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        if not text or not text.isascii() or not text.isprintable() or " " in text:
            raise UsageError("a key must be one line of printable ASCII without blanks")
        self._text = text

    def reveal(self) -> str:
        """The key itself: for an SDK's constructor."""
        return self._text

    def __repr__(self) -> str:
        return _MASK

    def __str__(self) -> str:
        return _MASK

    def __format__(self, spec: str) -> str:
        return _MASK

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is neither pickled nor copied")


def find_key(
    provider: str,
    environ: Mapping[str, str],
    *,
    variable: str | None = None,
    file: Path | None = None,
    is_elsewhere: bool = False,
) -> Secret | None:
    """The key of a provider, or None when none is set.

    Args:
        provider: `openai`, `anthropic`, or one whose own variables litellm reads.
        environ: the environment.
        variable: the environment variable that the configuration names.
        file: the file that the configuration names.
        is_elsewhere: whether the calls go to a base URL of the user's: then the provider's usual
            variable is not read, so that no key goes to a server that it is not meant for.

    Raises:
        UsageError: what the configuration names is not there.
    """
    if file is not None:
        return _key_in(file)
    if variable is not None:
        if not environ.get(variable):
            raise UsageError(f"the environment variable {variable} is not set", "export it first")
        return Secret(environ[variable].strip())
    usual = None if is_elsewhere else environ.get(_VARIABLES.get(provider, ""))
    return Secret(usual.strip()) if usual else None


def usual_variable(provider: str) -> str | None:
    """The environment variable that holds a provider's key; None where litellm knows."""
    return _VARIABLES.get(provider)


def _key_in(file: Path) -> Secret:
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read the key file {file}: {type(error).__name__}") from None
    return Secret(text.strip())


def secrets_in(environ: Mapping[str, str]) -> list[Secret]:
    """Whatever in the environment looks like a key by name and form: litellm reads many of them."""
    named = (v.strip() for name, v in environ.items() if _SECRET_NAME.search(name))
    return [Secret(v) for v in named if _SECRET_FORM.fullmatch(v)]


class Scrubber:
    """Takes keys, and what gives a part of one away, out of texts. One per run, for all its keys.

    A key of fewer than 8 characters ("none", for a local server) hides nothing and is left alone.
    """

    def __init__(self, secrets: Iterable[Secret]) -> None:
        keys = {s.reveal() for s in secrets if len(s.reveal()) >= _WINDOW}
        self._keys = sorted(keys, key=len, reverse=True)
        self._windows = {part for key in keys for part in _windows(key)}
        self._log_filter = _LogFilter(self)

    def said(self, text: str) -> str:
        """A message for people: words that hold a part of a key are masked as a whole."""
        return _WORD.sub(lambda word: self._masked(word[0]), text)

    def exact(self, text: str) -> str:
        """A text that must stay as it is but for whole keys in it: a reply's."""
        for key in self._keys:
            text = text.replace(key, _MASK)
        return text

    def raw(self, body: bytes) -> bytes:
        """A body that must stay as it is but for whole keys in it."""
        for key in self._keys:
            body = body.replace(key.encode(), _MASK.encode())
        return body

    def guard_logs(self) -> None:
        """Scrub whatever the SDKs imported so far log from now on, at every level."""
        known = [n for n in logging.root.manager.loggerDict if n.split(".")[0] in _LOGGERS]
        for name in (*_LOGGERS, *known):  # a filter does not hold for the loggers below its own
            logging.getLogger(name).addFilter(self._log_filter)

    def _masked(self, word: str) -> str:
        tells = _STARS in word or any(part in word for part in self._windows)
        return _MASK if tells else word


def _windows(text: str) -> Iterator[str]:
    return (text[i : i + _WINDOW] for i in range(len(text) - _WINDOW + 1))


class _LogFilter(logging.Filter):
    def __init__(self, scrubber: Scrubber) -> None:
        super().__init__()
        self._scrubber = scrubber

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._scrubber.said(record.getMessage()), ()
        if record.exc_info:
            text = logging.Formatter().formatException(record.exc_info)
            record.exc_text, record.exc_info = self._scrubber.said(text), None
        return True
