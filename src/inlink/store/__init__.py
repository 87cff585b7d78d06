"""What lies in a workspace folder: settings, inputs, parts, snapshots, what is served, and who holds what."""

from inlink.store.inputs import Input
from inlink.store.lock import Lease
from inlink.store.workspace import Added, Current, Workspace

__all__ = ["Added", "Current", "Input", "Lease", "Workspace"]
