/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of mechanisms, and of the kfuncs that their engines may call. A new
 * mechanism is a row here, a number in <mempol/abi.h>, its objects in Kbuild and its
 * own files.
 */
#ifndef _MEMPOL_MECHANISMS_H
#define _MEMPOL_MECHANISMS_H

/* X(name): struct mempol_mechanism mempol_<name>_mechanism, struct mempol_<name>_ops. */
#ifdef CONFIG_MEMPOL_CACHE
#define MEMPOL_IF_CACHE(...) __VA_ARGS__
#else
#define MEMPOL_IF_CACHE(...)
#endif

#ifdef CONFIG_MEMPOL_BALLOON
#define MEMPOL_IF_BALLOON(...) __VA_ARGS__
#else
#define MEMPOL_IF_BALLOON(...)
#endif

#ifdef CONFIG_MEMPOL_REF
#define MEMPOL_IF_REFCOUNT(...) __VA_ARGS__
#else
#define MEMPOL_IF_REFCOUNT(...)
#endif

#ifdef CONFIG_MEMPOL_PLACEMENT
#define MEMPOL_IF_PLACEMENT(...) __VA_ARGS__
#else
#define MEMPOL_IF_PLACEMENT(...)
#endif

#ifdef CONFIG_MEMPOL_TRANSLATION
#define MEMPOL_IF_TRANSLATION(...) __VA_ARGS__
#else
#define MEMPOL_IF_TRANSLATION(...)
#endif

#define MEMPOL_MECHANISMS(X)              \
	MEMPOL_IF_CACHE(X(cache))         \
	MEMPOL_IF_BALLOON(X(balloon))     \
	MEMPOL_IF_REFCOUNT(X(refcount))   \
	MEMPOL_IF_PLACEMENT(X(placement)) \
	MEMPOL_IF_TRANSLATION(X(translation))

/* X(name): struct mempol_answerer mempol_<name>_answerer; they answer, without engines. */
#define MEMPOL_ANSWERERS(X) X(translation)

/* Of counter objects: for SYSCALL programs too, and for any member of any mechanism's. */
#define MEMPOL_COUNTER_KFUNCS(X)                                                   \
	X(bpf_mempol_counter_create, KF_ACQUIRE | KF_RET_NULL | KF_SLEEPABLE, any) \
	X(bpf_mempol_counter_dup, KF_ACQUIRE | KF_TRUSTED_ARGS, any)               \
	X(bpf_mempol_counter_release, KF_RELEASE, any)                             \
	X(bpf_mempol_counter_get, KF_TRUSTED_ARGS, any)                            \
	X(bpf_mempol_counter_put, KF_TRUSTED_ARGS, any)                            \
	X(bpf_mempol_counter_zero, KF_TRUSTED_ARGS, any)                           \
	X(bpf_mempol_counter_sum, KF_TRUSTED_ARGS, any)                            \
	X(bpf_mempol_counter_freeze, KF_TRUSTED_ARGS, any)                         \
	X(bpf_mempol_counter_unfreeze, KF_TRUSTED_ARGS, any)                       \
	X(bpf_mempol_counter_convert, KF_TRUSTED_ARGS, any)                        \
	X(bpf_mempol_counter_refused, KF_TRUSTED_ARGS, any)

#define MEMPOL_PLACEMENT_KFUNCS(X)                             \
	X(bpf_mempol_place_mask, KF_TRUSTED_ARGS, placement)   \
	X(bpf_mempol_place_room, KF_TRUSTED_ARGS, placement)   \
	X(bpf_mempol_place_first, KF_TRUSTED_ARGS, placement)  \
	X(bpf_mempol_place_oldest, KF_TRUSTED_ARGS, placement) \
	X(bpf_mempol_place_young, KF_TRUSTED_ARGS, placement)  \
	X(bpf_mempol_place_stamp, KF_TRUSTED_ARGS, placement)  \
	X(bpf_mempol_place_pfn, KF_TRUSTED_ARGS, placement)

/* What anybody may call who was given a program that does: for SYSCALL programs. */
#ifdef CONFIG_MEMPOL_VERBS
#define MEMPOL_HINT_KFUNCS(X)                                        \
	X(bpf_mempol_hint, KF_SLEEPABLE | KF_TRUSTED_ARGS, any)      \
	X(bpf_mempol_hint_open, KF_SLEEPABLE | KF_TRUSTED_ARGS, any) \
	X(bpf_mempol_residency, KF_SLEEPABLE | KF_TRUSTED_ARGS, any)
#else
#define MEMPOL_HINT_KFUNCS(X)
#endif

/* X(kfunc, flags, name of the mechanism); its row says which members may call them. */
#define MEMPOL_KFUNCS(X)                                                                        \
	MEMPOL_COUNTER_KFUNCS(X)                                                                \
	MEMPOL_IF_CACHE(X(bpf_mempol_cache_batch, KF_TRUSTED_ARGS,                              \
			  cache) X(bpf_mempol_cache_look, KF_TRUSTED_ARGS, cache)               \
				X(bpf_mempol_cache_verdict, KF_TRUSTED_ARGS, cache)             \
					X(bpf_mempol_cache_list_pages, KF_TRUSTED_ARGS, cache)) \
	MEMPOL_IF_PLACEMENT(MEMPOL_PLACEMENT_KFUNCS(X))

#endif /* _MEMPOL_MECHANISMS_H */
