"""What every room speaks: records, selectors, capabilities, errors and results; no behaviour of any backend."""
