"""What does a document say besides its steps? Tables, causes, lists, clocks, people, links."""
