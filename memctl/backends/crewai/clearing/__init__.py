"""Clearing memory of CrewAI up to 1.9 by whole collections, and restoring what was cleared."""
