"""The stored-features probe on each level of the backbone, at any scale.

Logistic regression, whose regularisation is chosen by cross-validation on the training list, groups
(``_gNN_`` in the file names) left out whole.
"""

downstream = dict(
    probe='cached',
    num_clips=10,
    average='prob',
    train_on='mean',  # of a training video's clips, or 'clips'
    strengths=(1e-4, 1e-3, 1e-2, 1e-1, 1.0),  # inverse regularisation C, most regularised first
    folds=5,
    batch_size=4,
    num_workers=1,
    amp=False,
)
task_at = dict(smoke=dict(downstream=dict(folds=2)))
