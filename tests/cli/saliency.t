# one red bar among green ones draws the eye at once; the picture is drawn by the command itself
$ whatwhere stimuli show search --items 1 --columns 1 --width-px 256 --height-px 192 --seed 3 -o s.png && whatwhere saliency s.png -o map.png --overlay over.png --fixations 2 && ls && od -An -tu1 -j16 -N8 map.png
> ^fixation +x_px +y_px +time_ms +salience$
> ^1 +[0-9.]+ +[0-9.]+ +[0-9]+ +1\.000$
> ^2 +[0-9.]+ +[0-9.]+ +[0-9]+ +0\.[0-9]+$
> ^map\.png$
> ^over\.png$
# 260 x 196: the sheet has a margin of 2
> ^   0   0   1   4   0   0   0 196$

$ whatwhere stimuli show search --items 1 --columns 1 --width-px 64 --height-px 64 -o s.png && whatwhere saliency s.png --model gbvs --side-px 256 --fixations 0 -o map.h5 && ls
> ^map\.h5$

# nothing stands out of a picture of one grey
% printf 'P5 32 32 255\n' > grey.pgm; head -c 1024 /dev/zero | tr '\0' 'x' >> grey.pgm
$ for m in itti gbvs; do whatwhere saliency grey.pgm --model $m --side-px 256; done | sort -u | wc -l
> ^1$

% printf 'P5 8 8 255\n' > tiny.pgm; head -c 64 /dev/zero >> tiny.pgm
$ whatwhere saliency tiny.pgm -o map.png
? 1
! whatwhere: tiny.pgm: 8 x 8 pixels are too few for saliency; 16 a side is the least

% printf 'P5 160 16 255\n' > strip.pgm; head -c 2560 /dev/zero >> strip.pgm
$ whatwhere saliency strip.pgm
? 1
! whatwhere: strip.pgm: 160 x 16 pixels: one side may be at most 8 times as long as the other

% printf 'not a picture' > text.png
$ whatwhere saliency text.png
? 1
!~ ^whatwhere: text\.png: .*(PNG|picture)

$ whatwhere saliency nowhere.png
? 1
!~ ^whatwhere: nowhere\.png: no such file or directory$

$ whatwhere saliency
? 2
! whatwhere: an argument is missing; wanted: PICTURE

$ whatwhere saliency a.png -o map.pdf
? 2
! whatwhere: -o map.pdf: a map is a PNG or an HDF5 file; let its name end with .png or .h5

$ whatwhere saliency a.png --overlay o.jpg
? 2
! whatwhere: --overlay o.jpg: the overlay is a PNG; let its name end with .png

$ whatwhere saliency a.png --model itty
? 2
!~ ^whatwhere: --model: 

$ for c in "--model gbvs --promotion maximum" "--sigma 0.2" "--iterations 3" "--fixations 0 --focus 0.2"; do whatwhere saliency a.png $c; [ $? = 2 ] || echo "$c: not status 2" >&2; done
! whatwhere: --promotion: it belongs to --model itti
! whatwhere: --sigma: it belongs to --model gbvs
! whatwhere: --iterations: it belongs to --promotion iterative
! whatwhere: --focus: there is no gaze without fixations
