"""What every room speaks: records, selectors, errors, results."""
