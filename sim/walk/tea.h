/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Designs that know where leaf entries lie: DMT with its registers, alone, in a guest, and in a guest whose host has
 * allocated the areas; and ASAP, which prefetches them. All give cycles, for an address that is mapped.
 */
#ifndef SIM_WALK_TEA_H
#define SIM_WALK_TEA_H

#include "machine.h"

uint32_t walk_dmt(struct walk_machine *m, uint64_t va);
uint32_t walk_vdmt(struct walk_machine *m, uint64_t va);
uint32_t walk_pvdmt(struct walk_machine *m, uint64_t va); /* nested: an access more */
uint32_t walk_asap(struct walk_machine *m, uint64_t va);

#endif
