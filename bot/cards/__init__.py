"""The Block Kit cards people see, as pure functions from values to blocks."""
