/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * What an engine lets an administrator set. A tunable is a constant for the kernel, whose verifier folds it, and
 * a key of the policy file: small_percent becomes SmallPercent=. Included by mempol_cache.bpf.h; it knows no
 * engine.
 */
#ifndef MEMPOL_TUNABLE_BPF_H
#define MEMPOL_TUNABLE_BPF_H

#include <bpf/bpf_helpers.h>

/*
 * MEMPOL_TUNABLE(type, name, default, range, text), at file scope:
 *
 *	MEMPOL_TUNABLE(u32, small_percent, 10, "1..90 %", "share of new pages");
 *
 * @type is bool, an integer of 8 to 64 bits, or an enum. @name has a-z, 0-9 and _. @range is "MIN..MAX UNIT", of which
 * either end and the unit may be left out; "" for a bool; for an enum its words in their order, numbered from 0:
 * "first|second-chance". A word is an enumerator's name, or its end behind a '_', in letters of any case and with '-'
 * for '_': MINE_SECOND_CHANCE is "second-chance". @text says in a few words what it is. Natively (in the simulator) it
 * is a plain variable; an engine never writes it.
 */
#ifndef MEMPOL_TUNABLE
#define MEMPOL_TUNABLE(type, name, value, range, text)                               \
	const volatile type name __attribute__((btf_decl_tag("mempol_range:" range), \
						btf_decl_tag("mempol_text:" text))) = value
#endif

#endif
