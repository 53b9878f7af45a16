"""What does a drawing say? Trees, flows and boxes of lines, read as decisions, ladders and lists."""
