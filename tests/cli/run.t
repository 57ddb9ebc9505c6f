# a whole study, tiny: trained, lesioned, judged, drawn; a second run finds all done
% printf 'study: tiny\nbrains: [two-streams-small]\nseeds: 2\nset: {training.epochs: 1, training.samples_per_epoch: 64, training.validation_samples: 20}\nlesions: [FFA, "LGN:class=M"]\ndoses: {V4: [0.5, 1]}\nexperiments: {lesion-battery: {tasks.trials: 40}}\n' > tiny.yaml
$ whatwhere run tiny.yaml -o out -q && whatwhere run tiny.yaml -o out -q && ls out/figures && whatwhere figure out/results.h5 --list
> ^ffa-faces +two-streams-small +wired
> ^v4-colour +two-streams-small +wired
> ^results: out/results\.h5$
> ^deficits-two-streams-small\.pdf$
> ^dose-V4-two-streams-small\.png$
> ^deficits-two-streams-small +matrix +What each lesion costs two-streams-small$

$ whatwhere run lesion-battery --demo --seeds 2 --trials 10 --brain two-streams-small -o out -q --set training.epochs=1 --set training.samples_per_epoch=32 --set training.validation_samples=0 && ls out/models
> ^two-streams-small-seed1\.h5$
> ^two-streams-small-seed2\.h5$

# a checkpoint that was trained anew under the same name is measured anew: seed 2 differs from seed 1
% printf 'study: x\nbrains: [b.h5]\nlesions: [FFA]\nexperiments: {scene-tasks: {tasks.trials: 40}}\n' > x.yaml
$ T="--epochs 1 --test 0 -q --set training.samples_per_epoch=64 --set training.validation_samples=20"; whatwhere train two-streams-small -o b.h5 $T && whatwhere run x.yaml -o out -q && whatwhere run x.yaml -o out -q && cp out/parts/b-seed1.h5 one.h5 && whatwhere run x.yaml -o out -q && cmp -s one.h5 out/parts/b-seed1.h5 && echo kept; rm b.h5; whatwhere train two-streams-small -o b.h5 --seed 2 $T && whatwhere run x.yaml -o out -q && (cmp -s one.h5 out/parts/b-seed1.h5 || echo anew)
> ^kept$
> ^anew$

$ whatwhere run lesion-battery --demo --trials 3
? 1
! whatwhere: --trials: tasks.trials: 3 is outside 10 to 1000000

$ whatwhere run
? 2
! whatwhere: an argument is missing; wanted: EXPERIMENT or STUDY.yaml

$ whatwhere run lesion-batery
? 2
! whatwhere: unknown experiment 'lesion-batery'; did you mean 'lesion-battery'?

$ whatwhere run nowhere.yaml
? 1
!~ ^whatwhere: nowhere\.yaml: [Nn]o such file or directory$

% printf 'study: x\nbrains: [two-streams-small]\nlesions: [FFFA]\nexperiments: [lesion-battery]\n' > x.yaml
$ whatwhere run x.yaml
? 1
!~ ^whatwhere: x\.yaml:3: .*unknown area 'FFFA'; did you mean 'FFA'\?$

% printf 'study: x\nbrians: [two-streams-small]\nexperiments: [lesion-battery]\n' > x.yaml
$ whatwhere run x.yaml
? 1
!~ ^whatwhere: x\.yaml:2: .*unknown key 'brians' of study; did you mean 'brains'\?$

% printf 'study: x\nbrains: [two-streams-small]\nseeds: 0\nexperiments: [lesion-battery]\n' > x.yaml
$ whatwhere run x.yaml
? 1
! whatwhere: x.yaml:3: seeds: a number from 1 to 10000, or a list, is wanted

% printf 'study: x\nbrains: [two-streams-small]\nexperiments: {lesion-battery: {tasks.trials: 3}}\n' > x.yaml
$ whatwhere run x.yaml
? 1
!~ ^whatwhere: x\.yaml:3: experiments\.lesion-battery\.tasks\.trials: 3 is outside 10 to 1000000$

$ whatwhere run lesion-battery --demo --set experiment.tasks.trials=3
? 1
! whatwhere: --set experiment.tasks.trials: 3 is outside 10 to 1000000

$ whatwhere run lesion-battery --demo --set experiment.tasks.trails=30
? 1
!~ ^whatwhere: --set experiment\.tasks\.trails: unknown key; did you mean 'tasks\.trials'\?$

$ for c in "lesion-battery --demo --seed 3" "tuning --trials 20"; do whatwhere run $c; done
? 1
! whatwhere: --seed: 'run' draws no random numbers of its own; --seeds N or --set study.seeds=3,7 names those of a study
!~ ^whatwhere: --trials: no experiment of .*/tuning\.yaml has 'tasks\.trials'; --set experiment\.KEY=VALUE sets what they have$

% printf 'study: x\nsummary: [a]\nbrains: [two-streams-small]\nexperiments: [lesion-battery]\n' > x.yaml
$ whatwhere run x.yaml
? 1
! whatwhere: x.yaml:2: summary: one value is wanted
