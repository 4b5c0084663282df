// SPDX-License-Identifier: GPL-2.0-only
/*
 * A trace under an engine: what mm does around the callbacks. A folio is offered as it comes in, with what
 * its shadow tells; accesses are counted or leave a bit; a full cgroup reclaims. Called by the table of
 * policies, in a process whose engine globals are fresh.
 */
#include "kernel.h"
#include "readahead.h"

#define VM_EXEC 4

#define run_of(file) ((struct run *)((char *)(file) - offsetof(struct run, file)))

struct run {
	struct sim_cache cache;
	const struct mempol_cache_ops *ops;
	struct sim_file file;
};

/* As do_try_to_free_pages(): harder each time that too little came of it. */
static void reclaim(struct run *run, uint64_t goal)
{
	struct sim_cache *cache = &run->cache;

	for (int priority = SIM_FIRST_PRIORITY; priority >= 0 && cache->used > goal; priority--) {
		uint64_t left = cache->used - goal, scanned = 0, nr = 1;

		while (nr && scanned < left && cache->used > goal) {
			nr = sim_select(cache, run->ops, left - scanned, priority);
			scanned += nr;
		}
	}
}

/* Nothing could be freed: whoever wants memory waits until some has been written back. */
static bool wait_for_writeback(struct sim_cache *cache)
{
	uint32_t left = cache->nr_dirtied - cache->nr_cleaned;

	if (!left)
		return false;
	cache->nr_cleaned += left < cache->setup->reclaim_pages ? left :
								  cache->setup->reclaim_pages;
	cache->result->waits++;
	return true;
}

static void make_room(struct run *run, uint32_t pages)
{
	struct sim_cache *cache = &run->cache;
	uint64_t goal;

	if (!sim_full(cache, pages))
		return;
	goal = sim_shortage(cache, pages);
	goal = goal < cache->used ? cache->used - goal : 0;
	do
		reclaim(run, goal);
	while (sim_full(cache, pages) && wait_for_writeback(cache));
}

/* See __mempol_cache_offer(). What comes in while an ejected engine's lists drain is the kernel's. */
static int choose_list(struct run *run, uint32_t object)
{
	struct sim_cache *cache = &run->cache;
	uint64_t shadow = cache->shadows[object];
	struct inode inode = { .i_ino = sim_ino(cache->trace, object) };
	/* As much of the file's mappings as engines look at. */
	struct vm_area_struct vma = { .vm_flags = VM_EXEC };
	struct address_space mapping = { .host = &inode };
	struct folio shown = { .mapping = &mapping, .index = sim_index(cache->trace, object) };
	struct mempol_cache_added_ctx ctx = {
		.distance = MEMPOL_CACHE_NO_DISTANCE,
		.nr_governed = cache->used,
		.reason = MEMPOL_ADDED_NEW,
	};
	int list;

	if (cache->ejected)
		return 0;
	/* Between a sample's pages of a run others are missing: it is shown as one that goes on and on. */
	if (sim_in_run) {
		inode.i_ino = UINT32_MAX;
		shown.index = cache->nr_run++;
		sim_thread = UINT16_MAX + 1;
	}
	if (cache->trace->mapped && cache->trace->mapped[object] == SIM_MAPPED_TO_RUN)
		mapping.i_mmap.rb_root.rb_node = &vma.shared.rb;
	if (shadow != SIM_NEVER_EVICTED) {
		ctx.distance = cache->result->evicted_pages - (shadow - 1);
		ctx.reason = MEMPOL_ADDED_REFAULT;
	}
	list = run->ops->added(&shown, &ctx);
	/* No shipped engine leaves folios to the kernel's own lists, and those are not simulated. */
	if (list < 0 || (list & ~MEMPOL_CACHE_TAIL) >= MEMPOL_CACHE_LISTS)
		return -ENOTSUP;
	return list;
}

/* A write that is no read as well: without dirty pages it is. */
static bool is_write(const struct sim_cache *cache, const struct sim_ref *ref)
{
	return cache->dirtied && ref->op == SIM_WRITE;
}

static int offer(struct run *run, const struct sim_ref *ref)
{
	struct sim_cache *cache = &run->cache;
	struct sim_folio *folio = &cache->folios[ref->object];
	int list = choose_list(run, ref->object);

	if (list < 0)
		return list;
	folio->pages = ref->pages;
	folio->bits = 0;
	folio->fresh = true;
	folio->young = sim_mapped(cache, ref->object);
	/* read() counts what it has brought in as well; see folio_mark_accessed(). write() does not. */
	folio->count = folio->young || is_write(cache, ref) ? 0 : 1;
	cache->used += ref->pages;
	sim_link(cache, ref->object, list & ~MEMPOL_CACHE_TAIL, list & MEMPOL_CACHE_TAIL);
	if (ref->op == SIM_WRITE)
		sim_write(cache, ref->object);
	return 0;
}

