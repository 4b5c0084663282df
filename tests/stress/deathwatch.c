// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kills the owner of an engine and says how long after its death the engine was still called. The engine
 * (tests/bpf/pulse, spinner) notes that in its .bss; holding that map keeps neither engine nor link alive.
 *
 *   deathwatch PREFIX PID DELAY-MS WATCH-MS    kill -9 PID after DELAY; late_ms=N maps=N calls=N
 *   deathwatch PREFIX                          only look; the words of the map in order
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAPS 512
#define WORDS 8

static int maps[MAPS];
static uint32_t ids[MAPS];
static int nr_maps;

/* All maps called PREFIX.bss that are not known yet. */
static void find_maps(const char *prefix)
{
	char name[BPF_OBJ_NAME_LEN];
	uint32_t id = 0;

	/* As libbpf names them: at most seven characters of the prefix. */
	snprintf(name, sizeof(name), "%.8s.bss", prefix);
	while (nr_maps < MAPS && !bpf_map_get_next_id(id, &id)) {
		struct bpf_map_info info = {};
		uint32_t size = sizeof(info);
		int fd, i;

		for (i = 0; i < nr_maps && ids[i] != id; i++)
			;
		if (i < nr_maps)
			continue;
		fd = bpf_map_get_fd_by_id(id);
		if (fd < 0)
			continue;
		if (bpf_obj_get_info_by_fd(fd, &info, &size) || strcmp(info.name, name) ||
		    info.value_size < 2 * sizeof(uint64_t)) {
			close(fd);
			continue;
		}
		ids[nr_maps] = id;
		maps[nr_maps++] = fd;
	}
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

/* The latest last_ns of all, and the sum of calls. */
static uint64_t latest(uint64_t *calls)
{
	static uint64_t value[4096];
	uint64_t last = 0;
	uint32_t key = 0;

	*calls = 0;
	for (int i = 0; i < nr_maps; i++) {
		if (bpf_map_lookup_elem(maps[i], &key, value))
			continue;
		if (value[0] > last)
			last = value[0];
		*calls += value[1];
	}
	return last;
}

int main(int argc, char **argv)
{
	static uint64_t value[4096];
	uint64_t died, last, calls;
	uint32_t key = 0;

	if (argc != 2 && argc != 5) {
		fprintf(stderr, "Usage: %s PREFIX [PID DELAY-MS WATCH-MS]\n", argv[0]);
		return 2;
	}
	find_maps(argv[1]);
	if (argc == 2) {
		for (int i = 0; i < nr_maps && !bpf_map_lookup_elem(maps[i], &key, value); i++)
			for (int w = 0; w < WORDS; w++)
				printf("%llu%c", (unsigned long long)value[w],
				       w == WORDS - 1 ? '\n' : ' ');
		return 0;
	}

	usleep((useconds_t)atoi(argv[3]) * 1000);
	find_maps(argv[1]);
	died = now_ns();
	if (kill(atoi(argv[2]), SIGKILL) && errno != ESRCH) {
		perror("kill");
		return 1;
	}
	/* What it had made in its last moment. */
	find_maps(argv[1]);
	usleep((useconds_t)atoi(argv[4]) * 1000);
	last = latest(&calls);
	printf("late_ms=%llu maps=%d calls=%llu\n",
	       (unsigned long long)(last > died ? (last - died) / 1000000 : 0), nr_maps,
	       (unsigned long long)calls);
	return 0;
}
