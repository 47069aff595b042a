"""What is asked of stores: records, counts, searches, and where stores are."""
