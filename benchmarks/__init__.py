"""What is fast, and how we know: ratios in one run against ceilings that the run itself builds."""
