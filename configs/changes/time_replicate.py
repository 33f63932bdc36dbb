"""Beyond its ends a clip goes on with its first and last step, not with zeros: nothing marks them."""

time_padding = 'replicate'
