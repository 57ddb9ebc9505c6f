$ whatwhere help list
> ^Usage: whatwhere list \[FAMILY\] \[options\]$

$ whatwhere help lst
? 2
! whatwhere: unknown command 'lst'; did you mean 'list'?

$ whatwhere help
? 2
! whatwhere: an argument is missing; wanted: COMMAND
