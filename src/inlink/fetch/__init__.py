"""The only HTTP socket: a small client that streams and resumes, and a polite one that asks other people's servers.

Both refuse addresses inside private networks, after resolution and at every redirect.
"""

from inlink.fetch.client import Client, client_for
from inlink.fetch.fetcher import Fetcher
from inlink.fetch.manners import DEFAULT_MANNERS, Manners
from inlink.fetch.memory import Memory
from inlink.fetch.policy import DEFAULT_POLICY, Policy
from inlink.fetch.remote import RemoteFile
from inlink.fetch.reply import Chain, Reply
from inlink.fetch.routes import Route, parse_route

__all__ = [
    "DEFAULT_MANNERS",
    "DEFAULT_POLICY",
    "Chain",
    "Client",
    "Fetcher",
    "Manners",
    "Memory",
    "Policy",
    "RemoteFile",
    "Reply",
    "Route",
    "client_for",
    "parse_route",
]
