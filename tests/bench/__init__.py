"""What our own work costs, measured beside what is possible and beside the naive way: `./portal bench`."""
