"""The kernel: database, fence, commands, events, audit, outbox, text and files.

Owns what every feature stands on. Knows no feature and renders no page.
"""
