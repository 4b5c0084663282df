/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the core of mempol.ko and its mechanisms share: the record of an attached
 * policy, the row that describes a mechanism, how an event is told, how a bad
 * request is counted and who runs on this CPU. The core knows no mechanism but by
 * its row, and nothing here decides about a page: that is the engine's.
 */
#ifndef _MEMPOL_CORE_H
#define _MEMPOL_CORE_H

#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/refcount.h>
#include <mempol/abi.h>

/* More invalid requests than this and the policy is ejected. */
#define MEMPOL_REFUSAL_LIMIT 100000

struct mempol_policy;
struct mempol_mechanism;

/**
 * struct mempol_ops_head - what every ops struct begins with
 * @policy_id: how events and queries name the attachment.
 * @cgroup_id: what it is attached to, 0: the whole machine.
 * @flags: MEMPOL_OPS_*.
 * @mode: enum mempol_mode.
 * @name: of the engine.
 *
 * Engines match ops structs by the names of members, hence MEMPOL_OPS_HEAD for the
 * same members without a struct around them.
 */
struct mempol_ops_head {
	u64 policy_id;
	u64 cgroup_id;
	u32 flags;
	u32 mode;
	char name[MEMPOL_ENGINE_LEN];
};

#define MEMPOL_OPS_HEAD               \
	u64 policy_id;                \
	u64 cgroup_id;                \
	u32 flags;                    \
	u32 mode;                     \
	char name[MEMPOL_ENGINE_LEN]; \
	s32 (*init)(u64 cgroup_id);   \
	void (*exit)(u32 kind)

/* How every ops struct goes on: before it is attached, and after the last callback. */
struct mempol_ops {
	MEMPOL_OPS_HEAD;
};

/*
 * The bit of a callback by its index in the ops struct, which is the
 * expected_attach_type of its program: five members of data, then one callback after
 * another.
 */
#define MEMPOL_CALLER(type, member) \
	BIT_ULL(5 + (offsetof(type, member) - offsetof(struct mempol_ops, init)) / sizeof(void *))

/* A member of an ops struct that is no callback, besides the head. */
struct mempol_data_member {
	u32 offset;
	u32 size;
};

#define MEMPOL_DATA_MEMBER(type, member) \
	{ .offset = offsetof(type, member), .size = sizeof_field(type, member) }

/* An op of bpf_mempol_call() and what it does; process context, may sleep. */
struct mempol_call_row {
	u32 op;
	s64 (*fn)(struct mempol_call *call);
};

/* What only answers, whatever mechanisms there are; the rows are looked up as theirs are. */
struct mempol_answerer {
	const struct mempol_call_row *calls;
	u32 nr_calls;
};

/**
 * struct mempol_mechanism - a row of the table of mechanisms
 * @id: enum mempol_mechanism_id.
 * @name: as user space writes it.
 * @init: registers the struct_ops type; 0 or -errno, which makes the mechanism
 *	unavailable and no other.
 * @flush: wait until what drains has drained; may be NULL.
 * @flags: MEMPOL_OPS_* that its ops may have.
 * @machine_wide: attached to the machine and not to a cgroup.
 * @data: data members of its ops besides the head, @nr_data of them.
 * @calls: its ops of bpf_mempol_call(), @nr_calls of them.
 * @callers: bits of MEMPOL_CALLER(), the callbacks that may call its kfuncs.
 * @nr_counters: those of policy_info.counters that are its.
 * @nr_refusals: likewise of policy_info.refusals.
 * @budget_ns: if its callbacks take more than that on a CPU within 2 s of what that CPU
 *	runs, the policy is ejected; what kfuncs take is not in it.
 * @mean_ns: likewise if on all CPUs together they take more than that each.
 * @valid: are these ops complete? 0 or -errno.
 * @alloc: a zeroed record for @ops; the caller fills in what is common. NULL: no
 *	memory.
 * @free: the opposite; once the policy has drained.
 * @attach: put it in charge of what its ops say; 0 or -errno. May sleep.
 * @replace: let @new take over from @old; NULL: cannot. 0: @old may be freed any
 *	time; -errno: it is as it was.
 * @stop: no callback runs when this returns.
 * @detach: it is no longer in charge; it may be freed by mempol_policy_drained()
 *	behind this.
 * @attached: is it in charge, passively or not, as far as the mechanism knows?
 * @fill: counters and state of @policy; under mempol_policies_mutex, may sleep.
 * @count: pages and cgroups it has; process context.
 * @set_passive: for the time being no callback runs, or they do again; under
 *	mempol_policies_mutex. Was that a change?
 * @eject: take it away for a reason, enum mempol_exit_kind; any context.
 * @tell: events of its own that are coalesced; may be NULL. Any context.
 * @dump: describe @policy in words at the end of a buffer; as scnprintf().
 * @btf_type_id: of its ops struct, once a program of it has been verified.
 * @error: of @init.
 */
