"""inlink.extract"""
