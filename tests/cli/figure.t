$ whatwhere figure nowhere.h5
? 1
!~ ^whatwhere: nowhere\.h5: [Nn]o such file or directory$

% printf 'no HDF5' > x.h5
$ whatwhere figure x.h5
? 1
!~ ^whatwhere: x\.h5: 
