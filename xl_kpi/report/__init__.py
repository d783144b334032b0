"""What checking came to, for people and programs: lines of text, a CSV table, JUnit XML."""
