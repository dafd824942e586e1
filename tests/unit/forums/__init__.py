"""Unit tests of the forums."""
