"""The results of commands that copy or compare stores."""
