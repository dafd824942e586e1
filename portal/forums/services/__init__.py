"""The commands of the forums."""
