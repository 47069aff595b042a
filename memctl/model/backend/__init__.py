"""What a backend says of itself and of what its store holds."""
