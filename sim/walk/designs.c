// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of designs, and their spaces. See designs.h.
 */
#include "designs.h"

#include <errno.h>
#include <string.h>

#include "ecpt.h"
#include "flat.h"
#include "radix.h"
#include "tea.h"

const char *const walk_environment_names[] = { "native", "virt", "nested" };

const struct walk_design walk_designs[] = {
	{ "radix", "the processor's own tables", WALK_NATIVE, false, walk_radix, NULL, NULL },
	{ "fpt", "two levels in one node", WALK_NATIVE, false, walk_fpt, NULL, NULL },
	{ "ecpt", "cuckoo hash tables", WALK_NATIVE, false, walk_ecpt, walk_ecpt_prepare,
	  walk_ecpt_done },
	{ "asap", "radix, the last two levels prefetched", WALK_NATIVE, true, walk_asap, NULL,
	  NULL },
	{ "dmt", "contiguous leaf tables, found by registers", WALK_NATIVE, true, walk_dmt, NULL,
	  NULL },
	{ "2d", "radix tables of guest and host", WALK_VIRTUAL, false, walk_2d, NULL, NULL },
	{ "shadow", "one radix table, kept by the hypervisor", WALK_VIRTUAL, false, walk_shadow,
	  NULL, NULL },
	{ "agile", "shadow tables above, guest and host below", WALK_VIRTUAL, false, walk_agile,
	  NULL, NULL },
	{ "vfpt", "two levels in one node, of guest and host", WALK_VIRTUAL, false, walk_vfpt, NULL,
	  NULL },
	{ "vecpt", "cuckoo hash tables of guest and host", WALK_VIRTUAL, false, walk_vecpt,
	  walk_ecpt_prepare, walk_ecpt_done },
	{ "vdmt", "contiguous leaf tables of guest and host", WALK_VIRTUAL, true, walk_vdmt, NULL,
	  NULL },
	{ "pvdmt", "likewise, the guest's in the host's memory", WALK_VIRTUAL, true, walk_pvdmt,
	  NULL, NULL },
	{ "nested", "radix tables of a guest and shadow tables of two hosts", WALK_NESTED, false,
	  walk_2d, NULL, NULL },
	{ "npvdmt", "contiguous leaf tables of a guest and two hosts", WALK_NESTED, true,
	  walk_pvdmt, NULL, NULL },
};

const size_t walk_designs_count = sizeof(walk_designs) / sizeof(*walk_designs);

const struct walk_design *walk_design_find(const char *name)
{
	for (size_t i = 0; i < walk_designs_count; i++)
		if (!strcmp(walk_designs[i].name, name))
			return &walk_designs[i];
	return NULL;
}

static void set_ranges(struct walk_space *space, const struct walk_range *ranges, uint32_t nr)
{
	space->nr_ranges = nr;
	if (nr)
		memcpy(space->ranges, ranges, nr * sizeof(*ranges));
}

static void make_guest(struct walk_machine *m, const struct walk_world *world, bool placed)
{
	walk_space_make(&m->guest, world->bits, 0, world->order, world->seed);
	m->guest.huge_percent = world->huge_percent;
	if (placed)
		walk_space_place(&m->guest, world->placed_percent);
	if (!world->tree)
		return;
	walk_space_set_tree(&m->guest, world->tree, UINT64_MAX, 0);
	set_ranges(&m->guest, world->ranges, world->nr_ranges);
}

static void make_host(struct walk_machine *m, const struct walk_world *world, bool placed)
{
	walk_space_make(&m->host, WALK_SPACE_BITS, WALK_PART_HOST_TABLES, world->order,
			world->seed + 1);
	m->host.huge_percent = world->host_huge_percent;
	if (placed)
		walk_space_place(&m->host, world->placed_percent);
	if (!world->host_tree)
		return;
	/* What is made up in the guest's memory is not in the dump of the host's. */
	walk_space_set_tree(&m->host, world->host_tree, WALK_AREAS, world->host_offset);
	if (m->host.nr_ranges)
		set_ranges(&m->host, world->host_ranges, world->nr_host_ranges);
}

static void make_spaces(struct walk_machine *m, const struct walk_world *world, bool placed)
{
	make_guest(m, world, placed);
	make_host(m, world, placed);
	walk_space_make(&m->middle, WALK_SPACE_BITS, WALK_PART_MIDDLE_TABLES, world->order,
			world->seed + 2);
	m->middle.huge_percent = world->host_huge_percent;
	if (placed)
		walk_space_place(&m->middle, world->placed_percent);
}

int walk_run_init(struct walk_run *run, const struct walk_design *design,
		  const struct walk_config *config, const struct walk_world *world)
{
	struct walk_config own = *config;
	int r;

	memset(run, 0, sizeof(*run));
	if (1ULL << world->bits > WALK_MAX_FOOTPRINT)
		return -EINVAL;
	/* A nested guest's host tables would be those of two hosts, and the dump is of one. */
	if (world->host_tree && design->environment == WALK_NESTED)
		return -EINVAL;
	if (world->tree)
		own.levels = world->tree->levels;
	if (world->host_tree)
		own.host_levels = world->host_tree->levels;
	r = walk_machine_init(&run->machine, &own, design->environment);
	if (r < 0)
		return r;
	make_spaces(&run->machine, world, design->placed);
	run->design = design;
	if (design->prepare)
		r = design->prepare(&run->machine);
	if (r < 0)
		walk_run_done(run);
	return r;
}

void walk_run_done(struct walk_run *run)
{
	if (run->design && run->design->done)
		run->design->done(&run->machine);
	walk_machine_done(&run->machine);
}
