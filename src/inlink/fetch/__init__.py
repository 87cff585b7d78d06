"""inlink.fetch"""
