"""The unified memory of CrewAI 1.10 and newer, in one LanceDB table; it is read and written."""
