"""One pass over all parameters in a step of the optimiser; weights differ by rounding."""

optim_wrapper = dict(optimizer=dict(fused=True))
