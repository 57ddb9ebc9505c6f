# Bad input, second part: words - of brains and studies (YAML), of lesions, of tables, of the command
# line. The head of bad-files.t counts the kinds. `y SCRIPT` trains b.yaml as sed leaves it.

# a brain that is right, and what one slip makes of it
% printf 'brain: b\nview: {width_px: 24, height_px: 24, frames: 3, deg_per_px: 0.5}\nareas:\n  retina: {grid: 24}\n  LGN: {grid: 24}\n  V1: {grid: 12}\n  V2: {grid: 12}\n  V4: {grid: 6}\nwiring: {use: [ascending], add: [V1 > V4]}\ntasks:\n  category: {reads: V4}\ntraining: {epochs: 1, batch: 16, samples_per_epoch: 32, validation_samples: 0}\n' > right.yaml
% printf 'sed "$1" right.yaml > b.yaml\nwhatwhere train b.yaml -o b.h5 --test 0 -q\n[ $? = ${2:-1} ] || echo "$1: not status ${2:-1}" >&2\n' > y
$ y() { sh y "$@"; }; y '' 0; rm b.h5; y 's/V2: {grid/V2: {gird/'; y 's/tasks/taks/'; y 's/grid: 6/grid: 5000/'; y 's/batch: 16/batch: 0/'; y 's/grid: 6/grid: six/'; y 's/grid: 6/grid: 6.5/'; y 's/grid: 6/grid: [6]/'; y 's/grid: 6/grid: {a: 6}/'; y 's/{grid: 6}/6/'; y 's/{grid: 6}/{grid: 6, grid: 7}/'; y 's/{grid: 6}/{grid: 6/'; y '/^brain/d'; y 's/V1 > V4/V1 > V9/'; y 's/V1 > V4/V1 V4/'; y 's/V1 > V4/V4 > V4/'; y 's/reads: V4/reads: V9/'; y 's/V4: /V9: /'; y '/retina/d'; y 's/reads: V4/reads: V4, label: class, classes: 10000000/'; y 's/batch: 16/batch: 64/'; y 's/ascending/upward/'; y 's/batch: 16/batch: 16, rate: nan/'; ls -A | tr '\n' ' '
> ^b\.yaml right\.yaml y $
! whatwhere: b.yaml:7: area.V2.gird: unknown key; did you mean 'grid'?
! whatwhere: b.yaml:10: unknown key 'taks'; did you mean 'tasks'?
! whatwhere: b.yaml:8: area.V4.grid: 5000 is outside 1 to 4096
! whatwhere: b.yaml:12: training.batch: 0 is outside 1 to 1000000
! whatwhere: b.yaml:8: area.V4.grid: 'six' is not an integer
! whatwhere: b.yaml:8: area.V4.grid: '6.5' is not an integer
! whatwhere: b.yaml:8: area.V4.grid: one value is wanted, this is a list
! whatwhere: b.yaml:8: area.V4.grid: a value is wanted, this is a map
! whatwhere: b.yaml:8: V4: a map is wanted
! whatwhere: b.yaml:8: 'grid' stands twice; the first is in line 8
!~ ^whatwhere: b\.yaml:9: did not find expected ',' or '\}' .* starts in line 8$
! whatwhere: b.yaml:1: 'brain' is missing
! whatwhere: b.yaml:9: wiring.add: the brain has no area 'V9'; did you mean 'V1'?
! whatwhere: b.yaml:9: wiring.add: 'V1 V4' is no pathway; 'A > B' is wanted
! whatwhere: b.yaml:9: wiring.add: a pathway from V4 to itself
! whatwhere: b.yaml:11: tasks.category.reads: the brain has no area 'V9'; did you mean 'V1'?
!~ ^whatwhere: b\.yaml:8: areas: unknown area 'V9'; did you mean 'V1'\?$
! whatwhere: b.yaml: area LGN: nothing from the retina reaches it
! whatwhere: b.yaml:11: tasks.category.classes: 10000000 is outside 2 to 1000000
! whatwhere: b.yaml: training.batch: 64 is outside 1 to the 32 samples of an epoch
! whatwhere: b.yaml:9: wiring.use: 'upward' is not one of ascending, lateral, feedback
! whatwhere: b.yaml:12: training.rate: 'nan' is not a number

