# Ctrl-C (SIGINT, exit status 130) and a polite kill (SIGTERM, 143) in the middle of long work: one
# line, what was there stays whole, and no piece of a new file. `cut SIGNAL WAIT COMMAND` sends the
# signal as soon as the command catches it and WAIT comes true (or it has ended by itself).

% printf 'signal=$1 wait=$2; shift 2\n"$@" > table & p=$!\nready() { if test -e /proc/self/status; then grep -qs "^SigCgt:.*[4567cdef]...$" /proc/$p/status; else sleep 1; fi; }\nuntil { ready && eval "$wait"; } || ! kill -0 $p 2> /dev/null; do sleep 0.05; done\nkill -$signal $p; wait $p\n' > cut
$ sh cut INT : whatwhere stimuli show scene --items 10000 --columns 100 -q -o sheet.png; s=$?; ls -A; exit $s
? 130
> ^cut$
!~ ^whatwhere: interrupted after [0-9]+ of 10000 items$

# training: the checkpoint of the last step is kept, and goes on
% printf 'signal=$1 wait=$2; shift 2\n"$@" > table & p=$!\nready() { if test -e /proc/self/status; then grep -qs "^SigCgt:.*[4567cdef]...$" /proc/$p/status; else sleep 1; fi; }\nuntil { ready && eval "$wait"; } || ! kill -0 $p 2> /dev/null; do sleep 0.05; done\nkill -$signal $p; wait $p\n' > cut
$ T="--test 0 -q --set training.samples_per_epoch=64 --set training.validation_samples=20"; for s in INT TERM; do sh cut $s 'test -e b.h5' whatwhere train two-streams-small -o b.h5 --epochs 100000 --resume $T; echo "status $?"; done; whatwhere lesion b.h5 --trials 10 -q; ls -A | tr '\n' ' '
> ^status 130$
> ^status 143$
> ^intact$
> ^b\.h5 cut table $
!~ ^whatwhere: training was interrupted after step [0-9]+; b\.h5 goes on from there$
!~ ^whatwhere: (training was interrupted after step [0-9]+; b\.h5 goes on from there|interrupted while 20 trials were drawn)$

# a lesion test: what was at the name of the results stays
% printf 'signal=$1 wait=$2; shift 2\n"$@" > table & p=$!\nready() { if test -e /proc/self/status; then grep -qs "^SigCgt:.*[4567cdef]...$" /proc/$p/status; else sleep 1; fi; }\nuntil { ready && eval "$wait"; } || ! kill -0 $p 2> /dev/null; do sleep 0.05; done\nkill -$signal $p; wait $p\n' > cut
% whatwhere train two-streams-small -o b.h5 --epochs 1 --test 0 -q --set training.samples_per_epoch=32 --set training.validation_samples=0 && echo old > r.h5
$ L="whatwhere lesion b.h5 --lesion FFA --lesion V4 --lesion MT --lesion V1 -q -o r.h5"; sh cut INT 'ls r.h5.tmp* > /dev/null 2>&1' $L --trials 400; echo "status $?"; sh cut TERM 'grep -q FFA table' $L --trials 400; echo "status $?"; cat r.h5; ls -A | tr '\n' ' '
> ^status 130$
> ^status 143$
> ^old$
> ^b\.h5 cut r\.h5 table $
!~ ^whatwhere: interrupted (after 0 of 4 lesions|while 400 trials were drawn)$
!~ ^whatwhere: interrupted after [1-4] of 4 lesions$

# a study: its processes stop too; what they have is kept, without claims made of half of it
% printf 'signal=$1 wait=$2; shift 2\n"$@" > table & p=$!\nready() { if test -e /proc/self/status; then grep -qs "^SigCgt:.*[4567cdef]...$" /proc/$p/status; else sleep 1; fi; }\nuntil { ready && eval "$wait"; } || ! kill -0 $p 2> /dev/null; do sleep 0.05; done\nkill -$signal $p; wait $p\n' > cut
$ R="whatwhere run lesion-battery --demo --seeds 2 --jobs 2 -o $PWD/out -q --set training.epochs=100000 --set training.samples_per_epoch=64 --set training.validation_samples=20"; for s in INT TERM; do sh cut $s 'test -e out/models/two-streams-small-seed1.h5' $R; echo "status $?"; done; find out -name '*tmp*' -o -name results.h5; for p in /proc/[0-9]*; do tr '\0' ' ' < $p/cmdline; echo; done 2> /dev/null | grep -c "^[^ ]*whatwhere run --job .* -o $PWD/out " ; ls out/models | sed 's/-seed.*//' | sort -u
> ^status 130$
> ^status 143$
> ^0$
> ^two-streams-small$
!~ ^whatwhere: interrupted; what is done is kept in /.*/out$
!~ ^whatwhere: interrupted; what is done is kept in /.*/out$
