"""Channels last in memory: faster convolutions, most of all in bfloat16 (--amp)."""

from mlfo_mm.engine.hooks import ChannelsLastHook

default_hooks = dict(channels_last=dict(type=ChannelsLastHook))
