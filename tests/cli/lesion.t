# every number has its interval; a task that a lesion does not reach loses 0 for sure
$ whatwhere train two-streams-small -o b.h5 --epochs 1 --test 0 -q --set training.samples_per_epoch=64 --set training.validation_samples=0 && whatwhere lesion b.h5 --lesion FFA --lesion "LIP:hemifield=left" --lesion MT:0.5:how=noise --trials 40 -q -o r.h5 && whatwhere lesion b.h5 --trials 20 -q -o b.h5; echo "status $?" && ls
> ^intact$
> ^  task +value +blind answer +trials$
> ^  category +[01]\.[0-9]{3} \[[01]\.[0-9]{3}, [01]\.[0-9]{3}\] +0\.333 +40$
> ^  position \(deg\) +[0-9]\.[0-9]{3} \[[0-9.]+, [0-9.]+\] +[0-9]\.[0-9]{3} \[[0-9.]+, [0-9.]+\] +40$
> ^FFA$
> ^  task +intact +lesioned +loss$
> ^  category +[01]\.[0-9]{3} \[[01]\.[0-9]{3}, [01]\.[0-9]{3}\] +[01]\.[0-9]{3} \[[01]\.[0-9]{3}, [01]\.[0-9]{3}\] +(-|[-0-9.]+ \[[-0-9.]+, [-0-9.inf]+\])$
> ^LIP:hemifield=left$
> ^MT:0\.5:how=noise$
> 95 % interval over the 40 scenes, within this one model
> ^results: r\.h5$
> ^status 2$
> ^r\.h5$
! whatwhere: -o b.h5: this is the trained brain itself; name another file

# h5py reads the file: the shares follow from the answers, and the checkpoint is named with its check sum
% python3 -c 'import h5py' 2> /dev/null || exit 77
% whatwhere train two-streams-small -o b.h5 --epochs 1 --test 0 -q --set training.samples_per_epoch=64 --set training.validation_samples=0
% printf '%s\n' 'import h5py, numpy as np, zlib' 'f = h5py.File("r.h5")' 'g = f["grid/scene-tasks"]' 'score = f["trials/score/face_identity"][:]' 'truth = f["trials/truth/face"][:]' 'asked = truth >= 0' 'right = f["trials/answer/face_identity"][:] == truth' 'm = list(g["measure"].asstr()).index("face_identity")' 'print("conditions", *g["condition"].asstr())' 'print("shares", np.allclose(g["value"][0, 0, :, m], right[:, asked].mean(axis=1)))' 'print("asked", np.array_equal(np.isnan(score[0]), ~asked), f["trials/truth/x_deg"].attrs["unit"])' 'print("inside", bool((g["low"][:] <= g["value"][:])[np.isfinite(g["low"][:])].all()))' 'p = f["provenance"]' 'print("sum", p["inputs/path"].asstr()[0], int(p["inputs/crc32"].asstr()[0], 16) == zlib.crc32(open("b.h5", "rb").read()))' 'print("seed", p["seed"][()], g["seed"][0], p["version"].asstr()[()][:2], "lesions:" in p["configuration"].asstr()[()])' > read.py
$ whatwhere lesion b.h5 --lesion FFA --trials 40 -q --seed 3 -o r.h5 > table && python3 read.py
> ^conditions none FFA$
> ^shares True$
> ^asked True deg$
> ^inside True$
> ^sum b\.h5 True$
> ^seed 3 1 0\. True$

$ whatwhere lesion nowhere.h5
? 1
!~ ^whatwhere: nowhere\.h5: [Nn]o such file or directory$

$ whatwhere train two-streams-small -o b.h5 --epochs 1 --test 0 -q --set training.samples_per_epoch=64 && whatwhere lesion b.h5 --lesion FFFA --trials 20 -q
? 2
! whatwhere: --lesion: unknown area 'FFFA'; did you mean 'FFA'?
