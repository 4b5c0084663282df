// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several processes go round and round one file through a mapping, each from another part of it, as servers do
 * that share the weights of a model. A workload of `make bench`; it advises the kernel of nothing.
 *
 *   mapped FILE PROCESSES ROUNDS [TURN]     reads a byte of each page; prints the major faults of all of them
 *
 * With TURN the processes take turns of so many pages. Without it how soon one catches up with the next is the
 * host's doing, and decides how many pages are read.
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

struct turn {
	int pages; /* 0: all go at once */
	int get; /* a pipe's end: a byte comes when it is this process's turn */
	int pass; /* a byte gives the turn to the next process */
};

static void pass_turn(const struct turn *turn)
{
	if (write(turn->pass, "", 1) != 1)
		err(1, "turn");
}

static void get_turn(const struct turn *turn)
{
	char byte;

	if (read(turn->get, &byte, 1) != 1)
		err(1, "turn");
}

static void go_round(const char *path, off_t first, int rounds, const struct turn *turn)
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
	for (off_t i = 0; i < rounds * pages; i++) {
		if (turn->pages && i % turn->pages == 0)
			get_turn(turn);
		(void)map[(first + i) % pages * PAGE];
		if (turn->pages && ((i + 1) % turn->pages == 0 || i + 1 == rounds * pages))
			pass_turn(turn);
	}
}

int main(int argc, char **argv)
{
	int processes = argc == 4 || argc == 5 ? atoi(argv[2]) : 0, status, failed = 0;
	int pages = argc == 5 ? atoi(argv[4]) : 0;
	struct rusage usage;
	int(*pipes)[2];
	struct stat st;

	if (processes < 1 || pages < (argc == 5)) {
		fprintf(stderr, "Usage: %s FILE PROCESSES ROUNDS [TURN]\n", argv[0]);
		return 2;
	}
	if (stat(argv[1], &st) < 0)
		err(1, "%s", argv[1]);
	pipes = calloc((size_t)processes, sizeof(*pipes));
	if (!pipes)
		err(1, "turns");
	for (int i = 0; i < processes; i++)
		if (pipe2(pipes[i], O_CLOEXEC) < 0)
			err(1, "pipe");
	if (write(pipes[0][1], "", 1) != 1)
		err(1, "turn");
	for (int i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			err(1, "fork");
		if (pid == 0) {
			struct turn turn = { pages, pipes[i][0], pipes[(i + 1) % processes][1] };

			go_round(argv[1], st.st_size / PAGE * i / processes, atoi(argv[3]), &turn);
			_exit(0);
		}
	}
	while (wait(&status) > 0)
		failed |= status;
	free(pipes);
	if (failed)
		errx(1, "a reader did not end well");
	getrusage(RUSAGE_CHILDREN, &usage);
	printf("Mapped major_faults=%ld\n", usage.ru_majflt);
	return 0;
}
