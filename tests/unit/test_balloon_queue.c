// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the patched virtio_balloon tells a host without free page reporting of what a policy gives it: through queues of
 * any length, and when the ring breaks or the host falls silent. The driver's two functions are taken from the patch
 * (tests/build.mk) and compiled over a queue and a host of the test's own: QEMU's queue has one length and no faults.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define PAGES 4096
#define RANGES 7
#define NEVER UINT32_MAX

/* --- in place of the kernel ------------------------------------------------------------------------- */

typedef uint32_t __virtio32;

#define HZ 100
#define PAGE_SHIFT 12
#define GFP_NOWAIT 0
#define __GFP_NOWARN 0
#define VIRTIO_BALLOON_PAGES_PER_PAGE 1
#define VIRTIO_BALLOON_ARRAY_PFNS_MAX 256
#define READ_ONCE(x) (x)
#define min_t(type, a, b) ((type)(a) < (type)(b) ? (type)(a) : (type)(b))

struct page {
	unsigned int told; /* how often */
};

static struct page pages[PAGES];

struct scatterlist {
	struct page *page;
	const void *buf;
	unsigned int length;
};

#define sg_page(sg) ((sg)->page)
#define sg_next(sg) ((sg) + 1)

static void sg_init_one(struct scatterlist *sg, const void *buf, unsigned int length)
{
	*sg = (struct scatterlist){ .buf = buf, .length = length };
}

struct virtqueue {
	unsigned int num_free;
	bool broken;
};

struct virtio_balloon {
	struct virtqueue *inflate_vq;
	int acked;
	struct {
		bool hurry;
	} mempol;
	__virtio32 *mempol_pfns;
	bool mempol_lost;
};

/* The host, and what was asked of it. */
static struct {
	unsigned int breaks_at, silent_at; /* the number of an answer */
	unsigned int in_ring, shown, answers, kicks, waits, largest;
} host;

static void set_page_pfns(struct virtio_balloon *vb, __virtio32 pfns[], struct page *page)
{
	pfns[0] = page - pages;
}

static int virtqueue_add_outbuf(struct virtqueue *vq, struct scatterlist *sg, unsigned int n,
				void *data, int gfp)
{
	const __virtio32 *pfns = sg->buf;

	if (vq->broken)
		return -EIO;
	if (!vq->num_free)
		return -ENOSPC;
	vq->num_free--;
	host.in_ring++;
	for (size_t i = 0; i < sg->length / sizeof(*pfns); i++)
		pages[pfns[i]].told++;
	return 0;
}

/* What was added before is the host's to see now. */
static void virtqueue_kick(struct virtqueue *vq)
{
	host.kicks++;
	host.shown = host.in_ring;
	host.largest = host.shown > host.largest ? host.shown : host.largest;
}

static void *virtqueue_get_buf(struct virtqueue *vq, unsigned int *len)
{
	if (vq->broken || !host.shown || host.answers >= host.silent_at)
		return NULL;
	if (host.answers == host.breaks_at) {
		vq->broken = true; /* BAD_RING() */
		return NULL;
	}
	host.answers++;
	host.shown--;
	host.in_ring--;
	vq->num_free++;
	return vq;
}

#define virtqueue_is_broken(vq) ((vq)->broken)
#define __virtqueue_break(vq) ((vq)->broken = true)
/* 0: it took as long as that, in vain. */
#define wait_event_timeout(queue, condition, timeout) \
	((condition) ? 1L : (assert_true(++host.waits < 100), 0L))

#include "virtio_balloon.inc"

/* --- tests ------------------------------------------------------------------------------------------ */

static __virtio32 pfns[PAGES];
static struct virtqueue queue;
static struct virtio_balloon balloon;

static void fresh(unsigned int length)
{
	memset(pages, 0, sizeof(pages));
	memset(&host, 0, sizeof(host));
	host.breaks_at = host.silent_at = NEVER;
	queue = (struct virtqueue){ .num_free = length };
	balloon = (struct virtio_balloon){ .inflate_vq = &queue, .mempol_pfns = pfns };
}

