/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of mempol.ko share: the record of an attached policy, how an
 * event is told, and how a bad request is counted. Nothing here decides about
 * a page: that is the engine's.
 */
#ifndef _MEMPOL_H
#define _MEMPOL_H

#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/list.h>
#include <mempol/abi.h>

/* More invalid requests than this and the policy is ejected. */
#define MEMPOL_MAX_REFUSALS 100000
/*
 * A callback of more than this, in ns, is slow; slow ones of more than a second
 * in ten and it is ejected, too.
 */
#define MEMPOL_SLOW (NSEC_PER_SEC / 10)
#define MEMPOL_SLOW_SUM NSEC_PER_SEC
#define MEMPOL_SLOW_WINDOW (10 * HZ)

struct mempol_refusal_counts {
	u64 nr[MEMPOL_NR_REFUSALS];
};

struct mempol_policy;

/**
 * struct mempol_mechanism_ops - what is asked of a policy of any kind
 * @id: enum mempol_mechanism.
 * @fill: counters and state of @policy; under mempol_policies_mutex, may sleep.
 * @count: pages and cgroups it has; process context.
 * @set_passive: for the time being no callback runs, or they do again; under
 *	mempol_policies_mutex. Was that a change?
 * @eject: take it away for a reason, enum mempol_exit_kind; any context.
 */
struct mempol_mechanism_ops {
	u32 id;
	void (*fill)(struct mempol_policy *policy, struct mempol_policy_info *info);
	void (*count)(struct mempol_policy *policy, u64 *pages, u64 *cgroups);
	bool (*set_passive)(struct mempol_policy *policy, bool passive);
	void (*eject)(struct mempol_policy *policy, u32 kind);
};

/**
 * struct mempol_policy - one attachment, embedded by its mechanism's record
 * @mechanism: whose.
 * @link: what unreg() and update() know it by; NULL once it is on its way out.
 * @id: as the daemon numbered it.
 * @cgroup_id: what it is attached to, 0: the whole machine.
 * @engine: its name.
 * @refusals: bad requests by reason, per CPU.
 * @nr_refused: their sum.
 * @heartbeat: it is passive while the daemon's beat is missing.
 * @nr_slow: slow callbacks.
 * @slowest: the longest of them, in ns.
 * @slow_sum: all of those since @slow_since, in ns; without a lock: an estimate.
 * @slow_since: in jiffies.
 * @next_report: jiffies before which no coalesced event is told.
 * @told_refused: refused requests already told.
 * @last_refusal: enum mempol_refusal.
 * @exit_kind: enum mempol_exit_kind, once it has left; written after
 * @reason: one sentence, and
 * @dump: what it had then.
 * @node: in the list of all, under mempol_policies_mutex.
 */
struct mempol_policy {
	const struct mempol_mechanism_ops *mechanism;
	struct bpf_link *link;
	u64 id;
	u64 cgroup_id;
	char engine[MEMPOL_ENGINE_LEN];
	struct mempol_refusal_counts __percpu *refusals;
	atomic64_t nr_refused;
	bool heartbeat;
	atomic_t nr_slow;
	u64 slowest;
	u64 slow_sum;
	unsigned long slow_since;
	unsigned long next_report;
	u64 told_refused;
	u32 last_refusal;
	u32 exit_kind;
	char reason[MEMPOL_REASON_LEN];
	char dump[MEMPOL_DUMP_LEN];
	struct list_head node;
};

/* core.c */
extern struct list_head mempol_policies;
extern struct mutex mempol_policies_mutex;
extern const struct bpf_verifier_ops mempol_verifier_ops;

int mempol_policy_init(struct mempol_policy *policy, const struct mempol_mechanism_ops *mechanism,
		       struct bpf_link *link, const char *engine);
void mempol_policy_destroy(struct mempol_policy *policy);
void mempol_policy_add(struct mempol_policy *policy);
void mempol_policy_del(struct mempol_policy *policy);
struct mempol_policy *mempol_policy_find(const struct bpf_link *link);
void mempol_policy_forget(struct mempol_policy *policy);
void mempol_tell(struct mempol_event *event, struct mempol_policy *policy, u16 type);
void mempol_tell_state(struct mempol_policy *policy, u16 type);
void mempol_tell_exit(struct mempol_policy *policy, u16 type, u64 pages);
void mempol_tell_refused(struct mempol_policy *policy);
void mempol_refuse(struct mempol_policy *policy, enum mempol_refusal why);
void mempol_took(struct mempol_policy *policy, u64 took);

/* heartbeat.c */
void mempol_heartbeat_join(struct mempol_policy *policy);
void mempol_heartbeat_seen(void);
void mempol_heartbeat_exit(void);

/* cache.c */
int mempol_cache_register(void);

/* cache-kfuncs.c */
int mempol_cache_register_kfuncs(void);

#endif /* _MEMPOL_H */
