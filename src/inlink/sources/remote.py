"""Files on servers. Imported by functions that were given an address: the HTTP client takes longer to load than most
questions to answer, and nearly all inputs are local files.
"""

from __future__ import annotations

from collections.abc import Iterable

from inlink.fetch import Policy, RemoteFile, client_for

__all__ = ["RemoteFile", "remote_file"]


def remote_file(
    url: str, test_hosts: Iterable[str] = (), *, validator: str | None = None, size_bytes: int | None = None
) -> RemoteFile:
    """The file at an address, pinned to a version where one is given.

    test_hosts: hosts ("name" or "name:port") that may be fetched from although they are inside a private network.
    """
    client = client_for(Policy(test_hosts=frozenset(test_hosts)))
    return RemoteFile(client, url, validator=validator, size_bytes=size_bytes)
