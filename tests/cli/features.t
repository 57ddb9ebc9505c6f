# pictures of two sizes, grey and colour, in two classes
% mkdir -p pics/a pics/b
% awk 'BEGIN{print "P2 64 48 255"; for(k=0;k<64*48;k++) print (k*k*7)%256}' > pics/a/1.pgm
% awk 'BEGIN{print "P3 50 60 255"; for(k=0;k<3*50*60;k++) print (k*k*5)%256}' > pics/b/1.ppm
$ whatwhere features hmax-2007 pics -o f.h5 --imprint pics/a --set area.V4.sizes=2,4 --set area.V4.per_size=5 && ls *.h5
> ^2 pictures, 10 features of V4 each: [0-9]+ ms a picture, [0-9]+ MB of memory$
> ^features: f\.h5$
> ^f\.h5$

% mkdir tiny && awk 'BEGIN{print "P2 20 30 255"; for(k=0;k<600;k++) print k%256}' > tiny/small.pgm
$ whatwhere features hmax-2007 tiny -o f.h5
? 1
! whatwhere: tiny/small.pgm: area V1: a picture of 20 x 30 px is too small for the largest filter, 37 px

% mkdir pics && awk 'BEGIN{print "P2 64 48 255"; for(k=0;k<64*48;k++) print (k*k*7)%256}' > pics/1.pgm
$ whatwhere features hmax-2007 pics -o f.h5 -q
? 1
! whatwhere: pics/1.pgm: area V4: the picture is too small: no band has 12 x 12 cells, the size of a prototype

% mkdir pics && printf 'P2 64 48 255 1 2 3' > pics/1.pgm
$ whatwhere features hmax-2007 pics -o f.h5 -q
? 1
!~ ^whatwhere: pics/1\.pgm: 

% mkdir none
$ whatwhere features hmax-2007 none -o f.h5
? 1
! whatwhere: none: no pictures in it (PNG, JPEG, PGM or PPM)

% mkdir -p two/a two/b && echo > two/a/1.png
$ whatwhere features hmax-2007 two -o f.h5
? 1
! whatwhere: two/b: no pictures in it (PNG, JPEG, PGM or PPM)

% mkdir -p one/only && echo > one/only/1.png
$ whatwhere features hmax-2007 one -o f.h5
? 1
! whatwhere: one: only one class folder, 'only'; two are wanted, or name that folder itself

% mkdir pics && echo > pics/1.png
$ whatwhere features hmax-2007 pics -o f.h5 --area V2
? 1
! whatwhere: brain hmax-2007 has no area 'V2'

% mkdir pics && echo > pics/1.png
$ whatwhere features hmax-1999 pics -o f.h5 --imprint pics
? 1
! whatwhere: brain hmax-1999 has no prototypes to imprint (type hmax-c2)

$ whatwhere features hmax-2007 nowhere -o f.h5
? 1
! whatwhere: nowhere: no such file or directory

$ whatwhere features hmax-2007 pics
? 2
! whatwhere: -o is missing; it names the file of features, FILE.h5

$ whatwhere features hmax-2007
? 2
! whatwhere: an argument is missing; wanted: BRAIN FOLDER

% mkdir p && printf 'P2 2 2 255 0 0 9 9\n' > p/1.pgm
$ for c in "--set steps=2" "--seed 3"; do whatwhere features b.h5 p -o f.h5 $c; [ $? = 2 ] || echo "$c: not status 2" >&2; done
! whatwhere: --set: a trained brain keeps its keys
! whatwhere: --seed: a trained brain draws nothing without --imprint
