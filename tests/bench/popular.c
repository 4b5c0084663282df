// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads whole files by popularity, as a server of static files does; now and then other files are popular. A
 * workload of `make bench`: what is read from one end to the other is not always read once. It advises the kernel
 * of nothing.
 *
 *   popular DIRECTORY FILES REQUESTS SHIFTS     files are named 0000, 0001, ... as for search; popularity is
 *                                               Zipf(0.99), and SHIFTS times others take it over
 */
#include "../../examples/microbenchmark/zipf.h"

#include <err.h>
#include <fcntl.h>

static char buffer[64 << 10];

static void read_file(int directory, u32 number)
{
	char name[16];
	ssize_t got;
	int fd;

	snprintf(name, sizeof(name), "%04u", number);
	fd = openat(directory, name, O_RDONLY);
	if (fd < 0)
		err(1, "%s", name);
	while ((got = read(fd, buffer, sizeof(buffer))) > 0)
		;
	if (got < 0)
		err(1, "%s", name);
	close(fd);
}

static void shuffle(struct mb_rng *rng, u32 *files, u32 nr)
{
	for (u32 i = nr - 1; i > 0; i--) {
		u32 other = (u32)mb_rng_below(rng, i + 1), file = files[i];

		files[i] = files[other];
		files[other] = file;
	}
}

int main(int argc, char **argv)
{
	u32 nr = argc == 5 ? (u32)atoi(argv[2]) : 0, requests = nr ? (u32)atoi(argv[3]) : 0, *files,
	    every;
	struct mb_zipf zipf;
	struct mb_rng rng;
	int directory;

	if (!requests) {
		fprintf(stderr, "Usage: %s DIRECTORY FILES REQUESTS SHIFTS\n", argv[0]);
		return 2;
	}
	directory = open(argv[1], O_RDONLY | O_DIRECTORY);
	if (directory < 0)
		err(1, "%s", argv[1]);
	files = calloc(nr, sizeof(*files));
	if (!files || mb_zipf_init(&zipf, nr, 0.99) < 0)
		errx(1, "out of memory");
	for (u32 i = 0; i < nr; i++)
		files[i] = i;
	every = requests / ((u32)atoi(argv[4]) + 1);
	mb_rng_seed(&rng, 1);
	for (u32 i = 0; i < requests; i++) {
		if (i % every == 0)
			shuffle(&rng, files, nr);
		read_file(directory, files[mb_zipf_draw(&zipf, &rng)]);
	}
	return 0;
}
