// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several processes go round and round one file through a mapping, each from another part of it, as servers do
 * that share the weights of a model. A workload of `make bench`; it advises the kernel of nothing.
 *
 *   mapped FILE PROCESSES ROUNDS     reads a byte of each page; prints the major faults of all of them
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096

static void go_round(const char *path, off_t first, int rounds)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const volatile unsigned char *map;
	off_t pages;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		err(1, "%s", path);
	pages = st.st_size / PAGE;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		err(1, "%s", path);
	for (off_t i = 0; i < rounds * pages; i++)
		(void)map[(first + i) % pages * PAGE];
}

int main(int argc, char **argv)
{
	int processes = argc == 4 ? atoi(argv[2]) : 0, status, failed = 0;
	struct rusage usage;
	struct stat st;

	if (processes < 1) {
		fprintf(stderr, "Usage: %s FILE PROCESSES ROUNDS\n", argv[0]);
		return 2;
	}
	if (stat(argv[1], &st) < 0)
		err(1, "%s", argv[1]);
	for (int i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			err(1, "fork");
		if (pid == 0) {
			go_round(argv[1], st.st_size / PAGE * i / processes, atoi(argv[3]));
			_exit(0);
		}
	}
	while (wait(&status) > 0)
		failed |= status;
	if (failed)
		errx(1, "a reader did not end well");
	getrusage(RUSAGE_CHILDREN, &usage);
	printf("Mapped major_faults=%ld\n", usage.ru_majflt);
	return 0;
}
