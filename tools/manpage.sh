#!/bin/sh
# Writes whatwhere.1 to stdout from what the command says of itself.
#
#   tools/manpage.sh WHATWHERE VERSION
set -eu
exe=$1

verbatim() { # text as it is, for troff
    echo .nf
    sed 's/\\/\\e/g; s/-/\\-/g; s/^\([.'"'"']\)/\\\&\1/'
    echo .fi
}

cat << END
.TH WHATWHERE 1 "" "whatwhere $2" "User commands"
.SH NAME
whatwhere \\- simulates the visual streams of the primate brain
.SH SYNOPSIS
.B whatwhere
.I COMMAND
[options]
.SH DESCRIPTION
A brain whose areas are wired by an anatomical table is trained, damaged, and tested with the
paradigms that people and patients are tested with. Each command below shows its options with
.BR \\-\\-help .
.SH COMMANDS
END
for command in $("$exe" list commands --names); do
    echo ".SS $command"
    "$exe" "$command" --help | verbatim
done
cat << 'END'
.SH EXIT STATUS
0 when the command did what it says; 1 after a failure and 2 after wrong usage, with one line on
standard error that says what is wrong; 130 after an interrupt (the first one stops at a safe place,
the second one at once). A model that does not show a published finding is no failure.
.SH ENVIRONMENT
.TP
.B WHATWHERE_HOME
a folder whose tables (connectome/, experiments/) go before those that were installed
.TP
.B WW_DEBUG
1: a failure also names the place in the C source
END
