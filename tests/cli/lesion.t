$ whatwhere train two-streams-small -o b.h5 --epochs 1 --test 0 -q --set training.samples_per_epoch=64 && whatwhere lesion b.h5 --lesion FFA --lesion "LIP:hemifield=left" --lesion MT:0.5:how=noise --trials 20 -q
> ^lesion +category +face +word
> ^none +[01]\.[0-9]+
> ^FFA +[01]\.[0-9]+
> ^LIP:hemifield=left +[01]\.[0-9]+
> ^MT:0\.5:how=noise +[01]\.[0-9]+

$ whatwhere lesion nowhere.h5
? 1
!~ ^whatwhere: nowhere\.h5: [Nn]o such file or directory$

$ whatwhere train two-streams-small -o b.h5 --epochs 1 --test 0 -q --set training.samples_per_epoch=64 && whatwhere lesion b.h5 --lesion FFFA --trials 20 -q
? 2
! whatwhere: --lesion: unknown area 'FFFA'; did you mean 'FFA'?
