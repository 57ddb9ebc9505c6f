/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_BASE_STATUS_H
#define WW_ENGINE_BASE_STATUS_H

/* Status codes and the one message that goes with them.
 *
 * Every function that can fail returns ww_status. The message is set once, at the place that knows
 * file, line, key and shape, and travels in a fixed thread-local buffer, so it works out of memory:
 *
 *     return WW_FAIL(WW_EPARSE, "%s:%d: %s: '%s' is not a number", file, line, key, text);
 *     WW_TRY(ww_yaml_read(&doc, path));
 *
 * Messages are one line, lower case, without a full stop; they name what is wrong and what would
 * be right. The library never prints and never exits; programming errors assert. */

#include <stdbool.h>

#define WW_STATUS_LIST(X)                                                                          \
    X(WW_OK, "no error")                                                                           \
    X(WW_ENOMEM, "out of memory")                                                                  \
    X(WW_EINVAL, "invalid argument")                                                               \
    X(WW_EPARSE, "malformed input")                                                                \
    X(WW_EIO, "input or output failed")                                                            \
    X(WW_ESHAPE, "shapes do not fit")                                                              \
    X(WW_ENOTFOUND, "not found")                                                                   \
    X(WW_ENUMERIC, "not a finite number")                                                          \
    X(WW_EINTERRUPTED, "interrupted")                                                              \
    X(WW_EBACKEND, "a numerical library failed")

typedef enum ww_status {
#define WW_STATUS_ENUM(code, text) code,
    WW_STATUS_LIST(WW_STATUS_ENUM)
#undef WW_STATUS_ENUM
} ww_status;

#if defined(__GNUC__)
#define WW_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define WW_MUST_CHECK        __attribute__((warn_unused_result))
#else
#define WW_PRINTF(fmt, args)
#define WW_MUST_CHECK
#endif

/** The words of a code, for example "out of memory"; never NULL. */
const char *ww_status_text(ww_status code);

/** Sets this thread's message and returns `code`, so that the two cannot diverge. Use WW_FAIL. */
ww_status ww_fail(ww_status code, const char *c_file, int c_line, const char *format, ...)
    WW_PRINTF(4, 5);

/** Puts "prefix" before the message of this thread: for the one caller that knows more
 * ("area V4: "). Does nothing when there is no message. */
void ww_error_prefix(const char *format, ...) WW_PRINTF(1, 2);

/** This thread's last message, "" if none; owned by the library, valid until the next failure. */
const char *ww_error_message(void);

/** Where in the C source the message was set ("engine/store/yaml.c:41"), for WW_DEBUG=1. */
const char *ww_error_origin(void);

/** Forgets the message of this thread. */
void ww_error_clear(void);

/* The comma shows the compiler which status comes back, so that it sees that what a failed function
 * left unset is not used. */
#define WW_FAIL(code, ...) (ww_fail((code), __FILE__, __LINE__, __VA_ARGS__), (code))

/** Returns the status of `call` from the calling function unless it is WW_OK. */
#define WW_TRY(call)                                                                               \
    do {                                                                                           \
        ww_status ww_try_status_ = (call);                                                         \
        if (ww_try_status_ != WW_OK)                                                               \
            return ww_try_status_;                                                                 \
    } while (0)

/** Stores the status of `call` in `status` and jumps to `out` unless it is WW_OK. */
#define WW_TRY_OR(call, status, out)                                                               \
    do {                                                                                           \
        (status) = (call);                                                                         \
        if ((status) != WW_OK)                                                                     \
            goto out;                                                                              \
    } while (0)

#endif
