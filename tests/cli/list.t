$ whatwhere list
> ^stimuli +bar dots face
> ^commands +.*list.*show

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
> ^      --seed=N +seed of all random numbers \(1\)$
> ^  whatwhere list stimuli$
