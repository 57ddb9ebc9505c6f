# a short training, then the rest of it: the epochs go on where they stood
$ whatwhere train two-streams-small -o b.h5 --epochs 1 --test 20 -q --set training.samples_per_epoch=64 --set training.validation_samples=20 && ls
> ^task +correct +chance +trials$
> ^category +[01]\.[0-9]+ +0\.333 +20$
> ^position +median error 0\.[0-9]+ of the field's width, 20 trials$
> ^b\.h5$

$ whatwhere train two-streams-small -o b.h5 --epochs 1 --test 0 -q --set training.samples_per_epoch=64 --set training.validation_samples=0 && whatwhere train two-streams-small -o b.h5 --epochs 2 --test 0 --resume --set training.samples_per_epoch=64 --set training.validation_samples=0 2>/dev/null
> ^2 epochs, 4 steps in [0-9]+ s
> ^trained brain: b\.h5$

# a killed training leaves a piece of a checkpoint: the next one takes it away, but none of a process
# that lives, or of another machine
% hostname > /dev/null 2>&1 || exit 77
$ h=$(hostname | sed 's/\..*//; s/[^A-Za-z0-9]/_/g' | cut -c 1-31); p=$(sh -c 'echo $$'); touch b.h5.tmp-$h-$p-0 b.h5.tmp-$h-$$-0 b.h5.tmp-other-$p-0; whatwhere train two-streams-small -o b.h5 --epochs 1 --test 0 -q --set training.samples_per_epoch=32 --set training.validation_samples=0 && ls | sed "s/-$$-/-alive-/; s/$h/here/; s/-[0-9]*-0/-dead-0/"
> ^b\.h5$
> ^b\.h5\.tmp-(here-alive-0|other-dead-0)$
> ^b\.h5\.tmp-(here-alive-0|other-dead-0)$

# keys of another schedule, of the file and of the command line
% printf 'brain: b\nareas: {retina: {grid: 16}, LGN: {grid: 16}, V1: {grid: 8}}\ntasks: {category: {reads: V1}}\nwiring: {use: [ascending]}\ntraining: {epochs: 1, batch: 16, samples_per_epoch: 16, validation_samples: 0,\n  step_epochs: 5}\n' > b.yaml
$ whatwhere train b.yaml --test 0 -q; sed 's/step_epochs/schedule: step, step_epochs/' b.yaml > c.yaml && whatwhere train c.yaml --test 0 -q && whatwhere train c.yaml --test 0 -q --set training.schedule=constant -o d.h5 && whatwhere lesion d.h5 --trials 10 -q > /dev/null && whatwhere train two-streams-small --set training.step_factor=0.5; s=$?; whatwhere train c.yaml --set training.final_fraction=0.01; ls *.h5; exit $s
? 1
> ^c\.h5$
> ^d\.h5$
! whatwhere: b.yaml:6: training.step_epochs: it belongs to schedule step
! whatwhere: --set training.step_factor: it belongs to schedule step
! whatwhere: --set training.final_fraction: it belongs to schedule cosine

# kernels that were measured, and the same ones again; each work takes a tenth of a second, so few areas
% printf 'brain: few\nareas: {retina: {grid: 16}, LGN: {grid: 16}, V1: {grid: 8, orientations: 2, motion_cpd: [0.3]}, V2: {grid: 8, channels: 4}}\ntasks: {category: {reads: V2, readout: max}}\nwiring: {use: [ascending]}\ntraining: {epochs: 1, batch: 16, samples_per_epoch: 16, validation_samples: 0}\n' > few.yaml
$ whatwhere train few.yaml -o m.h5 --test 0 -q --plan measure && whatwhere train few.yaml -o r.h5 --test 0 -q --plan m.h5

# pictures: two folders of bars, one picture of each class to learn
% mkdir -p bars/lying bars/upright
% for i in 1 2; do printf 'P2 4 4 255\n0 0 0 0 255 255 255 255 0 0 0 0 0 0 0 0\n' > bars/lying/$i.pgm; done
% for i in 1 2; do printf 'P2 4 4 255\n0 255 0 0 0 255 0 0 0 255 0 0 0 255 0 0\n' > bars/upright/$i.pgm; done
$ whatwhere train two-streams-small --data bars -o b.h5 --epochs 1 -q && whatwhere train two-streams-small --data bars -o b.h5 --epochs 2 --resume 2> /dev/null
> ^2 pictures of 2 classes learned, 2 tested: [01]\.[0-9]+ correct \[0\.[0-9]{4}, [01]\.[0-9]{4}\]$
> ^2 epochs, 2 steps in [0-9]+ s

