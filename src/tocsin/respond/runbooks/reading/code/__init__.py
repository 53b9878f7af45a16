"""What does a block of code say, and what would it do? From a fence to a step."""
