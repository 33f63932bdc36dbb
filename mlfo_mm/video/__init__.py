"""What a video file shows, and what it may cost: the one notion that everything here shares.

The frames that a video shows are those that decoding it in order gives, at their place in that order,
turned and mirrored as the file says. :class:`~mlfo_mm.video.packets.Packets` counts them,
:mod:`~mlfo_mm.video.orientation` turns them, :mod:`~mlfo_mm.video.opening` opens nothing but videos.
Free of torch and mm*.
"""
