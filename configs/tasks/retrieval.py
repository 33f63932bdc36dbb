"""Nearest-neighbour retrieval: test videos query the training list by cosine similarity.

Features averaged over space, time and 10 clips; raw as VCOP's and centred as CoCLR's, both reported.
"""

downstream = dict(
    num_clips=10, average='prob', topk=(1, 5, 10, 20), batch_size=4, num_workers=1, amp=False
)
