# Bad input, first part: files that are read or written. What is wrong takes one line that names the
# file, and nothing half written is left. Kinds of bad input and where their messages are tested
# (bad-files.t: F, bad-words.t: W, COMMAND.t: the command's own file):
#
#   files read      1 missing F  2 not readable F  3 a folder F  4 empty F  5 IDX cut short F  6 gzipped IDX
#                   cut short F  7 IDX of another kind F  8 as many labels as pictures F  9 PNG damaged F
#                   10 PNG cut short F  11 empty folder F  12 one class F  13 class without a picture F
#                   14 no HDF5 F  15 HDF5 of another program F  16 HDF5 cut short F  17 checkpoint of
#                   another brain F  18 of another shape F  19 of another seed F  20 file without figures F
#                   21 no such figure F
#   files written   22 disk full F stimuli  23 folder that is not there F stimuli  24 file for a folder F
#                   25 folder for a file F stimuli  26 no permission F  27 the input itself lesion  28 no
#                   regular file F  29 a name's ending stimuli connectome
#   brains (YAML)   30 unknown key W  31 out of range W  32 wrong type W  33 list for a value W  34 map for a
#                   value W  35 value for a map W  36 twice the same key W  37 nothing in it W  38 no YAML W
#                   39 no text W  40 missing key W  41 unknown area W connectome  42 unknown area of a
#                   pathway W  43 no pathway W  44 cycle without feedback W connectome  45 area without
#                   input W  46 too many classes W  47 batch beyond the epoch W  48 unknown brain W
#   lesions         49 unknown area W lesion  50 unknown pathway W  51 class that an area lacks W  52 dose W
#                   53 unknown key W  54 no word W
#   studies         55 unknown experiment W run  56 unknown brain W  57 unknown lesion W run  58 seeds W run
#                   59 trials W run  60 doses W  61 twice the same W  62 key of a brain W
#   tables          63 text for a number analyse  64 infinite W  65 no number left W  66 ragged row analyse
#                   67 unknown column analyse  68 no names of columns W
#   command line    69 unknown command words  70 unknown option words  71 option without value W words
#                   72 value for none words  73 options that exclude each other W train  74 argument
#                   missing list show  75 argument too many list show  76 unknown item list show analyse
#                   77 negative seed W words  78 no trials W  79 number out of range stimuli words
#                   80 no number stimuli words  81 --set without '=' stimuli

$ for f in a.h5 a.yaml a.tsv; do whatwhere connectome $f; whatwhere lesion $f; whatwhere figure $f; done; whatwhere train a.yaml; whatwhere train two-streams-small --data a; whatwhere run a.yaml; whatwhere analyse a.csv mean x; ls
! whatwhere: unknown table or brain 'a.h5'
! whatwhere: a.h5: no such file or directory
! whatwhere: a.h5: no such file or directory
! whatwhere: a.yaml: no such file or directory
! whatwhere: a.yaml: no such file or directory
! whatwhere: a.yaml: no such file or directory
! whatwhere: a.tsv: no such file or directory
! whatwhere: a.tsv: no such file or directory
! whatwhere: a.tsv: no such file or directory
! whatwhere: a.yaml: no such file or directory
! whatwhere: a: no such file or directory
! whatwhere: a.yaml: no such file or directory
! whatwhere: a.csv: no such file or directory

# what may not be read or written; root may all, and becomes nobody for it
% printf '#!/bin/sh\n[ "$(id -u)" != 0 ] || exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"\nexec "$@"\n' > as
% chmod 755 as . .. && mkdir closed && echo old > kept.h5 && cp kept.h5 kept.png && touch x.yaml x.h5 x.csv && chmod 000 x.* && chmod 444 kept.*
% ./as whatwhere show brain two-streams-small > ../brain 2>&1 || exit 77
$ for c in "train x.yaml" "lesion x.h5" "run x.yaml" "analyse x.csv mean a" "figure x.h5" "stimuli show bar --items 1 -o kept.png" "stimuli show bar --items 1 -o closed/b.png" "train two-streams-small -o closed/b.h5" "train two-streams-small -o kept.h5" "run lesion-battery -o closed/r"; do ./as whatwhere $c || echo "status $?" >&2; done; cat kept.* | sort -u; ls closed
> ^old$
! whatwhere: x.yaml: permission denied
! status 1
! whatwhere: x.h5: permission denied
! status 1
! whatwhere: x.yaml: permission denied
! status 1
! whatwhere: x.csv: permission denied
! status 1
! whatwhere: x.h5: permission denied
! status 1
! whatwhere: kept.png: permission denied
! status 1
! whatwhere: closed/b.png: permission denied
! status 1
! whatwhere: closed/b.h5: permission denied
! status 1
! whatwhere: kept.h5: permission denied
! status 1
! whatwhere: closed/r: permission denied
! status 1

