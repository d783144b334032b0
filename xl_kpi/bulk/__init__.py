"""Many workbooks at once, on this machine or on several."""
