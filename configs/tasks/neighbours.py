"""The nearest training videos of test videos, by instance-wise and by semantic-wise distribution.

Instance-wise: cosine of the embeddings that the method tells clips apart by, averaged over the clips.
Semantic-wise: dot product of the assignments to prototypes, softmax of the cosines over the
temperature, averaged over the clips.
"""

downstream = dict(
    num_clips=10,
    average='prob',  # not used: no scores
    topk=3,
    temperature=0.1,
    num_queries=6,  # that the figure shows
    batch_size=4,
    num_workers=1,
    amp=False,
)
task_at = dict(smoke=dict(downstream=dict(num_queries=2)))
