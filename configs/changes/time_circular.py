"""Beyond its ends a clip goes on at the other end, not with zeros: nothing marks them."""

time_padding = 'circular'
