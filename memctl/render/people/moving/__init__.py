"""Shows people the results of commands that copy or compare stores."""
