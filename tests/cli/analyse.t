% printf 'a,b,c\n1,2,x\n2,4,y\n3,5,z\n4,9,w\n' > t.csv
$ whatwhere analyse t.csv difference a b
> ^estimate +value +low 95 % +high 95 % +p +n$
> ^difference +-2\.5 

% printf 'a,b\n1,2\n2,4\n3,5\n4,9\n' > t.csv
$ whatwhere analyse t.csv correlation a b -o out.tsv && cat out.tsv
> ^estimate	value	low	high	p	n$

$ whatwhere analyse t.csv correlation
? 2
! whatwhere: an argument is missing; wanted: TABLE METHOD COLUMN...

$ whatwhere analyse t.csv corelation a b
? 2
! whatwhere: unknown analysis 'corelation'; did you mean 'correlation'?

$ whatwhere analyse t.csv correlation a
? 2
! whatwhere: 1 column is given, but correlation takes x y

$ whatwhere analyse t.csv dose_response a b --set resamples=5
? 2
!~ ^whatwhere: --set resamples: 5 is outside 100 to 1000000$

$ whatwhere analyse t.csv correlation a b
? 1
! whatwhere: t.csv: no such file or directory

% printf 'a,b\n1,2\n2,x\n' > t.csv
$ whatwhere analyse t.csv correlation a b
? 1
! whatwhere: t.csv:3: b: 'x' is not a number

% printf 'size_deg,error\n1,2\n2,3\n' > t.csv
$ whatwhere analyse t.csv correlation size_dog error
? 1
!~ ^whatwhere: t\.csv:.*size_dog.*did you mean 'size_deg'\?$

% printf 'a,b\n1,2,3\n' > t.csv
$ whatwhere analyse t.csv correlation a b
? 1
! whatwhere: t.csv:2: 3 cells, 2 wanted
