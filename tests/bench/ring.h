/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of an io_uring as one thread needs that reads one page after the other: an entry is filled, submitted
 * and waited for in one system call. Included by pool.c; it must never have two entries on their way.
 */
#ifndef BENCH_RING_H
#define BENCH_RING_H

#include <err.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct ring {
	int fd;
	unsigned int *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
};

static inline char *ring_map(int fd, size_t bytes, off_t at)
{
	void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, at);

	if (map == MAP_FAILED)
		err(1, "io_uring");
	return map;
}

static inline void ring_open(struct ring *ring)
{
	struct io_uring_params p = {};
	char *sq, *cq;

	ring->fd = (int)syscall(__NR_io_uring_setup, 1, &p);
	if (ring->fd < 0)
		err(1, "io_uring_setup");
	sq = ring_map(ring->fd, p.sq_off.array + p.sq_entries * sizeof(unsigned int),
		      IORING_OFF_SQ_RING);
	cq = ring_map(ring->fd, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe),
		      IORING_OFF_CQ_RING);
	ring->sqes = (void *)ring_map(ring->fd, p.sq_entries * sizeof(struct io_uring_sqe),
				      IORING_OFF_SQES);
	ring->sq_tail = (void *)(sq + p.sq_off.tail);
	ring->sq_mask = (void *)(sq + p.sq_off.ring_mask);
	ring->sq_array = (void *)(sq + p.sq_off.array);
	ring->cq_head = (void *)(cq + p.cq_off.head);
	ring->cq_mask = (void *)(cq + p.cq_off.ring_mask);
	ring->cqes = (void *)(cq + p.cq_off.cqes);
}

/* As pread(), but returns -errno. */
static inline ssize_t ring_read(struct ring *ring, int fd, void *buffer, size_t bytes, off_t from)
{
	unsigned int tail = *ring->sq_tail, head = *ring->cq_head, slot = tail & *ring->sq_mask;
	struct io_uring_sqe *sqe = &ring->sqes[slot];
	ssize_t got;

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = IORING_OP_READ;
	sqe->fd = fd;
	sqe->off = (unsigned long long)from;
	sqe->addr = (unsigned long)buffer;
	sqe->len = (unsigned int)bytes;
	ring->sq_array[slot] = slot;
	__atomic_store_n(ring->sq_tail, tail + 1, __ATOMIC_RELEASE);
	while (syscall(__NR_io_uring_enter, ring->fd, tail + 1 - head, 1, IORING_ENTER_GETEVENTS,
		       NULL, 0) < 0)
		if (errno != EINTR)
			return -errno;
	got = ring->cqes[head & *ring->cq_mask].res;
	__atomic_store_n(ring->cq_head, head + 1, __ATOMIC_RELEASE);
	return got;
}

#endif
