"""What can be said of two versions that were put to the same cases; pure arithmetic."""
