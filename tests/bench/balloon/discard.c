// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host itself needs to take memory away, without a guest: touches memory that huge pages back, as
 * QEMU's is, and has madvise(MADV_DONTNEED) discard it in ranges of one size.
 *
 *   discard MIB RANGE_KIB     prints touch_ms and discard_ms
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#define PAGE 4096UL
#define KIB 1024UL
#define HUGE (2048 * KIB)

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int main(int argc, char **argv)
{
	long mib = argc == 3 ? atol(argv[1]) : 0, kib = argc == 3 ? atol(argv[2]) : 0;
	uint64_t start, touched, end;
	size_t size, range;
	char *memory;

	if (mib < 1 || kib < 4 || kib % 4)
		errx(2, "Usage: discard MIB RANGE_KIB");
	size = (size_t)mib * KIB * KIB;
	range = (size_t)kib * KIB;
	memory =
		mmap(NULL, size + HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		err(1, "%ld MiB", mib);
	memory = (char *)(((uintptr_t)memory + HUGE - 1) & ~(HUGE - 1));
	/* Where there are no huge pages it is slower, and so is QEMU. */
	madvise(memory, size, MADV_HUGEPAGE);

	start = now_us();
	for (size_t at = 0; at < size; at += PAGE)
		memory[at] = 1;
	touched = now_us();
	for (size_t at = 0; at < size; at += range)
		if (madvise(memory + at, range < size - at ? range : size - at, MADV_DONTNEED))
			err(1, "madvise");
	end = now_us();
	printf("touch_ms=%.3f discard_ms=%.3f\n", (double)(touched - start) / 1000,
	       (double)(end - touched) / 1000);
	return 0;
}