# areas of one level that drive each other; nothing; no map; no text
% printf 'brain: b\nareas: {retina: {}, VIP: {}, LIP: {}}\nwiring:\n  add:\n    - LIP > VIP\n    - VIP > LIP\n' > cycle.yaml && printf '# a brain\n' > none.yaml && printf -- '- V1\n' > list.yaml && printf 'brain: \377\n' > bytes.yaml && printf '\tbrain: b\n' > tab.yaml
$ for b in cycle none list bytes tab; do whatwhere train $b.yaml; done; whatwhere train two-streams-smal 2>&1 | grep -o "; did.*" >&2; ls *.h5 2> /dev/null
? 2
! whatwhere: cycle.yaml:6: wiring.add: VIP > LIP closes the cycle VIP > LIP > VIP; a cycle needs a pathway that descends
! whatwhere: none.yaml:1: nothing but blanks and comments
! whatwhere: list.yaml:1: a map is wanted
! whatwhere: bytes.yaml:1: invalid leading UTF-8 octet
!~ ^whatwhere: tab\.yaml:1: found character that cannot start any token
! ; did you mean 'connectome/brains/two-streams-small.yaml'?

# lesions
% whatwhere train two-streams-small -o b.h5 --epochs 1 --test 0 -q --set training.samples_per_epoch=32 --set training.validation_samples=0
$ for l in FFB 'V1>FFA' 'V1>FFB' V4:class=M LGN:class=Q FFA:1.5 FFA:much FFA:hwo=gain FFA:how=burn FFA:hemifield=top V4:patch=1/2 'random(size=FFB)' FFA+ ''; do whatwhere lesion b.h5 --lesion "$l" --trials 10 -o r.h5 -q || [ $? = 2 ] || echo "$l: not status 2" >&2; done; ls
> ^b\.h5$
! whatwhere: --lesion: unknown area 'FFB'; did you mean 'FFA'?
!~ ^whatwhere: --lesion: unknown pathway 'V1>FFA'; did you mean '.*'\?$
! whatwhere: --lesion: unknown pathway 'V1>FFB'
! whatwhere: --lesion: V4 has no unit classes
! whatwhere: --lesion: LGN has no unit class 'Q'; there are P, M, K
! whatwhere: --lesion: dose: 1.5 is outside 0 to 1
!~ ^whatwhere: --lesion: .*'much'
!~ ^whatwhere: --lesion: unknown key 'hwo'; did you mean 'how'\?
! whatwhere: --lesion: unknown how 'burn'; there are ablate, noise, gain, decay, disconnect
!~ ^whatwhere: --lesion: unknown hemifield 'top'
!~ ^whatwhere: --lesion: patch
!~ ^whatwhere: --lesion: .*'FFB'; did you mean 'FFA'\?$
!~ ^whatwhere: --lesion: 
! whatwhere: --lesion: a value is missing

# studies: `s LINE...` runs one of a name, a brain and these lines
% printf '{ printf "study: x\\n"; printf "%%s\\n" "$@"; } > x.yaml\nwhatwhere run x.yaml -o out -q\n[ $? = 1 ] || echo "$*: not status 1" >&2\n' > s
$ s() { sh s "$@"; }; B='brains: [two-streams-small]'; E='experiments: [scene-tasks]'; s "$E"; s "$B"; s 'brains: [two-streams-smal]' "$E" 2>&1 | sed 's/not found in .*; did/; did/' >&2; s 'brains: [no.h5]' "$E"; s 'brains: []' "$E"; s 'brains: [two-streams-small, two-streams-small]' "$E"; s "$B" 'experiments: [scene-task]'; s "$B" 'experiments: []'; s "$B" 'experiments: [scene-tasks, scene-tasks]'; s "$B" 'experiments: {scene-tasks: {tasks.trials: 0}}'; s "$B" 'experiments: {scene-tasks: {trials: 100}}'; for n in -1 0 2.5 three '[1, -2]' '[1, 1]'; do s "$B" "seeds: $n" "$E"; done; s "$B" 'lesions: [FFB]' "$E"; s "$B" 'lesions: FFA' "$E"; s "$B" 'lesions: [V4:class=M]' "$E"; s "$B" 'doses: {FFA: [0, much]}' "$E"; s "$B" 'doses: {FFB: [1]}' "$E"; s "$B" 'set: {training.epoch: 1}' "$E"; s "$B" 'set: {area.V9.grid: 3}' "$E"; s "$B" "$E" "$E"; ls -A
> ^s$
! whatwhere: x.yaml:1: 'brains' is missing
! whatwhere: x.yaml:1: 'experiments' is missing
! whatwhere: x.yaml:2: brains: connectome/brains/two-streams-smal.yaml ; did you mean 'connectome/brains/two-streams-small.yaml'?
! whatwhere: x.yaml:2: brains: no.h5: no such file or directory
! whatwhere: x.yaml:2: brains: at least one is wanted
! whatwhere: x.yaml:2: brains: there are two called 'two-streams-small'
! whatwhere: x.yaml:3: unknown experiment 'scene-task'; did you mean 'scene-tasks'?
! whatwhere: x.yaml:3: experiments: at least one is wanted
! whatwhere: x.yaml:3: experiments: scene-tasks stands twice
! whatwhere: x.yaml:3: experiments.scene-tasks.tasks.trials: 0 is outside 10 to 1000000
! whatwhere: x.yaml:3: experiments.scene-tasks.trials: unknown key; known here: tasks.trials, tasks.side_deg
! whatwhere: x.yaml:3: seeds: a number from 1 to 10000, or a list, is wanted
! whatwhere: x.yaml:3: seeds: a number from 1 to 10000, or a list, is wanted
! whatwhere: x.yaml:3: seeds: a number from 1 to 10000, or a list, is wanted
! whatwhere: x.yaml:3: seeds: a number from 1 to 10000, or a list, is wanted
! whatwhere: x.yaml:3: seeds: '-2' is not a whole number below 2^63
! whatwhere: x.yaml:3: seeds: 1 stands twice
!~ ^whatwhere: x\.yaml:3: .*unknown area 'FFB'; did you mean 'FFA'\?$
! whatwhere: x.yaml:3: lesions: a list is wanted
!~ ^whatwhere: x\.yaml:3: .*V4 has no unit classes$
! whatwhere: x.yaml:3: doses: 'much' is not a dose
! whatwhere: x.yaml:3: doses: unknown area 'FFB'; did you mean 'FFA'?
! whatwhere: x.yaml:3: set.training.epoch: unknown key; did you mean 'epochs'?
! whatwhere: x.yaml:3: set.area.V9: the brain has no area 'V9'; did you mean 'V1'?
! whatwhere: x.yaml:4: 'experiments' stands twice; the first is in line 3

