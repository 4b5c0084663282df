/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libbpf's header of that name as far as engines use it, for the host's compiler: so that one source is
 * loaded into the kernel and linked into the simulator. Found before libbpf's by the include path alone;
 * an engine must never ask which of the two it has.
 */
#ifndef SIM_HOST_BPF_HELPERS_H
#define SIM_HOST_BPF_HELPERS_H

#include "../mempol_native.h"

/* Each object of an engine has a LICENSE of its own; weak, they may be linked together. */
#define SEC(name) __attribute__((weak))

/* The kernel's functions are linked in, so never absent. */
#define __ksym
#define __weak
#define __hidden
#define bpf_ksym_exists(sym) 1

/* Of the helpers those that shipped engines call. */
unsigned long long bpf_get_current_pid_tgid(void);
long bpf_probe_read_kernel(void *to, unsigned int size, const void *from);
void *bpf_map_lookup_elem(void *map, const void *key);
long bpf_map_update_elem(void *map, const void *key, const void *value, unsigned long long flags);
long bpf_map_delete_elem(void *map, const void *key);

/* A map is only as good as these functions are. */
#define __uint(name, value) int(*name)[value]
#define __type(name, value) typeof(value) *name

/* libc's, too, in a test. */
#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#define __noinline __attribute__((noinline))
#define __arg_trusted
#define __arg_nonnull
/* Several engines are linked together, each with its own. */
#define MEMPOL_PART static inline
#define MEMPOL_SHARED static
#define bpf_printk(...) \
	do {            \
	} while (0)

#define bpf_for(i, start, end) for (i = (start); i < (typeof(i))(end); i++)

#endif
