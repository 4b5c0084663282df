/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libbpf's header of that name for the host's compiler (see bpf_helpers.h): a program is a function that
 * takes its arguments as every function does.
 */
#ifndef SIM_HOST_BPF_TRACING_H
#define SIM_HOST_BPF_TRACING_H

#define BPF_PROG(name, ...) name(__VA_ARGS__)

#endif