# a number that is missing (nan, or nothing) leaves its row out, and n says so; no number left is too few
% printf 'a,b\n1,2\nnan,4\n3,5\n4,9\n,1\n' > t.csv && printf 'a,b\nnan,1\n,2\n' > none.csv && printf 'a\ninf\n' > inf.csv && printf '\n' > blank.csv
$ whatwhere analyse t.csv correlation a b; for t in none inf blank; do whatwhere analyse $t.csv mean a -o out.csv; done; ls out.csv 2> /dev/null
? 2
> ^pearson .* 3$
! whatwhere: none.csv: mean: no row holds a number; at least 1 is wanted
! whatwhere: inf.csv:2: a: 'inf' is not a number
! whatwhere: blank.csv: no line that names the columns

# the command line; that of each command is in COMMAND.t
$ for c in "lesoin b.h5" "lesion b.h5 --trails 9" "lesion b.h5 --lesion" "lesion b.h5 -o" "lesion b.h5 --trials 5" "lesion b.h5 --trials=-5" "lesion b.h5 --data x --side-deg 2" "lesion b.h5 --seed -1" "run lesion-battery --seeds=-2" "run lesion-battery --trials=-1" "run x.yaml --demo" "run scene-tasks" "train b --data x --resume --frozen" "train b --start x" "lesion" "lesion a b" "lesion b.h5 --set a=1" "lesion b.h5 --quiet=3" "train b --test=-1"; do whatwhere $c; [ $? = 2 ] || echo "$c: not status 2"; done >&2
! whatwhere: unknown command 'lesoin'; did you mean 'lesion'?
! whatwhere: --trails: unknown option; did you mean '--trials'?
! whatwhere: --lesion: a value is missing
! whatwhere: -o: a value is missing
! whatwhere: --trials: 5 is outside 10 to 1000000
! whatwhere: --trials: -5 is outside 0 to 1000000
! whatwhere: --side-deg: it is for the places of scenes and does not go with --data
! whatwhere: --seed: '-1' is not an integer from 0 to 18446744073709551615
! whatwhere: --seeds: -2 is outside 0 to 10000
! whatwhere: --trials: -1 is outside 0 to 1000000
! whatwhere: --demo goes with an experiment, not with a study
! whatwhere: scene-tasks has no study of its own; name it in a study file
! whatwhere: --resume goes on with the areas; it does not go with --frozen
! whatwhere: --frozen and --start belong to --data
! whatwhere: an argument is missing; wanted: BRAIN.h5
! whatwhere: 'b' is one argument too many; wanted: BRAIN.h5
! whatwhere: --set: there is nothing to set for 'lesion'
! whatwhere: --quiet=3: it takes no value
! whatwhere: --test: -1 is outside 0 to 10000000

$ whatwhere lesion b.h5 --lesion '' ; whatwhere lesion b.h5 -o ''
? 2
! whatwhere: --lesion: a value is missing
! whatwhere: -o: a value is missing
