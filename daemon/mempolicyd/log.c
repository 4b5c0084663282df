// SPDX-License-Identifier: GPL-2.0-only
/*
 * Journal or standard error; see log.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

#include "log.h"

static int log_level = LOG_INFO;
static bool log_to_journal;

/* JOURNAL_STREAM names the device and inode that stderr has when the journal reads it. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device, inode;
	struct stat st;

	if (!stream || sscanf(stream, "%" SCNuMAX ":%" SCNuMAX, &device, &inode) != 2)
		return false;
	return fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

void mp_log_open(int max_level)
{
	log_level = max_level;
	log_to_journal = stderr_is_journal();
}

void mp_log_fields(int priority, const struct iovec *iov, int n)
{
	static const char prefix[] = "MESSAGE=";
	const size_t skip = sizeof(prefix) - 1;

	if (log_to_journal && sd_journal_sendv(iov, n) >= 0)
		return;
	if (priority > log_level || iov[0].iov_len < skip)
		return;
	fprintf(stderr, "%.*s\n", (int)(iov[0].iov_len - skip),
		(const char *)iov[0].iov_base + skip);
}

static void log_va(int priority, const char *suffix, const char *format, va_list ap)
{
	_cleanup_free_ char *text = NULL, *message = NULL;
	char level[sizeof("PRIORITY=7")];
	struct iovec iov[2];

	if (priority > log_level)
		return;
	if (vasprintf(&text, format, ap) < 0) {
		text = NULL;
		return;
	}
	if (asprintf(&message, "MESSAGE=%s%s%s", text, suffix ? ": " : "", suffix ?: "") < 0) {
		message = NULL;
		return;
	}
	snprintf(level, sizeof(level), "PRIORITY=%d", priority & LOG_PRIMASK);
	iov[0] = (struct iovec){ message, strlen(message) };
	iov[1] = (struct iovec){ level, strlen(level) };
	mp_log_fields(priority, iov, 2);
}

void mp_log(int priority, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	log_va(priority, NULL, format, ap);
	va_end(ap);
}

int mp_log_errno(int priority, int error, const char *format, ...)
{
	va_list ap;

	error = error < 0 ? -error : error;
	va_start(ap, format);
	log_va(priority, strerror(error), format, ap);
	va_end(ap);
	return -error;
}