struct mempol_mechanism {
	u32 id;
	const char *name;
	int (*init)(void);
	void (*flush)(void);
	u32 flags;
	bool machine_wide;
	const struct mempol_data_member *data;
	u32 nr_data;
	const struct mempol_call_row *calls;
	u32 nr_calls;
	u64 callers;
	u32 nr_counters;
	u32 nr_refusals;
	u64 budget_ns;
	u64 mean_ns;

	int (*valid)(const void *ops);
	struct mempol_policy *(*alloc)(void *ops);
	void (*free)(struct mempol_policy *policy);
	int (*attach)(struct mempol_policy *policy);
	int (*replace)(struct mempol_policy *old, struct mempol_policy *new);
	void (*stop)(struct mempol_policy *policy);
	void (*detach)(struct mempol_policy *policy);
	void (*fill)(struct mempol_policy *policy, struct mempol_policy_info *info);
	void (*count)(struct mempol_policy *policy, u64 *pages, u64 *cgroups);
	bool (*set_passive)(struct mempol_policy *policy, bool passive);
	void (*eject)(struct mempol_policy *policy, u32 kind);
	void (*tell)(struct mempol_policy *policy);
	int (*dump)(struct mempol_policy *policy, char *buf, size_t size);

	u32 btf_type_id;
	int error;
};

/* What callbacks took since a time, both in ns and by the same clock. */
struct mempol_spending {
	u64 since;
	u64 ns;
};

/**
 * struct mempol_policy_stats - what is counted per CPU and policy
 * @common: by enum mempol_common_counter.
 * @refusals: by enum mempol_refusal.
 * @spending: against the budget; [0] by the tick, [1] by the wall clock.
 * @unpooled: spent, and not in the policy's pool_ns yet.
 * @pooled_calls: the calls that are in its pool_calls.
 */
struct mempol_policy_stats {
	u64 common[MEMPOL_NR_COMMON];
	u64 refusals[MEMPOL_MAX_REFUSALS];
	struct mempol_spending spending[2];
	u64 unpooled;
	u64 pooled_calls;
};

/**
 * struct mempol_policy - one attachment, embedded by its mechanism's record
 * @mechanism: whose.
 * @ops: the engine; valid until its struct_ops map is freed, which is after
 *	unreg() has returned.
 * @link: what unreg() and update() know it by; NULL once it is on its way out.
 * @id: as the daemon numbered it.
 * @cgroup_id: what it is attached to, 0: the whole machine.
 * @mode: enum mempol_mode.
 * @engine: its name.
 * @stats: per CPU.
 * @nr_refused: the sum of refused requests.
 * @heartbeat: it is passive while the daemon's beat is missing.
 * @pool_ns: what callbacks took on all CPUs since
 * @pool_since: in jiffies, and
 * @pool_calls: how many they were; without a lock: an estimate.
 * @next_report: jiffies before which no coalesced event is told.
 * @told_refused: refused requests already told.
 * @last_refusal: enum mempol_refusal.
 * @leaves: somebody writes down why it leaves.
 * @exit_kind: enum mempol_exit_kind, once it has left; written after
 * @dump: what it had then.
 * @refs: the list's, and those of mempol_policy_get().
 * @node: in the list of all, under mempol_policies_mutex.
 */
struct mempol_policy {
	struct mempol_mechanism *mechanism;
	struct mempol_ops *ops;
	struct bpf_link *link;
	u64 id;
	u64 cgroup_id;
	u32 mode;
	char engine[MEMPOL_ENGINE_LEN];
	struct mempol_policy_stats __percpu *stats;
	atomic64_t nr_refused;
	bool heartbeat;
	atomic64_t pool_ns;
	atomic64_t pool_calls;
	unsigned long pool_since;
	unsigned long next_report;
	u64 told_refused;
	u32 last_refusal;
	bool leaves;
	u32 exit_kind;
	char dump[MEMPOL_DUMP_LEN];
	refcount_t refs;
	struct list_head node;
};

/* module.c: the tables, each ended by NULL. */
extern struct mempol_mechanism *const mempol_mechanisms[];
extern const struct mempol_answerer *const mempol_answerers[];

/* core/policy.c */
extern struct list_head mempol_policies;
extern struct mutex mempol_policies_mutex;

