/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads by io_uring, one at a time, into any memory or into one registered buffer, by the system calls alone. The
 * programs in tests/stress/ use it; it judges nothing.
 */
#ifndef MEMPOL_TEST_RING_H
#define MEMPOL_TEST_RING_H

#include <errno.h>
#include <linux/io_uring.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

struct ring {
	int fd;
	char *rings;
	struct io_uring_sqe *sqe;
	struct io_uring_params params;
};

/* Return: -1 with errno. */
static inline int ring_open(struct ring *ring, void *buf, size_t len)
{
	struct iovec iov = { buf, len };
	size_t size;

	memset(ring, 0, sizeof(*ring));
	ring->fd = (int)syscall(__NR_io_uring_setup, 1, &ring->params);
	if (ring->fd < 0 ||
	    syscall(__NR_io_uring_register, ring->fd, IORING_REGISTER_BUFFERS, &iov, 1) < 0)
		return -1;
	/* Both rings are in one mapping, of which that of completions is the end. */
	size = ring->params.cq_off.cqes + ring->params.cq_entries * sizeof(struct io_uring_cqe);
	if (size < ring->params.sq_off.array + ring->params.sq_entries * sizeof(uint32_t))
		size = ring->params.sq_off.array + ring->params.sq_entries * sizeof(uint32_t);
	ring->rings =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQ_RING);
	ring->sqe = mmap(NULL, sizeof(*ring->sqe), PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd,
			 IORING_OFF_SQES);
	return ring->rings == MAP_FAILED || ring->sqe == MAP_FAILED ? -1 : 0;
}

static inline uint32_t *ring_word(struct ring *ring, uint32_t offset)
{
	return (uint32_t *)(ring->rings + offset);
}

/* As pread(); @fixed: @buf is of the registered buffer. */
static inline ssize_t ring_read(struct ring *ring, int fd, void *buf, size_t len, off_t at,
				bool fixed)
{
	uint32_t *tail = ring_word(ring, ring->params.sq_off.tail);
	uint32_t *head = ring_word(ring, ring->params.cq_off.head);
	struct io_uring_cqe *cqes = (struct io_uring_cqe *)(ring->rings + ring->params.cq_off.cqes);
	int result;

	memset(ring->sqe, 0, sizeof(*ring->sqe));
	ring->sqe->opcode = fixed ? IORING_OP_READ_FIXED : IORING_OP_READ;
	ring->sqe->fd = fd;
	ring->sqe->addr = (uintptr_t)buf;
	ring->sqe->len = (uint32_t)len;
	ring->sqe->off = (uint64_t)at;
	*ring_word(ring, ring->params.sq_off.array) = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	while (syscall(__NR_io_uring_enter, ring->fd,
		       __atomic_load_n(tail, __ATOMIC_RELAXED) -
			       __atomic_load_n(ring_word(ring, ring->params.sq_off.head),
					       __ATOMIC_ACQUIRE),
		       1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		if (errno != EINTR && errno != EAGAIN && errno != EBUSY)
			return -1;
	result = cqes[*head & *ring_word(ring, ring->params.cq_off.ring_mask)].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	if (result >= 0)
		return result;
	errno = -result;
	return -1;
}

#endif
