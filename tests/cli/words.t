# The first word, and the options that all commands share.

$ whatwhere
> ^  list +lists the families
> ^  show +shows what a part is

$ whatwhere --help
> ^Usage: whatwhere COMMAND

$ whatwhere -h
> ^Usage: whatwhere COMMAND

$ whatwhere lst
? 2
! whatwhere: unknown command 'lst'; did you mean 'list'?

$ whatwhere frobnicate
? 2
! whatwhere: unknown command 'frobnicate'; 'whatwhere list commands' shows those that exist

$ whatwhere ''
? 2
! whatwhere: unknown command ''; 'whatwhere list commands' shows those that exist

$ whatwhere -q list
? 2
! whatwhere: -q: the command comes first, its options after it

$ whatwhere list --foo
? 2
! whatwhere: --foo: unknown option; 'whatwhere list --help' lists them

$ whatwhere list --name
? 2
! whatwhere: --name: unknown option; did you mean '--names'?

$ whatwhere list -x
? 2
! whatwhere: -x: unknown option; 'whatwhere list --help' lists them

$ whatwhere list --names=3
? 2
! whatwhere: --names=3: it takes no value

$ whatwhere list --set a=1
? 2
! whatwhere: --set: there is nothing to set for 'list'

$ whatwhere list -o x
? 2
! whatwhere: -o: 'list' writes no file

$ whatwhere train b --seed
? 2
! whatwhere: --seed: a value is missing

$ whatwhere train b --seed -1
? 2
! whatwhere: --seed: '-1' is not an integer from 0 to 18446744073709551615

$ whatwhere train b --seed text
? 2
! whatwhere: --seed: 'text' is not an integer from 0 to 18446744073709551615

$ whatwhere train b --seed 18446744073709551616
? 2
! whatwhere: --seed: '18446744073709551616' is not an integer from 0 to 18446744073709551615

$ whatwhere train b --seed ''
? 2
! whatwhere: --seed: '' is not an integer from 0 to 18446744073709551615

$ whatwhere list --threads 0
? 2
! whatwhere: --threads: 0 is outside 1 to 1024

$ whatwhere list --threads -1
? 2
! whatwhere: --threads: -1 is outside 1 to 1024

$ whatwhere list --threads two
? 2
! whatwhere: --threads: 'two' is not an integer

$ whatwhere list --threads 1.5
? 2
! whatwhere: --threads: '1.5' is not an integer

# an argument cannot break the one line
$ whatwhere "$(printf 'two\nlines')"
? 2
! whatwhere: unknown command 'two?lines'; 'whatwhere list commands' shows those that exist

# the place in the source stands behind the message only when asked for
$ WW_DEBUG=1 whatwhere lst
? 2
!~ ^whatwhere: unknown command 'lst'; did you mean 'list'\? \(engine/base/registry\.c:[0-9]+\)$

# a full disk is a failure, a reader that leaves is not
$ whatwhere list > /dev/full
? 1
! whatwhere: standard output could not be written

$ { whatwhere list commands; echo "ended with $?" >&2; } | true
! ended with 0

$ whatwhere train b --plan nowhere.h5
? 1
!~ ^whatwhere: nowhere\.h5: 

# options of one value that are given twice; those that may be given again are
$ whatwhere train two-streams-small --seed 1 --seed 2; whatwhere stimuli show scene -o a.png --output b.png; whatwhere lesion b.h5 --data a --data b; whatwhere connectome --threads 1 --threads 1; whatwhere lesion none.h5 --lesion FFA --lesion V4 -q -q; ls
? 0
! whatwhere: --seed: it was given twice
! whatwhere: --output: it was given twice
! whatwhere: --data: it was given twice
! whatwhere: --threads: it was given twice
!~ ^whatwhere: none\.h5: .*