void mempol_policy_add(struct mempol_policy *policy);
void mempol_policy_forget(struct mempol_policy *policy);
struct mempol_policy *mempol_policy_find(const struct bpf_link *link);
struct mempol_policy *mempol_policy_get(u64 id, u32 mechanism);
void mempol_policy_put(struct mempol_policy *policy);
void mempol_policy_del(struct mempol_policy *policy);
void mempol_policy_drained(struct mempol_policy *policy);
void mempol_tell(struct mempol_event *event, struct mempol_policy *policy, u16 type);
void mempol_tell_state(struct mempol_policy *policy, u16 type);
void mempol_tell_exit(struct mempol_policy *policy, u16 type, u64 pages);
void mempol_report(struct mempol_policy *policy);
void mempol_report_now(struct mempol_policy *policy);
void mempol_refuse(struct mempol_policy *policy, enum mempol_refusal why);
bool mempol_note_exit(struct mempol_policy *policy, u32 kind);
int mempol_policy_read(u64 id, struct mempol_policy_info *info);

/* core/registration.c */
extern const struct bpf_verifier_ops mempol_verifier_ops;
extern struct btf *mempol_btf; /* the module's own types */

int mempol_reg(struct mempol_mechanism *mechanism, void *kdata, struct bpf_link *link);
void mempol_unreg(void *kdata, struct bpf_link *link);
int mempol_update(struct mempol_mechanism *mechanism, void *kdata, void *old_kdata,
		  struct bpf_link *link);
int mempol_validate(struct mempol_mechanism *mechanism, void *kdata);
int mempol_init_member(struct mempol_mechanism *mechanism, const struct btf_type *t,
		       const struct btf_member *member, void *kdata, const void *udata);
int mempol_check_member(struct mempol_mechanism *mechanism, const struct btf_type *t,
			const struct btf_member *member, const struct bpf_prog *prog);
int mempol_btf_init(struct btf *btf);

/*
 * The struct_ops type of a mechanism: BPF does not tell its callbacks which type
 * they are called for, so each has a set of its own, which adds just that.
 */
#define MEMPOL_STRUCT_OPS(_mechanism, _type, _stubs)                                          \
	static int _type##_reg(void *kdata, struct bpf_link *link)                            \
	{                                                                                     \
		return mempol_reg(&(_mechanism), kdata, link);                                \
	}                                                                                     \
	static int _type##_update(void *kdata, void *old_kdata, struct bpf_link *link)        \
	{                                                                                     \
		return mempol_update(&(_mechanism), kdata, old_kdata, link);                  \
	}                                                                                     \
	static int _type##_validate(void *kdata)                                              \
	{                                                                                     \
		return mempol_validate(&(_mechanism), kdata);                                 \
	}                                                                                     \
	static int _type##_init_member(const struct btf_type *t, const struct btf_member *m,  \
				       void *kdata, const void *udata)                        \
	{                                                                                     \
		return mempol_init_member(&(_mechanism), t, m, kdata, udata);                 \
	}                                                                                     \
	static int _type##_check_member(const struct btf_type *t, const struct btf_member *m, \
					const struct bpf_prog *prog)                          \
	{                                                                                     \
		return mempol_check_member(&(_mechanism), t, m, prog);                        \
	}                                                                                     \
	static_assert(offsetof(struct _type, policy_id) ==                                    \
		      offsetof(struct mempol_ops_head, policy_id));                           \
	static_assert(offsetof(struct _type, exit) == offsetof(struct mempol_ops, exit));     \
	static struct bpf_struct_ops bpf_##_type = {                                          \
		.verifier_ops = &mempol_verifier_ops,                                         \
		.init = mempol_btf_init,                                                      \
		.check_member = _type##_check_member,                                         \
		.init_member = _type##_init_member,                                           \
		.validate = _type##_validate,                                                 \
		.reg = _type##_reg,                                                           \
		.unreg = mempol_unreg,                                                        \
		.update = _type##_update,                                                     \
		.cfi_stubs = &(_stubs),                                                       \
		.owner = THIS_MODULE,                                                         \
		.name = #_type,                                                               \
	}

/* core/refs.c */
s64 mempol_call_refs(struct mempol_call *call);

/* core/heartbeat.c */
void mempol_heartbeat_join(struct mempol_policy *policy);
void mempol_heartbeat_beat(void);
void mempol_heartbeat_exit(void);

/* kfunc-sets.c */
int mempol_register_kfuncs(void);
bool mempol_kfuncs_are_allowed(const struct bpf_prog *prog);

#endif /* _MEMPOL_CORE_H */
