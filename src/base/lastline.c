// SPDX-License-Identifier: GPL-2.0-only
#include "base/lastline.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TAIL 2048

void lastline_make_printable(char *s)
{
	for (; *s; s++)
		if (*s < ' ' || *s == 0x7f) /* char is signed: all beyond ASCII too */
			*s = '?';
}

/* Skips "2026-01-31T12:00:00.123Z error " of base/log.h. */
static const char *skip_stamp(const char *line)
{
	const char *level = strchr(line, ' ');
	const char *text = level ? strchr(level + 1, ' ') : NULL;

	if (!text || line[0] < '0' || line[0] > '9' || level - line != 24)
		return line;
	return text + 1;
}

void lastline_read(int fd, off_t from, char *line, size_t room)
{
	char tail[TAIL], *start;
	struct stat st;
	ssize_t n;

	line[0] = '\0';
	if (fstat(fd, &st))
		return;
	if (st.st_size < from) /* it was cut meanwhile */
		from = 0;
	if (st.st_size - from > TAIL - 1)
		from = st.st_size - (TAIL - 1);
	n = pread(fd, tail, TAIL - 1, from);
	while (n > 0 && tail[n - 1] == '\n')
		n--;
	if (n <= 0)
		return;
	tail[n] = '\0';
	start = memrchr(tail, '\n', (size_t)n);
	(void)snprintf(line, room, "%s", skip_stamp(start ? start + 1 : tail)); /* may be cut */
	lastline_make_printable(line);
}
