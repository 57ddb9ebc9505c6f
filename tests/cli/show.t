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

$ whatwhere show brain two-streams-small
> ^brain two-streams-small: 
> ^steps +1$
> ^areas +[0-9]+: retina LGN V1 
> ^pathways +[0-9]+ ascending \([0-9]+ skip a level or more\), 0 lateral, 0 feedback$
> ^tasks +category: one of 3 from 
> ^ +position: x and y from LIP 7a$

# feedback does nothing in a single time step, which is said
% printf 'brain: fb\nsteps: 1\nareas: {retina: {}, LGN: {}, V1: {}, V2: {}}\nwiring: {use: [ascending, feedback]}\n' > fb.yaml
$ whatwhere show brain fb.yaml && echo and && whatwhere show brain fb.yaml --set steps=2 | grep -c idle
? 1
> ^pathways +3 ascending \(0 skip a level or more\), 0 lateral, 2 feedback$
> ^idle +2 of them: they act from one time step to the next; --set steps=2 lets them act$
> ^and$
> ^0$

$ whatwhere show brain two-streams-small --markdown
? 2
! whatwhere: --markdown is for parts, not for brains

$ whatwhere show stimulus grating --set frequency_cpd=2
? 2
! whatwhere: --set is for brains; 'grating' shows what can be set
