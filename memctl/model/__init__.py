"""What every room speaks: records, selectors, errors, results; no behaviour of a backend."""
