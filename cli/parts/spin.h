/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_CLI_PARTS_SPIN_H
#define WW_CLI_PARTS_SPIN_H

/** Sees to it that threads which wait for each other spin for a tenth of a millisecond, not for
 * several; may start the program once more, with `argv`. Call it first. */
void ww_spin_briefly(char **argv);

#endif
