"""The command `status`: what is wrong first, the workload behind it, and both drawn anew every two seconds."""
