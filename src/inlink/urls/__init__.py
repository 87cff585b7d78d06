"""inlink.urls"""
