"""Verbs that fill a workspace: init, add, build. Filled in as the workbench learns them."""
