"""Files of the register, read and judged row by row. Pure: bytes in, rows and refusals out; no database."""
