// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes down what a cgroup asks of the page cache, for pages in a sample: loaded by `mempolctl record`, attached
 * for as long as it records. It works on a kernel without this project's patches; it decides nothing.
 *
 * record_accessed runs at each hit and must stay short: what is in no sample is told from a hash of inode and
 * page, before anything else is looked at. Of a cgroup under a policy record_used takes its place: the kernel tells it
 * of folios in the sample only, as record_ask has asked for.
 */
#include "stubs.bpf.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <mempol/abi.h>

#include "ring.h"
#include "sampled-runs.h"

#define PAGE_SHIFT 12
#define S_IFMT 0170000
#define S_IFREG 0100000
#define TMPFS_MAGIC 0x01021994 /* of shared memory, too */
/* The two bits of the kernel, and that of the patched one: what is above them is the memcg. */
#define MEMCG_FLAGS 7UL
#define MAPPING_FLAGS 3UL
#define VM_FAULT_NOPAGE 0x000100
#define VM_FAULT_ERROR 0x000873 /* OOM, SIGBUS, HWPOISON, SIGSEGV, FALLBACK */
#define VM_FAULT_RETRY 0x000400

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct super_block___record {
	u32 s_dev;
	unsigned long s_magic;
};

struct inode___record {
	u16 i_mode;
	u32 i_nlink;
	s64 i_size;
	unsigned long i_ino;
	struct super_block___record *i_sb;
};

struct folio___record {
	unsigned long flags;
	unsigned long memcg_data;
	unsigned long _flags_1;
};

struct kernfs_node___record {
	u64 id;
};

struct cgroup___record {
	int level;
	struct kernfs_node___record *kn;
	struct cgroup___record *ancestors[];
};

struct cgroup_subsys_state___record {
	struct cgroup___record *cgroup;
};

struct mem_cgroup___record {
	struct cgroup_subsys_state___record css;
};

struct file___record {
	struct address_space *f_mapping;
};

struct vm_area_struct___record {
	struct file___record *vm_file;
};

struct vm_fault___record {
	struct vm_area_struct___record *vma;
	unsigned long pgoff;
};

/* By its name alone: the value is the running kernel's. */
enum pageflags___record {
	PG_head___record,
	PG_swapbacked___record,
};

#pragma clang attribute pop

struct vm_fault;

struct mempol_record_state record_state SEC(".data.state");
struct record_ring_state record_ring SEC(".bss.ring");
struct mempol_record record_slots[RECORD_RING_SLOTS] SEC(".bss.slots");
struct sampled_runs record_runs;

/* By its id, as the same cgroup may be known by several memcgs in turn. */
static __noinline bool look_up(unsigned long memcg)
{
	struct mem_cgroup___record *m = (void *)memcg;
	struct cgroup___record *cgroup = BPF_CORE_READ(m, css.cgroup), *above = NULL;
	u32 level = record_state.level;

	if (!cgroup || (u32)BPF_CORE_READ(cgroup, level) < level)
		return false;
	bpf_probe_read_kernel(&above, sizeof(above),
			      (void *)cgroup +
				      bpf_core_field_offset(struct cgroup___record, ancestors) +
				      level * sizeof(above));
	return above && BPF_CORE_READ(above, kn, id) == record_state.cgroup_id;
}

/* Is it charged to the cgroup, or to one below it? */
static __always_inline bool is_ours(struct folio *folio)
{
	unsigned long memcg = ((struct folio___record *)folio)->memcg_data & ~MEMCG_FLAGS;

	if (memcg == record_state.inside)
		return memcg;
	if (memcg == record_state.outside)
		return false;
	if (look_up(memcg)) {
		record_state.inside = memcg;
		return true;
	}
	record_state.outside = memcg;
	return false;
}

/* For faults, which do not say which folio they map. */
static __always_inline bool is_current_ours(void)
{
	return bpf_get_current_ancestor_cgroup_id(record_state.level) == record_state.cgroup_id;
}

static __always_inline bool is_sampled(u64 ino, u64 index)
{
	return (ino * MEMPOL_RECORD_GOLDEN + index) * MEMPOL_RECORD_GOLDEN <= record_state.limit;
}

