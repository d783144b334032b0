"""What came back: read, compared with its plan, judged, and carried over."""
