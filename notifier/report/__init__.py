"""The rehearsal's report: pages that a person opens in a browser."""
