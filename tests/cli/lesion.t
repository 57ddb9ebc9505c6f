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

$ whatwhere train two-streams-small -o b.h5 --epochs 1 --test 0 -q --set training.samples_per_epoch=64 --set training.validation_samples=0 && whatwhere lesion b.h5 --lesion FFFA --trials 20 -q
? 2
! whatwhere: --lesion: unknown area 'FFFA'; did you mean 'FFA'?

# a brain that learned pictures is tested on those that it did not learn; others are noticed
% mkdir -p bars/lying bars/upright
% for i in 1 2 3 4; do printf 'P2 4 4 255\n0 0 0 0 255 255 255 255 0 0 0 0 0 0 0 0\n' > bars/lying/$i.pgm; done
% for i in 1 2 3 4; do printf 'P2 4 4 255\n0 255 0 0 0 255 0 0 0 255 0 0 0 255 0 0\n' > bars/upright/$i.pgm; done
$ whatwhere train two-streams-small --data bars -o p.h5 --epochs 1 -q > told && whatwhere lesion p.h5 --data bars --lesion FFA --lesion V4:0.5 -q -o r.h5 && echo and && printf 'P2 4 4 255\n9 255 0 0 0 255 0 0 0 255 0 0 0 255 0 0\n' > bars/upright/3.pgm && whatwhere lesion p.h5 --data bars -q && whatwhere lesion p.h5 --data bars -q --trials 2 | grep -A 2 ^intact
> ^intact$
> ^  task +value +blind answer +trials$
> ^  class +[01]\.[0-9]{3} \[[01]\.[0-9]{3}, [01]\.[0-9]{3}\] +0\.500 +4$
> ^FFA$
> ^  class +[01]\.[0-9]{3} \[[01]\.[0-9]{3}, [01]\.[0-9]{3}\] +[01]\.[0-9]{3} \[[01]\.[0-9]{3}, [01]\.[0-9]{3}\] +(-|[-0-9.]+ \[[-0-9.]+, [-0-9.inf]+\])$
> ^V4:0\.5$
> 95 % interval over the 4 pictures, within this one model
> ^results: r\.h5$
> ^and$
> ^bars: these 4 pictures are not those that the brain was tested on when it was trained$
> ^  class +[01]\.[0-9]{3} \[[01]\.[0-9]{3}, [01]\.[0-9]{3}\] +0\.500 +2$

# the results file counts every answer, and the share is the one that training told
% python3 -c 'import h5py' 2> /dev/null || exit 77
% mkdir -p bars/lying bars/upright
% for i in 1 2 3 4; do printf 'P2 4 4 255\n0 0 0 0 255 255 255 255 0 0 0 0 0 0 0 0\n' > bars/lying/$i.pgm; done
% for i in 1 2 3; do printf 'P2 4 4 255\n0 255 0 0 0 255 0 0 0 255 0 0 0 255 0 0\n' > bars/upright/$i.pgm; done
% printf '%s\n' 'import h5py, numpy as np' 'f, b = h5py.File("r.h5"), h5py.File("p.h5")' 'g = f["grid/pictures"]' 'print("measures", *g["measure"].asstr())' 'n = f["pictures/confusion"][:]' 'print("shown", *n.sum(axis=2)[0], *n.sum(axis=2)[1])' 'share = [np.trace(m) / m.sum() for m in n]' 'print("shares", np.allclose(g["value"][0, 0, :, 0], share), np.allclose(g["value"][0, 0, :, 1], n[:, 0, 0] / 2))' 'print("told", g["value"][0, 0, 0, 0] == b["pictures/correct"][()], g["low"][0, 0, 0, 0] == b["pictures/low"][()])' 'print("files", *f["trials/file"].asstr())' 'print("inputs", *f["provenance/inputs/path"].asstr())' > read.py
$ whatwhere train two-streams-small --data bars -o p.h5 --epochs 1 -q > told && whatwhere lesion p.h5 --data bars --lesion V1 -q -o r.h5 > table && python3 read.py
> ^measures class class/lying class/upright$
> ^shown 2 1 2 1$
> ^shares True True$
> ^told True True$
> ^files bars/lying/3\.pgm bars/lying/4\.pgm bars/upright/3\.pgm$
> ^inputs p\.h5 bars/lying/3\.pgm bars/lying/4\.pgm bars/upright/3\.pgm$

# what does not go together
% mkdir -p bars/lying bars/upright other/lying other/tall
% for i in 1 2; do for to in bars/lying bars/upright other/lying other/tall; do printf 'P2 2 2 255\n0 0 200 200\n' > $to/$i.pgm; done; done
$ whatwhere train two-streams-small --data bars -o p.h5 --epochs 1 -q > told; whatwhere lesion p.h5; echo "status $?"; whatwhere lesion p.h5 --data other; echo "status $?"; mkdir bars/zebra; cp bars/lying/*.pgm bars/zebra; whatwhere lesion p.h5 --data bars; whatwhere train two-streams-small -o b.h5 --epochs 1 --test 0 -q --set training.samples_per_epoch=64 --set training.validation_samples=0; whatwhere lesion b.h5 --data bars
? 2
> ^status 2$
> ^status 1$
! whatwhere: p.h5: it learned pictures of 2 classes (lying, upright); --data FOLDER says where they are
! whatwhere: other: class 2 is 'tall' where 'upright' was learned
! whatwhere: bars: class 3, 'zebra', was not learned
! whatwhere: b.h5: it learned scenes; --data is for a brain that was trained with --data

# a pathway that does nothing in one time step is not damaged in silence; training says it too
% printf 'brain: fb\nareas: {retina: {grid: 16}, LGN: {grid: 16}, V1: {grid: 8, orientations: 2, motion_cpd: [0.3]}, V2: {grid: 8, channels: 4}}\ntasks: {category: {reads: V2, readout: max}}\ntraining: {epochs: 1, batch: 16, samples_per_epoch: 16, validation_samples: 0}\n' > fb.yaml
$ whatwhere train fb.yaml -o fb.h5 --test 0 2> told > /dev/null && cat told && whatwhere lesion fb.h5 --lesion "V2>V1" --trials 20 -q; echo "status $?"; whatwhere train fb.yaml -o fb.h5 --test 0 -q --set steps=2 && whatwhere lesion fb.h5 --lesion "V2>V1" --trials 20 -q
> ^fb: 2 of 5 pathways act from one time step to the next and are idle at steps 1; --set steps=2 lets them act$
> ^status 2$
> ^V2>V1$
! whatwhere: --lesion: V2>V1 acts from one time step to the next, and the brain was made with one (steps: 1): a lesion of it has no effect; --set steps=2 gives it one