/* The ring is full: half of the sample will do. What was lost is counted. */
static void halve(void)
{
	u32 shift;

	__sync_fetch_and_add(&record_state.lost, 1);
	if (__sync_lock_test_and_set(&record_state.halved, 1))
		return;
	if (record_state.shift >= MEMPOL_RECORD_MAX_SHIFT)
		return;
	shift = record_state.shift + 1;
	record_state.shift = shift;
	/* From what was stored: mempolctl may set both meanwhile, and the limit must never be the higher one. */
	record_state.limit = mempol_record_limit(shift & 63);
}

/* A page as it is written down, each part read once. */
struct page_of_file {
	u64 ino;
	u64 index;
	u32 dev;
};

static __always_inline void write_down(const struct page_of_file *page, u32 thread, u32 op,
				       bool in_run, u32 order)
{
	struct mempol_record *record;
	u64 position;

	if (record_ring_is_full(&record_ring)) {
		halve();
		return;
	}
	position = record_ring_take(&record_ring);
	record = record_ring_slot(record_slots, position);
	record->ino = page->ino;
	record->index = page->index;
	record->dev = page->dev;
	record->thread = thread;
	record->op = op;
	record->flags = in_run ? MEMPOL_RECORD_IN_RUN : 0;
	record->order = order;
	record_ring_publish(record, position);
}

static __always_inline u64 flags_of(struct folio *folio)
{
	return ((struct folio___record *)folio)->flags;
}

static __always_inline u32 order_of(struct folio *folio, u64 flags)
{
	struct folio___record *f = (void *)folio;

	if (!bpf_core_field_exists(f->_flags_1) ||
	    !bpf_core_enum_value_exists(enum pageflags___record, PG_head___record))
		return 0;
	if (!(flags >> bpf_core_enum_value(enum pageflags___record, PG_head___record) & 1))
		return 0;
	return f->_flags_1 & 0xff;
}

/* What is in tmpfs or shared is no page cache that engines could evict: the kernel swaps it. */
static __always_inline bool is_swapped(u64 flags)
{
	return flags >> bpf_core_enum_value(enum pageflags___record, PG_swapbacked___record) & 1;
}

/*
 * The device of a page of a file, if it is ours; 0 is none's. Anonymous memory has a flag in the pointer to its mapping.
 * The verifier lets pointers be subtracted and not masked; folios are aligned.
 */
static __always_inline u32 device_of(struct folio *folio, u64 flags, struct address_space *mapping,
				     struct inode___record *inode)
{
	if (!is_ours(folio) || ((u64)mapping - (u64)folio) & MAPPING_FLAGS)
		return 0;
	if ((inode->i_mode & S_IFMT) != S_IFREG || is_swapped(flags))
		return 0;
	return inode->i_sb->s_dev;
}

/*
 * Of a page in the sample. A function of its own: what every hit goes through saves no register then. It is given what
 * was loaded to tell the page, because each load through such a pointer is eight instructions.
 */
static __noinline int use(struct folio *folio, struct address_space *mapping,
			  struct inode___record *inode, u64 index, u32 op)
{
	u64 flags = flags_of(folio);
	struct page_of_file page = { .index = index };
	u32 thread;

	page.dev = device_of(folio, flags, mapping, inode);
	if (!page.dev)
		return 0;
	page.ino = inode->i_ino;
	thread = (u32)bpf_get_current_pid_tgid();
	write_down(&page, thread, op,
		   sampled_runs_used(&record_runs, thread, page.ino, index, record_state.shift),
		   order_of(folio, flags));
	return 0;
}

static __always_inline int use_if_sampled(struct folio *folio, u32 op)
{
	struct address_space *mapping = folio->mapping;
	struct inode___record *inode = (void *)mapping->host;
	u64 index = folio->index;

	return is_sampled(inode->i_ino, index) ? use(folio, mapping, inode, index, op) : 0;
}

SEC("fentry/folio_mark_accessed")
int BPF_PROG(record_accessed, struct folio *folio)
{
	return use_if_sampled(folio, MEMPOL_RECORD_READ);
}

