"""Demonstration content and bulk content for measuring. Every body, person and fault in it is invented."""
