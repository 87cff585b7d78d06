"""The only HTTP socket: a small client that streams, resumes, and refuses addresses inside private networks."""

from inlink.fetch.client import Client, client_for
from inlink.fetch.policy import DEFAULT_POLICY, Policy
from inlink.fetch.remote import RemoteFile

__all__ = ["DEFAULT_POLICY", "Client", "Policy", "RemoteFile", "client_for"]
