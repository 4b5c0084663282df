/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * Counter objects for SYSCALL programs and engines, as mempol.ko has them: references of something, counted in the
 * object or in places of each CPU. A program creates one where it may sleep and puts it into a map of its own:
 *
 *	struct slot { struct mempol_counter __kptr *counter; };
 *
 * bpf_kptr_xchg() takes it out again; only what is taken out can be used. For several CPUs at a time each has a
 * slot with a pointer of its own, from bpf_mempol_counter_dup(). What is in a map that goes is released.
 */
#ifndef MEMPOL_COUNTER_BPF_H
#define MEMPOL_COUNTER_BPF_H

#include "stubs.bpf.h"
#include <bpf/bpf_helpers.h>
#include <mempol/counter.h>

/* Nothing of it is for programs. */
struct mempol_counter {};

/* @kind: enum mempol_counter_kind. NULL: unknown kind, too many, no memory, or the caller lacks CAP_BPF. */
extern struct mempol_counter *bpf_mempol_counter_create(u32 kind) __ksym __weak;
extern struct mempol_counter *bpf_mempol_counter_dup(struct mempol_counter *c) __ksym __weak;
extern void bpf_mempol_counter_release(struct mempol_counter *c) __ksym __weak;
/* A token, or -EAGAIN: it is frozen; -EOVERFLOW: the object itself counts 2^30 references. */
extern s64 bpf_mempol_counter_get(struct mempol_counter *c) __ksym __weak;
/* On whatever CPU. -EINVAL: there is nothing to take back, which is counted, and is an engine's wrong request. */
extern int bpf_mempol_counter_put(struct mempol_counter *c, s64 token) __ksym __weak;
/* 1: no reference, 0: some; a moment's answer unless it is frozen. @lines: cache lines that were looked at. */
extern int bpf_mempol_counter_zero(struct mempol_counter *c, u32 *lines) __ksym __weak;
extern s64 bpf_mempol_counter_sum(struct mempol_counter *c) __ksym __weak;
/* -EBUSY: there are references; -EOPNOTSUPP: of percpu, which takes references without looking. */
extern int bpf_mempol_counter_freeze(struct mempol_counter *c) __ksym __weak;
/* -EINVAL: it is not frozen. */
extern int bpf_mempol_counter_unfreeze(struct mempol_counter *c) __ksym __weak;
/* All references are the object's own from here on; tokens stay valid. -EAGAIN: frozen, -EOPNOTSUPP: not of cell. */
extern int bpf_mempol_counter_convert(struct mempol_counter *c) __ksym __weak;
/* Tokens that did not fit. */
extern u32 bpf_mempol_counter_refused(struct mempol_counter *c) __ksym __weak;

#endif
