/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kill test of studies, at more moments than the quick tests have time for. */
#include "tests/support/folder.h"
#include "tests/support/killed_study.h"
#include "tests/support/tiny.h"

TestSuite(killed, .init = ww_folder_make, .fini = ww_folder_remove);

Test(killed, a_study_at_twenty_moments_ends_with_the_same_bits)
{
    ww_tiny_brain();
    ww_kill_study(20);
}
