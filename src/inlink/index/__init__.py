"""inlink.index"""
