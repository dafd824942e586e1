"""Telling people, and what they do with what they are told."""
