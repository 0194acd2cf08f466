// SPDX-License-Identifier: GPL-2.0-only
/* Runs a fuzz target once over every file of the corpus folders given as arguments. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(1 << 20);
	size_t n;

	if (!f || !data) {
		perror(path);
		exit(1);
	}
	n = fread(data, 1, 1 << 20, f);
	fclose(f);
	(void)LLVMFuzzerTestOneInput(data, n); /* a fuzz target always answers 0 */
	free(data);
	return 1;
}

int main(int argc, char **argv)
{
	int files = 0;

	for (int i = 1; i < argc; i++) {
		DIR *dir = opendir(argv[i]);
		struct dirent *e;

		if (!dir) {
			perror(argv[i]);
			return 1;
		}
		while ((e = readdir(dir))) {
			char path[4096];

			if (e->d_name[0] == '.')
				continue;
			snprintf(path, sizeof(path), "%s/%s", argv[i], e->d_name);
			files += replay(path);
		}
		closedir(dir);
	}
	printf("%d corpus files replayed\n", files);
	return files ? 0 : 1;
}
