$ whatwhere version
> ^whatwhere [0-9]+\.[0-9]+\.[0-9]+ \(commit .+\)$
> ^libraries .*hdf5 1\.
> ^cores +[1-9]

$ whatwhere --version
> ^whatwhere [0-9]+

$ whatwhere version 2
? 2
! whatwhere: '2' is one argument too many; wanted: none
