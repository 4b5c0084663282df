/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libbpf's header of that name as far as engines use it, for the host's compiler; see bpf_helpers.h. Here the types are
 * what they are declared to be.
 */
#ifndef SIM_HOST_BPF_CORE_READ_H
#define SIM_HOST_BPF_CORE_READ_H

#define bpf_core_field_offset(type, field) __builtin_offsetof(type, field)

#endif
