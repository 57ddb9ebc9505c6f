$ whatwhere list
> ^stimuli +bar clutter dead_leaves dots face
> ^commands +analyse .*features

$ whatwhere list --names
> ^stimuli$
> ^commands$

$ whatwhere list stimuli
> ^grating +sinusoidal grating

$ whatwhere list Stimulus --names
> ^grating$

$ whatwhere list stimuli --files
> ^grating	stimuli/grating\.c$

$ whatwhere list stimulis
? 2
! whatwhere: unknown family 'stimulis'; did you mean 'stimuli'?

$ whatwhere list zebra
? 2
!~ ^whatwhere: unknown family 'zebra'; there are .*stimuli.*, commands$

$ whatwhere list stimuli bars
? 2
! whatwhere: 'bars' is one argument too many; wanted: FAMILY or nothing

$ whatwhere list --help
> ^Usage: whatwhere list \[FAMILY\] \[options\]$
> ^  -q, --quiet +no progress$
> ^      --threads=N +number of threads \(all cores\)$
> ^  whatwhere list stimuli$

# brains and studies are files; those of the reader's own folder too
% mkdir -p home/connectome/brains home/experiments
% printf 'brain: zebra\nsummary: striped\n' > home/connectome/brains/zebra.yaml
% printf 'study: savanna\n' > home/experiments/savanna.yaml
$ export WHATWHERE_HOME=$PWD/home; whatwhere list brains && whatwhere list study --names && whatwhere list
> ^zebra +striped$
> ^savanna$
> ^(brains|  ) .*zebra$
> ^(studies|  ) .*savanna( |$)

% mkdir -p home/connectome/brains
% printf 'brain: [\n' > home/connectome/brains/zebra.yaml
$ WHATWHERE_HOME=home whatwhere list brains
? 1
!~ ^whatwhere: home/connectome/brains/zebra\.yaml:[0-9]+: .*$

# an option without an effect is not ignored
$ for c in "list --files" "list brains --files" "list stimuli --names --files" "list --seed 3" "version --plan measure" "show stimulus bar --seed 2"; do whatwhere $c; [ $? = 2 ] || echo "$c: not status 2" >&2; done
! whatwhere: --files: of which family?
! whatwhere: --files: only parts have source files
! whatwhere: --files: it does not go with --names
! whatwhere: --seed: 'list' draws no random numbers
! whatwhere: --plan: 'version' chooses no kernels
! whatwhere: --seed: 'show' draws no random numbers