/* @n pages, in ranges of which one is longer than an array. */
static int tell(unsigned int n)
{
	static const unsigned int some[RANGES] = { 1, 512, 3, 255, 257, 64, PAGES };
	struct scatterlist sg[RANGES];
	unsigned int at = 0, nents = 0;

	while (at < n) {
		unsigned int length = some[nents] < n - at ? some[nents] : n - at;

		sg[nents++] =
			(struct scatterlist){ .page = pages + at, .length = length << PAGE_SHIFT };
		at += length;
	}
	return mempol_tell_ranges(&balloon, sg, nents);
}

static const unsigned int lengths[] = { 1, 2, 3, 15, 16, 31, 128 };

#define FOR_EACH_LENGTH(length)                                           \
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) \
		for (unsigned int length = lengths[i], once = (fresh(length), 1); once; once = 0)

static void each_page_is_told_once_through_a_queue_of_any_length(void **state)
{
	FOR_EACH_LENGTH(length)
	{
		const unsigned int arrays = PAGES / VIRTIO_BALLOON_ARRAY_PFNS_MAX;

		assert_int_equal(tell(PAGES), 0);
		for (int p = 0; p < PAGES; p++)
			assert_int_equal(pages[p].told, 1);
		assert_int_equal(host.answers, arrays);
		assert_int_equal(host.kicks, (arrays + length - 1) / length);
		assert_int_equal(queue.num_free, length);
		assert_int_equal(host.waits, 0);
	}
}

static void less_than_an_array_is_one_array(void **state)
{
	FOR_EACH_LENGTH(length)
	{
		assert_int_equal(tell(5), 0);
		assert_int_equal(host.answers, 1);
		assert_int_equal(pages[4].told, 1);
		assert_int_equal(pages[5].told, 0);
	}
}

/* Whichever answer it is: nothing waits, nothing is asked again, and the range is lost. */
static void a_ring_that_breaks_is_left_at_once(void **state)
{
	FOR_EACH_LENGTH(length)
	{
		for (unsigned int at = 0; at < PAGES / VIRTIO_BALLOON_ARRAY_PFNS_MAX; at++) {
			fresh(length);
			host.breaks_at = at;
			assert_int_equal(tell(PAGES), -EIO);
			assert_int_equal(host.answers, at);
			assert_int_equal(host.waits, 0);
			assert_true(balloon.mempol_lost);
		}
	}
}

/* Its entries may all be taken, or some free: nothing spins, and nobody is told anything. */
static void a_broken_queue_takes_nothing_more(void **state)
{
	FOR_EACH_LENGTH(length)
	{
		host.breaks_at = 0;
		assert_int_equal(tell(PAGES), -EIO);
		memset(pages, 0, sizeof(pages));
		host.kicks = 0;
		assert_int_equal(tell(PAGES), -ENODEV);
		assert_int_equal(host.kicks, 0);
		for (int p = 0; p < PAGES; p++)
			assert_int_equal(pages[p].told, 0);
	}
}

/* A host that answers no more is waited for, but not by one who is in a hurry; and not once for each array. */
static void a_silent_host_is_given_up_once(void **state)
{
	FOR_EACH_LENGTH(length)
	{
		host.silent_at = 1;
		balloon.mempol.hurry = true;
		assert_int_equal(tell(PAGES), -EIO);
		assert_int_equal(host.waits, VIRTIO_BALLOON_PATIENCE);
		assert_true(balloon.mempol_lost);
		/* A late answer must not be taken for one to the next request. */
		host.silent_at = NEVER;
		assert_int_equal(tell(PAGES), -ENODEV);
		assert_int_equal(host.answers, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_page_is_told_once_through_a_queue_of_any_length),
		cmocka_unit_test(less_than_an_array_is_one_array),
		cmocka_unit_test(a_ring_that_breaks_is_left_at_once),
		cmocka_unit_test(a_broken_queue_takes_nothing_more),
		cmocka_unit_test(a_silent_host_is_given_up_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