% mkdir d && touch e.h5 e.yaml e.csv
$ for f in d e.h5; do whatwhere lesion $f; whatwhere figure $f; done; whatwhere analyse d mean x; for f in d e.yaml; do whatwhere connectome $f; done; whatwhere run e.yaml; whatwhere analyse e.csv mean x
? 1
! whatwhere: d: is a directory
! whatwhere: d: is a directory
! whatwhere: e.h5: no HDF5 file
! whatwhere: e.h5: no HDF5 file
! whatwhere: d: is a directory
! whatwhere: unknown table or brain 'd'
! whatwhere: e.yaml:1: nothing but blanks and comments
! whatwhere: e.yaml:1: nothing but blanks and comments
! whatwhere: e.csv: no line that names the columns

# pictures in the format of MNIST: 4 of 2 x 2 pixels, classes 0 and 1
% mkdir raw gz kind count && printf '\0\0\010\003\0\0\0\004\0\0\0\002\0\0\0\0020123456789abcdef' > images && printf '\0\0\010\001\0\0\0\004\0\001\0\001' > labels
% for d in raw gz kind count; do for s in train t10k; do cp images $d/$s-images-idx3-ubyte; cp labels $d/$s-labels-idx1-ubyte; done; done
% head -c 20 images > raw/train-images-idx3-ubyte
% rm gz/train-images-idx3-ubyte && gzip -c images | head -c 30 > gz/train-images-idx3-ubyte.gz
% cp labels kind/train-images-idx3-ubyte
% printf '\0\0\010\001\0\0\0\003\0\001\0' > count/train-labels-idx1-ubyte
$ for d in raw gz kind count; do whatwhere train two-streams-small --data $d -o b.h5 -q || echo "status $?" >&2; done; ls
> ^raw$
! whatwhere: raw/train-images-idx3-ubyte: cut short: 4 bytes where 16 are wanted
! status 1
! whatwhere: gz/train-images-idx3-ubyte.gz: cut short
! status 1
!~ ^whatwhere: kind/train-images-idx3-ubyte: 
! status 1
!~ ^whatwhere: count/train-labels-idx1-ubyte: 
! status 1

% for d in bad cut one empty none; do mkdir -p $d; done && mkdir -p one/a none/a none/b
% whatwhere stimuli show bar --items 1 --width-px 16 --height-px 16 -o p.png
% for d in bad cut; do for c in a b; do mkdir $d/$c; for i in 1 2; do cp p.png $d/$c/$i.png; done; done; done; cp p.png one/a; cp p.png none/a
% { head -c 50 p.png; printf 'XXXX'; tail -c +55 p.png; } > bad/b/1.png; head -c 60 p.png > cut/b/1.png
$ for d in bad cut one empty none; do whatwhere train two-streams-small --data $d -o b.h5 -q || echo "status $?" >&2; done; ls *.h5 2>/dev/null
? 2
!~ ^whatwhere: bad/b/1\.png: a damaged PNG file: 
! status 1
! whatwhere: cut/b/1.png: a damaged PNG file: cut short
! status 1
! whatwhere: one: only one class, 'a'; at least two are wanted
! status 1
! whatwhere: empty: no IDX files, no CIFAR files, no folders of classes in it
! status 1
! whatwhere: none/b: no picture (png, jpg, pgm, ppm) in it
! status 1

