// SPDX-License-Identifier: GPL-2.0-only
/*
 * mempol.ko: the array of mechanisms that the core walks, and what happens when the
 * module is loaded and removed.
 */
#include <linux/module.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include "core/core.h"
#include "counter/counter.h"
#include "mechanisms.h"

static char *mempol_disable = "";
module_param_named(disable, mempol_disable, charp, 0444);
MODULE_PARM_DESC(disable, "Mechanisms that are not to be available, with commas between");

#define X(name) extern struct mempol_mechanism mempol_##name##_mechanism;
MEMPOL_MECHANISMS(X)
#undef X

struct mempol_mechanism *const mempol_mechanisms[] = {
#define X(name) &mempol_##name##_mechanism,
	MEMPOL_MECHANISMS(X)
#undef X
		NULL,
};

#define X(name) extern const struct mempol_answerer mempol_##name##_answerer;
MEMPOL_ANSWERERS(X)
#undef X

const struct mempol_answerer *const mempol_answerers[] = {
#define X(name) &mempol_##name##_answerer,
	MEMPOL_ANSWERERS(X)
#undef X
		NULL,
};

/* For user space: a line for each mechanism, 0 or why it is not available. */
static int mempol_get_mechanisms(char *buf, const struct kernel_param *kp)
{
	struct mempol_mechanism *const *m;
	int len = 0;

	for (m = mempol_mechanisms; *m; m++)
		len += sysfs_emit_at(buf, len, "%s %d\n", (*m)->name, (*m)->error);
	return len;
}

static int mempol_set_nothing(const char *val, const struct kernel_param *kp)
{
	return -EPERM;
}

static const struct kernel_param_ops mempol_mechanisms_ops = {
	.set = mempol_set_nothing,
	.get = mempol_get_mechanisms,
};

module_param_cb(mechanisms, &mempol_mechanisms_ops, NULL, 0444);
MODULE_PARM_DESC(mechanisms, "The mechanisms, each with 0 or why it is not available (read only)");

/* A module stays loaded when packages are upgraded: the daemon looks here before it asks. */
static int mempol_get_abi(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%u\n", MEMPOL_ABI_VERSION);
}

static const struct kernel_param_ops mempol_abi_ops = {
	.set = mempol_set_nothing,
	.get = mempol_get_abi,
};

module_param_cb(abi, &mempol_abi_ops, NULL, 0444);
MODULE_PARM_DESC(abi, "Version of the interface to the daemon (read only)");

/* Is @name one of the words of the parameter? */
static bool __init mempol_is_disabled(const char *name)
{
	const char *word = mempol_disable;
	size_t len;

	for (; *word; word += len + (word[len] == ',')) {
		len = strcspn(word, ",");
		if (len == strlen(name) && !strncmp(word, name, len))
			return true;
	}
	return false;
}

/* Without its kfuncs no engine loads; without one of the mechanisms the others work. */
static int __init mempol_module_init(void)
{
	struct mempol_mechanism *const *m;
	int err;

	err = mempol_counters_register() ?: mempol_register_kfuncs();
	if (err)
		return err;
	for (m = mempol_mechanisms; *m; m++) {
		(*m)->error = mempol_is_disabled((*m)->name) ? -ECANCELED : (*m)->init();
		if ((*m)->error)
			pr_warn("mempol: %s is not available: %d\n", (*m)->name, (*m)->error);
	}
	return 0;
}

static bool mempol_is_idle(void)
{
	bool idle;

	mutex_lock(&mempol_policies_mutex);
	idle = list_empty(&mempol_policies);
	mutex_unlock(&mempol_policies_mutex);
	return idle;
}

static void mempol_flush(void)
{
	struct mempol_mechanism *const *m;

	for (m = mempol_mechanisms; *m; m++)
		if ((*m)->flush)
			(*m)->flush();
}

/*
 * An attached policy holds a reference to the module through its struct_ops map. What
 * is left now are policies that drain, whose last step is ours.
 */
static void __exit mempol_module_exit(void)
{
	do
		mempol_flush();
	while (!mempol_is_idle());
	mempol_flush();
	mempol_heartbeat_exit();
	mempol_counters_exit();
	tracepoint_synchronize_unregister();
}

module_init(mempol_module_init);
module_exit(mempol_module_exit);
MODULE_DESCRIPTION("Memory policies for cgroups, carried out by BPF programs");
MODULE_AUTHOR("The mempolicyd authors");
MODULE_LICENSE("GPL");
