/* SPDX-License-Identifier: GPL-3.0-or-later */
/* WW_VERSION, WW_COMMIT and WW_LIBRARIES come from the makefile, for this file alone. */
#include "engine/base/version.h"

const char *ww_version(void)
{
    return WW_VERSION;
}

const char *ww_commit(void)
{
    return WW_COMMIT;
}

const char *ww_compiler(void)
{
#if defined(__clang__)
    return "clang " __clang_version__;
#elif defined(__GNUC__)
    return "gcc " __VERSION__;
#else
    return "unknown compiler";
#endif
}

const char *ww_libraries(void)
{
    return WW_LIBRARIES;
}
