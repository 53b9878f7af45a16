"""What is wrong with this service? Everything that can be asked of it, asked at once, read, and kept."""
