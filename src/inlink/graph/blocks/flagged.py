"""Which flags (index/flags.toml) make default views leave a domain out."""

from __future__ import annotations

LEFT_OUT = ("infrastructure", "hosting")  # what default views leave out


def is_left_out(flags: tuple[str, ...]) -> bool:
    """Whether default views leave out what has these flags."""
    return any(flag in LEFT_OUT for flag in flags)
