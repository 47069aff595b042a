"""Makes stores ready and saves their profiles, at once or of resources that lie elsewhere."""
