"""Where heavy work runs: worker processes and DuckDB on this machine.

Workers start often, so nothing is imported here.
"""
