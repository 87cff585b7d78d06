"""inlink.cli"""
