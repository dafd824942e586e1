"""Telling people what they need to hear: the inbox, its bell, and the mail that goes with it."""
