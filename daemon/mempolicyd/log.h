/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the daemon's own words go: the journal when systemd started it, standard error when a
 * person did. Used by everything in daemon/mempolicyd; it must never block on anything but those
 * two, and never be called from daemon/lib.
 */
#ifndef MP_LOG_H
#define MP_LOG_H

#include <syslog.h>

#include "macro.h"

struct iovec;

void mp_log_open(int max_level);
void mp_log(int priority, const char *format, ...) _printf_(2, 3);

/* Logs "...: strerror(error)" and returns -|error|. */
int mp_log_errno(int priority, int error, const char *format, ...) _printf_(3, 4);

/*
 * One record with structured fields; iov[0] must be MESSAGE=. On a terminal only the message is
 * printed.
 */
void mp_log_fields(int priority, const struct iovec *iov, int n);

#endif
