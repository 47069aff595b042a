"""Results as screens for people or documents for machines, and progress; decides nothing."""
