// SPDX-License-Identifier: GPL-2.0-only
/** Log lines on stderr, for programs that run without a user in front of them. */
#pragma once

#define LOG_STAMP_LEN 32

/** The time of day as log lines have it, "2026-01-31T12:00:00.123Z"; gives buf. */
const char *log_stamp(char buf[static LOG_STAMP_LEN]);

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO };

/** Writes "2026-01-31T12:00:00.123Z LEVEL text\n" with one write(2). errno is kept. */
void log_write(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define log_error(...)   log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)    log_write(LOG_LEVEL_INFO, __VA_ARGS__)
