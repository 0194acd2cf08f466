// SPDX-License-Identifier: GPL-2.0-only
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

const char *log_stamp(char buf[static LOG_STAMP_LEN])
{
	struct timespec now;
	struct tm tm;
	size_t n;

	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
	gmtime_r(&now.tv_sec, &tm);
	n = strftime(buf, LOG_STAMP_LEN, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(buf + n, LOG_STAMP_LEN - n, ".%03ldZ", now.tv_nsec / 1000000); /* it fits */
	return buf;
}

void log_write(enum log_level level, const char *fmt, ...)
{
	static const char *const names[] = {"error", "warning", "info"};
	char line[1024], when[LOG_STAMP_LEN];
	int saved = errno, n, m;
	va_list ap;

	n = snprintf(line, sizeof(line), "%s %s ", log_stamp(when), names[level]);
	va_start(ap, fmt);
	m = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, ap);
	va_end(ap);
	n = m < 0 ? n : m > (int)sizeof(line) - n - 2 ? (int)sizeof(line) - 2 : n + m;
	line[n++] = '\n';
	(void)!write(STDERR_FILENO, line, (size_t)n); /* a log that cannot be written is lost */
	errno = saved;
}
