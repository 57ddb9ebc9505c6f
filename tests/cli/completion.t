$ whatwhere completion bash
> ^complete -F _whatwhere whatwhere$

$ whatwhere completion
? 2
! whatwhere: an argument is missing; wanted: SHELL

$ whatwhere completion zsh
? 2
! whatwhere: unknown shell 'zsh'; there is bash

# what the script offers
% whatwhere completion bash > script
% printf '%s\n' '. ./script' 'try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _whatwhere 2> /dev/null; echo "$1 $2 $3: ${COMPREPLY[*]}"; }' 'try whatwhere li' 'try whatwhere show stimu' 'try whatwhere show stimuli gra' 'try whatwhere list --na' > session
$ bash session
> ^whatwhere li : list$
> ^whatwhere show stimu: stimuli$
> ^whatwhere show stimuli: grating$
> ^whatwhere list --na: --names$
