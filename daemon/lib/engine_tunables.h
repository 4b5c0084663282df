/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tunables of an engine's object, from its BTF and its symbols. Called by engine_file.c, which has checked
 * that the bytes are an engine's object at all. The bytes may be hostile.
 */
#ifndef MP_ENGINE_TUNABLES_H
#define MP_ENGINE_TUNABLES_H

#include <bpf/btf.h>
#include <libelf.h>

#include "tunable.h"

/* Constants that the verifier folds: where MEMPOL_TUNABLE() puts a tunable. */
#define MP_TUNABLES_SECTION ".rodata"

/*
 * Reads them all, in the order of the BTF; an offset is one within .rodata. @section: whose keys they must not
 * take. Returns 0; or -ENOEXEC and a sentence; or -ENOMEM.
 */
int mp_engine_tunables_read(Elf *elf, const struct btf *btf, const struct mp_section *section,
			    struct mp_tunables *ret, char **ret_problem);

#endif
