"""The authorities and hosts that one batch has met, in the kernel's arrays; unusual ones are read by ada."""

from __future__ import annotations

import secrets
from functools import lru_cache

import ada_url
import numpy as np
import pyarrow as pa

from inlink.urls import authority_kernel as kernel
from inlink.urls.authority_kernel import I32, U8


class AuthorityTable:
    """Authorities and hosts by number. `state` is shared with the row kernel, which enters the plain ones itself."""

    def __init__(self, n_rows: int, state_size: int) -> None:
        n_first = min(2 * n_rows, 4096) + 2
        self.text = np.empty(64 * n_first, np.uint8)
        self.host_text = np.empty(24 * n_first, np.uint8)
        self.table = np.empty((n_first, kernel.AUTHORITY_COLUMNS), np.int64)
        self.host_offsets = np.zeros(n_first + 1, np.int32)
        self.slots, self.host_slots = _empty_slots(n_first), _empty_slots(n_first)
        self.state = np.zeros(state_size, np.int64)
        self.state[kernel.SEED] = secrets.randbits(62)

    @property
    def authorities(self) -> kernel.Authorities:
        """The arrays of the authorities, as the kernel takes them."""
        return self.slots, self.table, self.text

    @property
    def hosts(self) -> kernel.Hosts:
        """The arrays of the hosts, as the kernel takes them."""
        return self.host_slots, self.host_offsets, self.host_text

    @property
    def host_codes(self) -> I32:
        """The host of each authority, -1 where it is invalid."""
        n = int(self.state[kernel.N_AUTHORITIES])
        return self.table[:n, kernel.A_HOST].astype(np.int32)

    def make_room(self, n_bytes: int) -> None:
        """Makes room for one authority more, of n_bytes."""
        self.text = grown(self.text, int(self.state[kernel.TEXT_POS]) + 6 * n_bytes + 64)
        self.host_text = grown(self.host_text, int(self.state[kernel.HOST_POS]) + n_bytes + 64)
        n = len(self.table)
        if self.state[kernel.N_AUTHORITIES] == n:
            self.table = np.concatenate([self.table, np.empty_like(self.table), np.empty_like(self.table)])
            self.host_offsets = np.concatenate([self.host_offsets, np.zeros(2 * n, np.int32)])
            self.slots, self.host_slots = _empty_slots(3 * n), _empty_slots(3 * n)
            kernel.fill_slots(self.authorities, self.hosts, self.state)

    def enter(self, raw: U8, start: int, end: int, https: int) -> None:
        """Enters the authority raw[start:end] as ada reads it."""
        net, cuts = network_location(raw[start:end].tobytes(), https)
        self.make_room(end - start + len(net))
        span = (start, end, https)
        kernel.enter_authority(raw, span, frozen(net), cuts, self.authorities, self.hosts, self.state)

    def host_names(self) -> pa.StringArray:
        """The hosts by code."""
        n = int(self.state[kernel.N_HOSTS])
        text = self.host_text[: int(self.state[kernel.HOST_POS])]
        return pa.StringArray.from_buffers(n, pa.py_buffer(self.host_offsets[: n + 1]), pa.py_buffer(text))


@lru_cache(maxsize=1 << 14)
def network_location(raw: bytes, https: int) -> tuple[bytes, tuple[int, int, int, int]]:
    """(location, (its start, its host's start and end, its end)) of an authority as ada reads it; end -1: none."""
    scheme = "https" if https else "http"
    try:
        url = ada_url.URL(f"{scheme}://{raw.decode('utf-8', 'replace')}/")
    except ValueError:
        return b"", (0, 0, 0, -1)
    net = url.href[len(scheme) + 3 : -1]
    host_start = net.rfind("@") + 1
    return net.encode(), (0, host_start, host_start + len(url.hostname), len(net))


def _empty_slots(n: int) -> I32:
    """A table that n entries fill by half at most."""
    return np.full(1 << (2 * n).bit_length(), -1, np.int32)


def frozen(text: bytes) -> U8:
    """Bytes as a read-only array: the kernel is compiled for read-only inputs."""
    return np.frombuffer(text, np.uint8)


def grown(array: U8, need: int) -> U8:
    """The array with room for `need` bytes, twice its size at least; itself where it has that."""
    if need <= len(array):
        return array
    wider = np.empty(max(need, 2 * len(array)), np.uint8)
    wider[: len(array)] = array
    return wider
