"""What forums reads: rows, not entities; every query inside the fence."""
