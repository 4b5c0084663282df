// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does in a guest what the plugin lines.so is to count, a known number of times; tests/vm/test_refcount_lines
 * compares. One process a CPU.
 *
 *   known CPUS WINDOWS      the short windows: locked operations, stores and loads on lines of known kinds
 *   known long MILLIONS     one long window of so many million instructions, beside a process on the same CPU
 *
 * A short window has 3 locked operations on a line of its process, 5 on a line of all processes (of them one xchg
 * without a prefix, and one cmpxchg that fails), 7 stores to a line that the first process writes and all
 * load 11 times (the others store to a line of their own), 2 loads of a line that nobody writes, and a jump, behind
 * which the emulator looks for interrupts: 30 instructions with the one that opens it.
 */
#include <err.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "window.h"

#define LINE 64

static void pin(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus) < 0)
		err(1, "CPU %d", cpu);
}

static void window(char *own, char *all, char *stored, const char *first, const char *nobody)
{
	/* The line of all begins at 0 and gets even numbers only: the comparison with 1 fails. */
	long compared = 1, scratch = 1;

	__asm__ volatile("xchg %%bx, %%bx\n"
			 "lock incq (%[own])\n"
			 "lock addl $3, %%ds:8(%[own])\n"
			 "lock btsq $3, 16(%[own])\n"
			 "lock addq $2, (%[all])\n"
			 "lock xaddq %%rdx, 8(%[all])\n"
			 "xchgl %%edx, 16(%[all])\n"
			 "lock cmpxchgq %%rdx, (%[all])\n"
			 "lock orb $1, 24(%[all])\n"
			 "jmp 1f\n"
			 "1:\n"
			 ".rept 7\n"
			 "movq %%rdx, (%[stored])\n"
			 ".endr\n"
			 ".rept 11\n"
			 "movq (%[first]), %%rdx\n"
			 ".endr\n"
			 ".rept 2\n"
			 "movb 63(%[nobody]), %%dl\n"
			 ".endr\n"
			 "xchg %%cx, %%cx\n"
			 : "+a"(compared), "+d"(scratch)
			 : [own] "r"(own), [all] "r"(all), [stored] "r"(stored), [first] "r"(first),
			   [nobody] "r"(nobody)
			 : "memory", "cc");
}

static void short_windows(int cpus, long windows)
{
	char *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char *own = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED || own == MAP_FAILED)
		err(1, "mmap");
	memset(shared, 0, 4096);
	for (int cpu = 0; cpu < cpus; cpu++) {
		char *first = shared + LINE;

		if (fork() > 0)
			continue;
		pin(cpu);
		memset(own, 0, 4096);
		for (long i = 0; i < windows; i++)
			window(own, shared, cpu == 0 ? first : own + LINE, first,
			       shared + (size_t)2 * LINE);
		exit(0);
	}
}

/* dec and jnz are two instructions. */
static void long_window(unsigned long millions)
{
	unsigned long rounds = millions * 500000;
	pid_t neighbour = fork();

	pin(0);
	if (neighbour == 0)
		for (;;)
			__asm__ volatile("");
	window_open_long();
	__asm__ volatile("1: dec %0\n"
			 "jnz 1b\n"
			 : "+r"(rounds)
			 :
			 : "cc");
	window_close();
	kill(neighbour, SIGKILL);
}

int main(int argc, char **argv)
{
	long first = argc == 3 ? atol(argv[1]) : 0, second = argc == 3 ? atol(argv[2]) : 0;
	int status, failed = 0;

	if (argc == 3 && strcmp(argv[1], "long") == 0 && second > 0) {
		long_window((unsigned long)second);
		wait(&status);
	} else if (first > 0 && second > 0) {
		short_windows((int)first, second);
		while (wait(&status) > 0)
			failed |= status;
	} else {
		fprintf(stderr, "Usage: %s CPUS WINDOWS | long MILLIONS\n", argv[0]);
		return 2;
	}
	window_end_run();
	return failed != 0;
}
