"""Notebooks over the published file, and the figures and charts they share with the report."""
