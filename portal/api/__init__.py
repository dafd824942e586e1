"""What every part of the JSON API has in common: payload schemas, answers, and its own description."""
