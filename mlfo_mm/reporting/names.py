"""How keys of methods, backbones and data sets are printed."""

METHODS = dict(
    byol='BYOL',
    cbt='CBT',
    ccl='CCL',
    dsm='DSM',
    memdpc='MemDPC',
    mlfo='MLFO',
    moco='MoCo',
    pace='Pace',
    prp='PRP',
    random='Random weights',
    rotnet3d='RotNet',
    scratch='Supervised from scratch',
    simclr='SimCLR',
    speednet='SpeedNet',
    stpuzzle='ST-Puzzle',
    sts='STS',
    swav='SwAV',
    taco='TaCo',
    temptrans='TempTrans',
    vcop='Order (VCOP)',
    vcp='VCP',
)
BACKBONES = dict(
    i3d='I3D',
    r2d3d34='R2D3D-34',
    r2plus1d='R(2+1)D',
    r3d='R3D',
    r3d18='R3D-18',
    r3d34='R3D-34',
    s3d='S3D',
    s3dg='S3D-G',
    slowfast='SlowFast',
)
DATASETS = dict(
    hmdb51='HMDB51',
    kinetics400='Kinetics-400',
    kinetics600='Kinetics-600',
    none='nothing',
    ucf101='UCF101',
)
