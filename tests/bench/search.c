// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads every file of a directory, again and again, as a search over a source tree does; a workload of
 * `make bench`. It advises the kernel of nothing.
 *
 *   search DIRECTORY PASSES     files are named 0000, 0001, ... without a gap, as split -d -a 4 does
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char buffer[64 << 10];

/* Returns 0 when there is no such file. */
static int search_file(int directory, int number)
{
	char name[16];
	ssize_t got;
	int fd;

	snprintf(name, sizeof(name), "%04d", number);
	fd = openat(directory, name, O_RDONLY);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		err(1, "%s", name);
	while ((got = read(fd, buffer, sizeof(buffer))) > 0)
		;
	if (got < 0)
		err(1, "%s", name);
	close(fd);
	return 1;
}

int main(int argc, char **argv)
{
	int directory;

	if (argc != 3) {
		fprintf(stderr, "Usage: %s DIRECTORY PASSES\n", argv[0]);
		return 2;
	}
	directory = open(argv[1], O_RDONLY | O_DIRECTORY);
	if (directory < 0)
		err(1, "%s", argv[1]);
	for (int pass = 0; pass < atoi(argv[2]); pass++) {
		int number = 0;

		while (search_file(directory, number))
			number++;
		if (!number)
			errx(1, "%s: no files", argv[1]);
	}
	return 0;
}
