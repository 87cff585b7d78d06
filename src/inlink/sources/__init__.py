"""inlink.sources"""
