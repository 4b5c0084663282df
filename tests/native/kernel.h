/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's functions as far as kfuncs/counter and kfuncs/core/run.c use them, for the host's compiler: so that the
 * module's own source is tested and measured natively. Every <linux/...> header that it includes is this one (tests/build.mk).
 * A thread says which CPU it is (native_cpu). Where local counters are plain, no two threads may be the same.
 *
 * With NATIVE_ACCESSES defined every access that the source makes by name (atomics, READ_ONCE and the like) is told
 * to native_access(), which whoever measures has to have.
 */
#ifndef NATIVE_KERNEL_H
#define NATIVE_KERNEL_H

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define ____cacheline_aligned __attribute__((aligned(64)))
#define __percpu
#define BITS_PER_LONG 64
#define BIT(n) (1UL << (n))
#define static_assert _Static_assert
#define max(a, b) ((a) > (b) ? (a) : (b))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define ARRAY_SIZE(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define noinline __attribute__((noinline))
#define ilog2(n) (63 - __builtin_clzl(n))
#define roundup_pow_of_two(n) (1UL << (64 - __builtin_clzl((n) - 1)))
#define __ffs(word) __builtin_ctzl(word)

enum native_access { NATIVE_LOAD, NATIVE_STORE, NATIVE_LOCKED };

#ifdef NATIVE_ACCESSES
void native_access(const volatile void *address, enum native_access access);
#else
static inline void native_access(const volatile void *address, enum native_access access)
{
}
#endif

/* ---- CPUs ---- */

#define NATIVE_CPUS 64

extern unsigned int nr_cpu_ids;
extern __thread unsigned int native_cpu;
/* What the code must do on an interrupt's behalf is tried by setting this. */
extern __thread bool native_in_interrupt;

#define smp_processor_id() native_cpu
#define raw_smp_processor_id() native_cpu
#define cpu_possible(cpu) ((cpu) < nr_cpu_ids)
#define preempt_disable() __asm__ volatile("" ::: "memory")
#define preempt_enable() __asm__ volatile("" ::: "memory")
#define in_task() (!native_in_interrupt)
#define for_each_possible_cpu(cpu) for ((cpu) = 0; (cpu) < nr_cpu_ids; (cpu)++)

/* ---- contexts and clocks: what a test says they are ---- */

struct task_struct {
	u64 stime;
};

enum {
	CPUTIME_USER,
	CPUTIME_NICE,
	CPUTIME_SYSTEM,
	CPUTIME_SOFTIRQ,
	CPUTIME_IRQ,
	CPUTIME_IDLE,
	CPUTIME_IOWAIT
};

struct kernel_cpustat {
	u64 cpustat[CPUTIME_IOWAIT + 1];
};

extern struct native_machine {
	unsigned int preempt_count;
	bool irqs_off;
	bool vtime; /* no tick counts what runs */
	u64 clock; /* in ns */
	struct task_struct task;
	struct kernel_cpustat cpustat;
} native_machine;

#define SOFTIRQ_OFFSET (1U << 8)
#define HARDIRQ_OFFSET (1U << 16)
#define HARDIRQ_MASK (0xfU << 16)
#define NSEC_PER_SEC 1000000000L
#define NSEC_PER_MSEC 1000000L
#define TICK_NSEC (4 * NSEC_PER_MSEC)

#define current (&native_machine.task)
#define kcpustat_this_cpu (&native_machine.cpustat)
#define preempt_count() (native_machine.preempt_count)
#define irqs_disabled() (native_machine.irqs_off)
#define vtime_accounting_enabled_this_cpu() (native_machine.vtime)
#define local_clock() (native_machine.clock)
#define jiffies (native_machine.clock / TICK_NSEC)
#define nsecs_to_jiffies(ns) ((ns) / TICK_NSEC)
#define time_after(a, b) ((long)((b) - (a)) < 0)

/* ---- memory order and words ---- */

#define READ_ONCE(x)                                     \
	({                                               \
		native_access(&(x), NATIVE_LOAD);        \
		__atomic_load_n(&(x), __ATOMIC_RELAXED); \
	})
#define WRITE_ONCE(x, value)                                     \
	({                                                       \
		native_access(&(x), NATIVE_STORE);               \
		__atomic_store_n(&(x), value, __ATOMIC_RELAXED); \
	})
#define smp_store_release(p, value)                           \
	({                                                    \
		native_access(p, NATIVE_STORE);               \
		__atomic_store_n(p, value, __ATOMIC_RELEASE); \
	})