static void accessed(struct sim_cache *cache, const struct sim_ref *ref)
{
	struct sim_folio *folio = &cache->folios[ref->object];

	if (sim_mapped(cache, ref->object))
		folio->young = true;
	else if (!is_write(cache, ref))
		sim_count(folio);
	if (ref->op == SIM_WRITE)
		sim_write(cache, ref->object);
}

/* It leaves without a shadow: truncated, or another size has taken its place. */
static void drop(struct sim_cache *cache, uint32_t object)
{
	cache->shadows[object] = SIM_NEVER_EVICTED;
	if (cache->dirtied)
		cache->dirtied[object] = 0;
	if (!sim_cached(&cache->folios[object]))
		return;
	sim_unlink(cache, object);
	sim_forget(cache, object);
}

static int reference(struct run *run, const struct sim_ref *ref)
{
	struct sim_cache *cache = &run->cache;
	struct sim_folio *folio = &cache->folios[ref->object];

	if (ref->op == SIM_REMOVE) {
		drop(cache, ref->object);
		return 0;
	}
	cache->result->references++;
	if (sim_cached(folio)) {
		cache->result->hits++;
		if (folio->pages == ref->pages) {
			accessed(cache, ref);
			return 0;
		}
		drop(cache, ref->object);
	} else {
		sim_miss(cache, ref);
	}
	if (ref->pages > cache->setup->cache_pages)
		return 0;
	make_room(run, ref->pages);
	return offer(run, ref);
}

/* A page of a window of readahead, see filemap_add_folio(). */
static int add_page(struct sim_file *file, uint32_t page)
{
	struct run *run = run_of(file);
	struct sim_ref ref = { .object = page, .pages = 1 };
	struct sim_folio *folio = &run->cache.folios[page];
	int r;

	make_room(run, 1);
	if (sim_full(&run->cache, 1))
		return -ENOMEM;
	r = offer(run, &ref);
	if (r < 0)
		return r;
	run->cache.result->missed_pages++;
	folio->count = 0;
	folio->locked = true;
	return 0;
}

/* See folio_mark_accessed(). */
static void access_page(struct sim_file *file, uint32_t page)
{
	sim_count(&file->cache->folios[page]);
}

static int reference_page(struct sim_file *file, const struct sim_ref *ref)
{
	return reference(run_of(file), ref);
}

/*
 * The engine is out: see mempol_cache_move(). What it governed drains to the head of the kernel's inactive list,
 * list after list, from the tails. The daemon would attach it again later, which is not simulated.
 */
static void drain(struct sim_cache *cache)
{
	cache->result->ejected_at = cache->result->references;
	cache->ejected = false;
	for (unsigned int list = 1; list < SIM_LISTS; list++) {
		uint32_t head = sim_head(cache, list), index;

		while ((index = sim_first(cache, list, true)) != head) {
			sim_unlink(cache, index);
			sim_link(cache, index, 0, false);
		}
	}
}

static int replay(struct run *run, const struct sim_trace *trace, size_t *at)
{
	int r = 0;

	for (; r == 0 && *at < trace->nr_refs && !run->cache.ejected; ++*at) {
		sim_prefetch(&run->cache, trace, *at);
		sim_set_thread(trace, *at);
		r = reference(run, &trace->refs[*at]);
	}
	return r;
}

bool sim_engine_is_whole(const void *ops)
{
	const struct mempol_cache_ops *engine = ops;

	return engine->added && engine->evict;
}

int sim_run_engine(const struct sim_policy *policy, const struct sim_setup *setup,
		   const struct sim_trace *trace, struct sim_result *result)
{
	struct run run = {
		.ops = policy->engine,
		.file = { .add = add_page, .accessed = access_page, .reference = reference_page },
	};
	int r = sim_cache_init(&run.cache, setup, trace, result);
	size_t at = 0;

	if (r < 0)
		return r;
	sim_file_open(&run.file, &run.cache, trace);
	r = setup->readahead_pages ? sim_file_replay(&run.file, &at) : replay(&run, trace, &at);
	if (r == 0 && run.cache.ejected) {
		drain(&run.cache);
		r = sim_lru_replay(&run.file, at);
	}
	sim_file_close(&run.file);
	result->refused = sim_refusals;
	sim_cache_done(&run.cache);
	return r;
}
