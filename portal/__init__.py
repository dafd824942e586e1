"""ICS Exchange: the portal of the supplier user groups and the NLAR."""

__version__ = "0.1.0"