# checkpoints: cut short, of another brain, shape and seed; results without figures
% whatwhere train two-streams-small -o b.h5 --epochs 1 --test 0 -q --set training.samples_per_epoch=32 --set training.validation_samples=0
% head -c 5000 b.h5 > cut.h5 && printf 'not HDF5 at all' > no.h5 && cp b.h5 kept.h5 && whatwhere lesion b.h5 --trials 10 -q -o r.h5 > table
$ for c in "lesion cut.h5" "figure cut.h5" "lesion no.h5" "lesion r.h5" "figure b.h5" "figure r.h5" "figure r.h5 deficits" "train two-streams -o b.h5 --resume" "train two-streams-small -o b.h5 --resume --set area.V4.channels=8" "train two-streams-small -o b.h5 --resume --seed 9 --set training.samples_per_epoch=32" "train two-streams-small -o b.h5 --resume --set training.samples_per_epoch=64" "train two-streams-small -o cut.h5 --resume"; do whatwhere $c -q || echo "status $?" >&2; done; cmp b.h5 kept.h5; ls -A | tr '\n' ' '
> ^b.h5 cut.h5 kept.h5 no.h5 r.h5 table $
!~ ^whatwhere: cut\.h5: a damaged HDF5 file: cut short: 5000 bytes where [0-9]+ are wanted$
! status 1
!~ ^whatwhere: cut\.h5: a damaged HDF5 file: cut short: 5000 bytes where [0-9]+ are wanted$
! status 1
! whatwhere: no.h5: no HDF5 file
! status 1
! whatwhere: r.h5: no checkpoint of whatwhere
! status 1
! whatwhere: b.h5: there are no figures; results.h5 of a study has some
! status 1
! whatwhere: r.h5: there are no figures; results.h5 of a study has some
! status 1
! whatwhere: r.h5: there is no figure 'deficits'
! status 1
! whatwhere: b.h5: a trained two-streams-small, not two-streams
! status 1
!~ ^whatwhere: b\.h5: /values/V4/weight\.[^ ]*: \[24, [0-9]+, 1, 1\] in the file, \[8, [0-9]+, 1, 1\] in the brain$
! status 1
! whatwhere: b.h5: trained with seed 1, not 9
! status 1
! whatwhere: b.h5: trained with batches of 32 of 32 samples, not 32 of 64
! status 1
!~ ^whatwhere: cut\.h5: a damaged HDF5 file: cut short
! status 1

% python3 -c 'import h5py; h5py.File("other.h5", "w")["x"] = [1, 2]' 2> /dev/null || exit 77
$ for c in "lesion other.h5" "figure other.h5" "train two-streams-small --resume -o other.h5" "run x.yaml"; do printf 'study: x\nbrains: [other.h5]\nexperiments: [scene-tasks]\n' > x.yaml; whatwhere $c || echo "status $?" >&2; done
! whatwhere: other.h5: no checkpoint of whatwhere
! status 1
! whatwhere: other.h5: there are no figures; results.h5 of a study has some
! status 1
! whatwhere: other.h5: no checkpoint of whatwhere
! status 1
! whatwhere: x.yaml:2: brains: other.h5: no checkpoint of whatwhere
! status 1

# a folder that is not there, a file in its place, a folder in a file's, what is no regular file; found
# before the work, not after it (the brain would take minutes)
% touch f && mkdir d d.csv && printf 'a\n1\n2\n3\n' > t.csv
$ for o in no/x f/x d /dev/null; do whatwhere train two-streams -q -o $o || echo "status $?" >&2; done; for o in no/x f/x f; do whatwhere run lesion-battery -q -o $o || echo "status $?" >&2; done; for o in no/x f/x d; do whatwhere analyse t.csv mean a -o $o.csv || echo "status $?" >&2; done; ls d; ls -A | tr '\n' ' '
> ^d d\.csv f t\.csv $
! whatwhere: no/x: no such file or directory
! status 1
! whatwhere: f/x: not a directory
! status 1
! whatwhere: d: is a directory
! status 1
! whatwhere: /dev/null: HDF5 needs a regular file
! status 1
! whatwhere: no/x: no such file or directory
! status 1
! whatwhere: f/x: not a directory
! status 1
! whatwhere: f: not a directory
! status 1
! whatwhere: no/x.csv: no such file or directory
! status 1
! whatwhere: f/x.csv: not a directory
! status 1
! whatwhere: d.csv: is a directory
! status 1

# a full disk: a file that cannot grow. The old checkpoint stays, and no piece of a new one
% whatwhere train two-streams-small -o b.h5 --epochs 1 --test 0 -q --set training.samples_per_epoch=32 --set training.validation_samples=0
% cp b.h5 kept.h5 && echo old > r.h5
$ trap '' XFSZ; ulimit -f 8; S="--set training.samples_per_epoch=32 --set training.validation_samples=0"; for c in "train two-streams-small --epochs 2 -o b.h5 --resume $S" "train two-streams-small --epochs 1 -o new.h5 $S" "lesion b.h5 --trials 20 -o r.h5" "lesion b.h5 --trials 20 -o new.h5" "run lesion-battery --demo --jobs 1 -o out --set training.epochs=1 $S"; do whatwhere $c -q > table || echo "status $?" >&2; done; cmp b.h5 kept.h5; cat r.h5; find out -type f; ls -A | tr '\n' ' '
> ^old$
> ^b.h5 kept.h5 out r.h5 table $
! whatwhere: b.h5: file too large
! status 1
! whatwhere: new.h5: file too large
! status 1
! whatwhere: r.h5: file too large
! status 1
! whatwhere: new.h5: file too large
! status 1
! whatwhere: two-streams-small seed 1: out/models/two-streams-small-seed1.h5: file too large
! status 1
