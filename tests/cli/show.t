$ whatwhere show stimulus grating
> ^stimulus grating: sinusoidal grating, still or drifting$
> ^file +stimuli/grating.c$
> ^sources +campbell1968 devalois1982$
> ^frequency_cpd +1 +0 to 60 cycles/deg +spatial frequency$
> ^random_phase +yes +yes or no +draw the phase

$ whatwhere show stimuli GRATING --markdown
> ^## grating$
> ^\| frequency_cpd \| number \| 1 \| 0 to 60 cycles/deg \| spatial frequency \|

$ whatwhere show
? 2
! whatwhere: an argument is missing; wanted: FAMILY NAME

$ whatwhere show stimuli
? 2
! whatwhere: an argument is missing; wanted: FAMILY NAME

$ whatwhere show stimuli grating 3
? 2
! whatwhere: '3' is one argument too many; wanted: FAMILY NAME

$ whatwhere show stimlus grating
? 2
! whatwhere: unknown family 'stimlus'; did you mean 'stimuli'?

$ whatwhere show stimulus gratin
? 2
! whatwhere: unknown stimulus 'gratin'; did you mean 'grating'?

$ whatwhere show stimulus hippopotamus
? 2
! whatwhere: unknown stimulus 'hippopotamus'; 'whatwhere list stimuli' shows those that exist