/* As on x86: a locked operation on the stack. */
static inline void smp_mb(void)
{
	unsigned long here;

	native_access(&here, NATIVE_LOCKED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#define native_try_cmpxchg(p, old, new, order)                                            \
	({                                                                                \
		native_access(p, NATIVE_LOCKED);                                          \
		__atomic_compare_exchange_n(p, old, new, false, order, __ATOMIC_RELAXED); \
	})
#define try_cmpxchg(p, old, new) native_try_cmpxchg(p, old, new, __ATOMIC_SEQ_CST)
#define try_cmpxchg_release(p, old, new) native_try_cmpxchg(p, old, new, __ATOMIC_RELEASE)
#define cmpxchg(p, old, new)                         \
	({                                           \
		__typeof__(*(p)) native_old = (old); \
		try_cmpxchg(p, &native_old, new);    \
		native_old;                          \
	})

static inline void set_bit(unsigned int bit, unsigned long *word)
{
	native_access(word, NATIVE_LOCKED);
	__atomic_fetch_or(word, BIT(bit), __ATOMIC_SEQ_CST);
}

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	s64 counter;
} atomic64_t;

#define atomic_read(v) READ_ONCE((v)->counter)
#define atomic_set(v, i) WRITE_ONCE((v)->counter, i)
#define atomic_set_release(v, i) smp_store_release(&(v)->counter, i)
#define atomic_cmpxchg(v, old, new) cmpxchg(&(v)->counter, old, new)
#define atomic_try_cmpxchg(v, old, new) try_cmpxchg(&(v)->counter, old, new)
#define atomic64_read(v) READ_ONCE((v)->counter)
#define atomic64_set(v, i) WRITE_ONCE((v)->counter, i)
#define atomic64_add_return(n, v) __atomic_add_fetch(&(v)->counter, n, __ATOMIC_SEQ_CST)
#define atomic64_try_cmpxchg(v, old, new) try_cmpxchg(&(v)->counter, old, new)

static inline int atomic_add_return(int n, atomic_t *v)
{
	native_access(v, NATIVE_LOCKED);
	return __atomic_add_fetch(&v->counter, n, __ATOMIC_SEQ_CST);
}

#define atomic_add(n, v) ((void)atomic_add_return(n, v))
#define atomic_sub(n, v) ((void)atomic_add_return(-(int)(n), v))
#define atomic_inc(v) atomic_add(1, v)
#define atomic_dec(v) atomic_sub(1, v)
#define atomic_inc_return(v) atomic_add_return(1, v)

static inline bool atomic_add_unless(atomic_t *v, int n, int unless)
{
	int old = atomic_read(v);

	do {
		if (old == unless)
			return false;
	} while (!atomic_try_cmpxchg(v, &old, old + n));
	return true;
}

#define atomic_inc_not_zero(v) atomic_add_unless(v, 1, 0)

typedef struct {
	atomic_t refs;
} refcount_t;

#define refcount_set(r, n) atomic_set(&(r)->refs, n)
#define refcount_inc(r) atomic_inc(&(r)->refs)
#define refcount_dec_and_test(r) (!atomic_add_return(-1, &(r)->refs))

struct mutex {
	pthread_mutex_t mutex;
};

#define DEFINE_MUTEX(name) struct mutex name = { PTHREAD_MUTEX_INITIALIZER }
#define mutex_lock(m) pthread_mutex_lock(&(m)->mutex)
#define mutex_unlock(m) pthread_mutex_unlock(&(m)->mutex)

struct list_head {
	struct list_head *next, *prev;
};

/* Of BPF the source passes pointers on. */
struct bpf_link;
struct bpf_prog;
struct bpf_verifier_ops;
struct btf;
struct btf_member;
struct btf_type;

/* ---- memory ---- */

/* After so many allocations they fail; negative: never. */
extern int native_allocations;

void *native_alloc(size_t size);

#define GFP_KERNEL 0
#define GFP_KERNEL_ACCOUNT 0
#define kzalloc(size, gfp) native_alloc(size)
#define kcalloc(n, size, gfp) native_alloc((n) * (size))
#define kvcalloc(n, size, gfp) native_alloc((n) * (size))
#define kfree(p) free(p)
#define kvfree(p) free(p)

/* A word of a CPU is in a line of its own. */
#define NATIVE_STRIDE 64
#define alloc_percpu_gfp(type, gfp) ((type *)native_alloc(NATIVE_CPUS * NATIVE_STRIDE))
#define free_percpu(p) free(p)
#define per_cpu_ptr(p, cpu) ((__typeof__(p))((char *)(p) + (cpu) * NATIVE_STRIDE))
#define this_cpu_add(word, n)                                                     \
	({                                                                        \
		__typeof__(word) *native_word = per_cpu_ptr(&(word), native_cpu); \
		WRITE_ONCE(*native_word, *native_word + (n));                     \
	})
#define this_cpu_inc(word) this_cpu_add(word, 1)
#define this_cpu_dec(word) this_cpu_add(word, -1)
#define this_cpu_ptr(p) per_cpu_ptr(p, native_cpu)
#define DECLARE_PER_CPU(type, name) extern __typeof__(type) name
/* One of them: who has variables of this kind plays one CPU, number 0. */
#define DEFINE_PER_CPU(type, name) __typeof__(type) name
#define DEFINE_PER_CPU_ALIGNED(type, name) __typeof__(type) name[NATIVE_CPUS] ____cacheline_aligned
#define per_cpu(name, cpu) (name[cpu])

struct cpumask {
	unsigned long bits;
};

static inline bool cpumask_test_cpu(unsigned int cpu, const struct cpumask *mask)
{
	return READ_ONCE(mask->bits) & BIT(cpu);
}

static inline void cpumask_set_cpu(unsigned int cpu, struct cpumask *mask)
{
	set_bit(cpu, &mask->bits);
}

#define for_each_cpu(cpu, mask)    \
	for_each_possible_cpu(cpu) \
		if (cpumask_test_cpu(cpu, mask))

static inline u32 hash_ptr(const void *p, unsigned int bits)
{
	return ((unsigned long)p * 0x61C8864680B583EBUL) >> (64 - bits);
}

#endif