/* A first use is told of when its folio gets a place on a list: a few folios later, perhaps. */
SEC("tp_btf/mempol_cache_used")
int BPF_PROG(record_used, struct folio *folio)
{
	return use_if_sampled(folio, MEMPOL_RECORD_READ);
}

extern int bpf_mempol_call(void *call, u32 call__sz) __ksym __weak;

SEC("syscall")
int record_ask(struct mempol_call *call)
{
	return bpf_mempol_call(call, sizeof(*call));
}

SEC("tp_btf/writeback_dirty_folio")
int BPF_PROG(record_dirty, struct folio *folio, struct address_space *mapping)
{
	return use_if_sampled(folio, MEMPOL_RECORD_WRITE);
}

SEC("tp_btf/mm_filemap_add_to_page_cache")
int BPF_PROG(record_added, struct folio *folio)
{
	struct address_space *mapping = folio->mapping;
	struct inode___record *inode = (void *)mapping->host;
	struct page_of_file page = { .ino = inode->i_ino, .index = folio->index };
	u64 flags = flags_of(folio);
	u32 thread, order;
	bool in_run;

	page.dev = device_of(folio, flags, mapping, inode);
	if (!page.dev)
		return 0;
	thread = (u32)bpf_get_current_pid_tgid();
	order = order_of(folio, flags) & 31;
	__sync_fetch_and_add(&record_state.added, 1ULL << order);
	in_run = sampled_runs_added(&record_runs, thread, page.ino, page.index, 1U << order);
	if (is_sampled(page.ino, page.index))
		write_down(&page, thread, MEMPOL_RECORD_ADDED, in_run, order);
	return 0;
}

/* A page that reclaim takes is no matter: the file still has it. */
SEC("tp_btf/mm_filemap_delete_from_page_cache")
int BPF_PROG(record_gone, struct folio *folio)
{
	struct address_space *mapping = folio->mapping;
	struct inode___record *inode = (void *)mapping->host;
	struct page_of_file page = { .ino = inode->i_ino, .index = folio->index };
	u64 flags = flags_of(folio);

	if (inode->i_nlink && (s64)(page.index << PAGE_SHIFT) < inode->i_size)
		return 0;
	if (!is_sampled(page.ino, page.index))
		return 0;
	page.dev = device_of(folio, flags, mapping, inode);
	if (page.dev)
		write_down(&page, (u32)bpf_get_current_pid_tgid(), MEMPOL_RECORD_GONE, 0,
			   order_of(folio, flags));
	return 0;
}

static __always_inline void fault(struct vm_fault *vmf)
{
	struct vm_fault___record *fault = (void *)vmf;
	struct inode___record *inode = (void *)fault->vma->vm_file->f_mapping->host;
	struct page_of_file page = { .ino = inode->i_ino, .index = fault->pgoff };
	struct super_block___record *sb;
	u32 thread;

	if (!is_sampled(page.ino, page.index) || !is_current_ours())
		return;
	sb = inode->i_sb;
	if ((inode->i_mode & S_IFMT) != S_IFREG || sb->s_magic == TMPFS_MAGIC)
		return;
	page.dev = sb->s_dev;
	thread = (u32)bpf_get_current_pid_tgid();
	write_down(&page, thread, MEMPOL_RECORD_FAULT,
		   sampled_runs_used(&record_runs, thread, page.ino, page.index,
				     record_state.shift),
		   0);
}

/* It has found the page in the cache; else filemap_fault() is called for the same fault. */
SEC("fexit/filemap_map_pages")
int BPF_PROG(record_mapped, struct vm_fault *vmf, unsigned long start, unsigned long end,
	     u32 result)
{
	if (result & VM_FAULT_NOPAGE)
		fault(vmf);
	return 0;
}

/* One that is tried again is counted when it succeeds. */
SEC("fexit/filemap_fault")
int BPF_PROG(record_fault, struct vm_fault *vmf, u32 result)
{
	if (!(result & (VM_FAULT_ERROR | VM_FAULT_RETRY)))
		fault(vmf);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
