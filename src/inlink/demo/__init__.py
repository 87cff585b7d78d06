"""inlink.demo"""
