// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keeps the first bytes of some files in memory, as vmtouch -l does, until it is killed: what a user without
 * this project would do. The pages are charged to the cgroup it runs in. A baseline of `make bench`.
 *
 *   pin BYTES FILE...     prints "pinned" once they are in memory
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	off_t left = argc > 2 ? atoll(argv[1]) : 0;

	for (int i = 2; i < argc && left > 0; i++) {
		int fd = open(argv[i], O_RDONLY);
		struct stat st;
		off_t size;
		void *map;

		if (fd < 0 || fstat(fd, &st) < 0)
			err(1, "%s", argv[i]);
		size = st.st_size < left ? st.st_size : left;
		map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
		if (map == MAP_FAILED || mlock(map, size))
			err(1, "%s: %lld bytes", argv[i], (long long)size);
		close(fd);
		left -= size;
	}
	puts("pinned");
	fflush(stdout);
	pause();
	return 0;
}
