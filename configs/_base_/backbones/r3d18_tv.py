"""R3D-18 as torchvision has it, for its weights: a stem of 3 frames, no pooling behind it."""

backbone_name = 'r3d18_tv'
normalize = dict(mean=[110.2008, 100.63983, 95.99475], std=[58.14765, 56.46975, 55.332195])
model = dict(
    backbone=dict(conv1_kernel=(3, 7, 7), with_pool1=False),
    data_preprocessor=normalize,
)
