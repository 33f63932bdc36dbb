"""Forward or played backwards: a bias-free linear layer on stored features of the frozen backbone.

Logistic regression without intercept; the features are divided by their deviation and not centred,
so that the layer applies to each position of the feature map. The regularisation is chosen by
cross-validation on the training list; a fold leaves out whole videos, or groups (``_gNN_`` in the
file names), both directions of all their clips. Class activation maps of the first clip of a few
test videos at equal distances in the list.
"""

downstream = dict(
    num_clips=10,
    average='prob',  # not used: every clip is a sample
    strengths=(1e-4, 1e-3, 1e-2, 1e-1, 1.0),  # inverse regularisation C, most regularised first
    folds=5,
    num_maps=4,
    batch_size=4,
    num_workers=1,
    amp=False,
)
task_at = dict(smoke=dict(downstream=dict(folds=2, num_maps=2)))
