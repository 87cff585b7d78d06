"""inlink.store"""