# the checkpoint says which pictures those were
% python3 -c 'import h5py' 2> /dev/null || exit 77
% mkdir -p bars/lying bars/upright
% for i in 1 2 10; do printf 'P2 4 4 255\n0 0 0 0 255 255 255 255 0 0 0 0 0 0 0 0\n' > bars/lying/$i.pgm; done
% for i in 1 2; do printf 'P2 4 4 255\n0 255 0 0 0 255 0 0 0 255 0 0 0 255 0 0\n' > bars/upright/$i.pgm; done
% printf '%s\n' 'import h5py, zlib' 'f = h5py.File("b.h5")' 'i = f["provenance/inputs"]' 'print("files", *i["path"].asstr())' 'print("sums", all(int(c, 16) == zlib.crc32(open(p, "rb").read()) for p, c in zip(i["path"].asstr(), i["crc32"].asstr())))' 'p = f["pictures"]' 'print("classes", *p["class"].asstr(), *p["learned"], *p["tested"], p["per_class"][()], *p["size"])' 'print("share", p["low"][()] < p["correct"][()] + 1e-9, p["high"][()] <= 1)' 'print(f["provenance/command_line"].asstr()[()])' > read.py
$ whatwhere train two-streams-small --data bars/ -o b.h5 --epochs 1 --per-class 1 -q && python3 read.py
> ^2 pictures of 2 classes learned, 3 tested
> ^files bars/lying/1\.pgm bars/upright/1\.pgm bars/lying/2\.pgm bars/lying/10\.pgm bars/upright/2\.pgm$
> ^sums True$
> ^classes lying upright 1 1 2 1 1 1 4 4$
> ^share True True$
> ^whatwhere train two-streams-small --data bars/ -o b\.h5 --epochs 1 --per-class 1 -q$

$ whatwhere train
? 2
! whatwhere: an argument is missing; wanted: BRAIN

$ whatwhere train two-streams-smal
? 1
!~ ^whatwhere: connectome/brains/two-streams-smal\.yaml not found

$ whatwhere train two-streams-small --frozen
? 2
! whatwhere: --frozen and --start belong to --data

$ whatwhere train two-streams-small --data x --resume --frozen
? 2
! whatwhere: --resume goes on with the areas; it does not go with --frozen

$ whatwhere train two-streams-small --data x --test 20
? 2
! whatwhere: --test: with --data all test pictures are tested

$ whatwhere train two-streams-small --per-class 3
? 2
! whatwhere: --per-class: it belongs to --data

$ whatwhere train two-streams-small --data nowhere
? 1
! whatwhere: nowhere: no such file or directory

$ whatwhere train two-streams-small --epochs=-1
? 2
! whatwhere: --epochs: -1 is outside 0 to 1000000

$ whatwhere train two-streams-small --set area.V9.grid=3
? 1
! whatwhere: --set area.V9: the brain has no area 'V9'; did you mean 'V1'?

$ whatwhere train two-streams-small --set training.rate=fast
? 1
! whatwhere: --set training.rate: 'fast' is not a number

% printf 'not a brain' > broken.h5
$ whatwhere train two-streams-small -o broken.h5 --resume --set training.samples_per_epoch=64
? 1
!~ ^whatwhere: broken\.h5: 

# keys of the brain that a training would ignore
$ for c in "--set augment.flip=yes" "--data x --frozen --set augment.flip=yes" "--data x --set stimulus.n_faces=3" "--data x --set training.samples_per_epoch=3" "--data x --set training.validation_samples=3" "--data x --set task.colour.weight=2" "--set training.patience=2 --set training.validation_samples=0"; do whatwhere train two-streams-small $c; done
? 1
! whatwhere: --set augment.flip: scenes are drawn anew in each epoch; it goes with --data
! whatwhere: --set augment.flip: with --frozen pictures stay as they are
! whatwhere: --set stimulus.n_faces: with --data pictures are learned, not scenes
! whatwhere: --set training.samples_per_epoch: with --data all pictures are an epoch
! whatwhere: --set training.validation_samples: with --data there is no validation
! whatwhere: --set task.colour.weight: with --data the one task is the class of the picture
!~ ^whatwhere: .*two-streams-small\.yaml: training\.patience: 2 epochs without a better validation, of which there is none; training\.validation_samples is 0$

% printf 'brain: fb\nareas: {retina: {grid: 16}, LGN: {grid: 16}, V1: {grid: 8, orientations: 2, motion_cpd: [0.3]}}\ntasks: {category: {reads: V1, readout: max}}\naugment: {flip: yes}\n' > x.yaml
$ whatwhere train x.yaml
? 1
! whatwhere: x.yaml: augment: pictures from disk are altered, scenes are drawn anew in each epoch
