$ whatwhere stimuli list
> ^grating +sinusoidal grating

# 3 columns x 2 rows of 16 x 8 pixels with gaps of 2: 3 * (16 + 2) + 2 by 2 * (8 + 2) + 2
$ whatwhere stimuli show bar --width-px 16 --height-px 8 --items 6 --columns 3 -o sheet.png && od -An -tu1 -N24 -w8 sheet.png
> ^ 137  80  78  71  13  10  26  10$
> ^   0   0   0  56   0   0   0  22$

# all frames, twice as large; fewer items than columns: 2 * 3 * 16 + 2 + 2 by 2 * 16 + 2 * 2
$ whatwhere stimuli show grating --width-px 16 --height-px 16 --items 1 --frames 3 --all-frames --zoom 2 -o sheet.png && od -An -tu1 -N24 -w8 sheet.png
> ^   0   0   0 100   0   0   0  36$

# the same seed draws the same bytes, another one others
$ for s in 5 5 6; do whatwhere stimuli show face --seed $s --items 2 -o $s.png; cksum < $s.png; done | sort -u | wc -l
> ^2$

$ whatwhere stimuli show grating --set frequency_cpd=2 --set contrast=0.5 --items 1 -o sheet.png && ls
> ^sheet\.png$

$ whatwhere stimuli
? 2
! whatwhere: an argument is missing; wanted: list, or show NAME

$ whatwhere stimuli draw
? 2
! whatwhere: unknown word 'draw'; wanted: list, or show NAME

$ whatwhere stimuli list grating
? 2
! whatwhere: 'grating' is one argument too many; wanted: list

$ whatwhere stimuli show -o sheet.png
? 2
! whatwhere: an argument is missing; wanted: show NAME

$ whatwhere stimuli show gratin -o sheet.png
? 2
! whatwhere: unknown stimulus 'gratin'; did you mean 'grating'?

$ whatwhere stimuli show grating
? 2
! whatwhere: -o is missing; name the picture, as -o sheet.png

$ whatwhere stimuli show grating -o
? 2
! whatwhere: -o: a value is missing

$ whatwhere stimuli show grating -o sheet.pdf
? 2
! whatwhere: -o sheet.pdf: a contact sheet is a PNG; let its name end with .png

$ whatwhere stimuli show grating --items 0 -o sheet.png
? 2
! whatwhere: --items: 0 is outside 1 to 10000

$ whatwhere stimuli show grating --zoom big -o sheet.png
? 2
! whatwhere: --zoom: 'big' is not an integer

$ whatwhere stimuli show grating --width-deg 200 -o sheet.png
? 2
! whatwhere: --width-deg: 200 is outside 0.1 to 180 deg

$ whatwhere stimuli show grating --items 10000 --columns 2 -o sheet.png
? 2
! whatwhere: the sheet would be 262 x 650002 pixels; 32768 a side is the most

$ whatwhere stimuli show grating --set -o sheet.png
? 2
! whatwhere: --set -o: write --set key=value

$ whatwhere stimuli show grating --set frequency_cpd -o sheet.png
? 2
! whatwhere: --set frequency_cpd: write --set key=value

$ whatwhere stimuli show grating --set frequenzy_cpd=1 -o sheet.png
? 2
! whatwhere: --set frequenzy_cpd: unknown key; did you mean 'frequency_cpd'?

$ whatwhere stimuli show grating --set frequency_cpd=100 -o sheet.png
? 2
! whatwhere: --set frequency_cpd: 100 is outside 0 to 60 cycles/deg

$ whatwhere stimuli show grating --set frequency_cpd=high -o sheet.png
? 2
! whatwhere: --set frequency_cpd: 'high' is not a number

$ whatwhere stimuli show grating --set frequency_cpd= -o sheet.png
? 2
! whatwhere: --set frequency_cpd: '' is not a number

$ whatwhere stimuli show grating --set n_directions=2.5 -o sheet.png
? 2
! whatwhere: --set n_directions: '2.5' is not an integer

$ whatwhere stimuli show grating --set random_phase=perhaps -o sheet.png
? 2
! whatwhere: --set random_phase: 'perhaps' is not yes or no

$ whatwhere stimuli show face --set identity=30 -o sheet.png
? 1
! whatwhere: stimulus face: identity = 30, but there are 20 faces (from 0)

# what cannot be written
$ whatwhere stimuli show grating --items 1 -o missing/sheet.png
? 1
! whatwhere: missing/sheet.png: no such file or directory

% mkdir sheet.png
$ whatwhere stimuli show grating --items 1 -o sheet.png
? 1
! whatwhere: sheet.png: is a directory

# a file that cannot grow (a full disk) leaves neither a picture nor a piece of one
$ (trap '' XFSZ; ulimit -f 8; whatwhere stimuli show scene -o sheet.png); s=$?; test -z "$(ls -A)" && exit $s
? 1
! whatwhere: sheet.png: file too large

# the example of every stimulus draws a sheet
$ for n in $(whatwhere list stimuli --names); do sh -c "$(whatwhere show stimuli $n | sed -n 's/^example *//p')" || exit; test -s sheet.png || exit; rm sheet.png; done

$ for c in "list --items 3" "list -o x.png" "list --seed 2" "list --set a=1"; do whatwhere stimuli $c; [ $? = 2 ] || echo "$c: not status 2" >&2; done; whatwhere connectome --all-pathways; whatwhere figure x.h5 --list -o y
? 2
! whatwhere: --items: it goes with 'show', not with 'list'
! whatwhere: --output: it goes with 'show', not with 'list'
! whatwhere: --seed: it goes with 'show', not with 'list'
! whatwhere: --set: it goes with 'show', not with 'list'
! whatwhere: --all-pathways: it is about the drawing, which -o asks for
! whatwhere: --output: --list draws nothing
