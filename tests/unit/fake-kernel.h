/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A manager over a loader, an agent and features of the test's own, in place of a kernel: what was loaded
 * and attached is counted, and any step can be made to fail. Included by the test_manager_* that need it.
 */
#ifndef TEST_FAKE_KERNEL_H
#define TEST_FAKE_KERNEL_H

#include "../../daemon/mempolicyd/attachments.h"
#include "../../daemon/mempolicyd/converge.h"
#include "../../daemon/mempolicyd/manager.h"
#include "../../daemon/mempolicyd/slots.h"
#include "fixture.h"

/* --- in place of the kernel ------------------------------------------------------------------------- */

struct mp_image {
	unsigned int refs;
	enum mempol_mechanism_id mechanism;
	char *path;
};

struct mp_loaded {
	struct mp_ops_values values;
	bool attached;
	bool leaves; /* its engine is "none" */
};

#define FAKE_FILES_MAX 128

static struct {
	struct mp_ops_values values; /* of the last load */
	unsigned int loads, replacements, attached, most_attached, agent_loads, beats;
	int attach_error, query_error, request_error, replace_error, agent_error, load_error;
	bool none_missing, passive, ejected;
	unsigned int none_reads; /* of the engine of exclusions */
	uint32_t exit_kind; /* it has left, for another reason than being ejected; 0: it has not */
	uint64_t request_policy, request_pages;
	uint64_t counters[MEMPOL_MAX_COUNTERS];
	uint64_t missing_cgroups;
	const char *missing, *cache_missing, *hints_missing;
	int (*call)(struct mempol_call *call); /* what a test answers itself */
	int (*hint)(struct mempol_hint *hint); /* likewise */
	int hint_fd_error, residency_fd_error;
	struct mempol_ref_file files[FAKE_FILES_MAX];
	size_t n_files;
	unsigned int file_calls;
	int file_error, table_error;
	off_t refused_size; /* files of that size are refused */
	bool same_numbers; /* all files have the same device and inode number in the table */
	mp_agent_event_t event;
	void *event_userdata;
} kernel;

int mp_image_read(const char *path, bool is_own, enum mempol_mechanism_id mechanism,
		  struct mp_image **ret, char **ret_problem)
{
	struct mp_image *image;

	*ret_problem = NULL;
	kernel.none_reads += !!strstr(path, "none.bpf.o");
	if (kernel.none_missing && strstr(path, "none.bpf.o")) {
		*ret_problem = strdup("it does not exist");
		return -ENOENT;
	}
	image = calloc(1, sizeof(*image));
	image->refs = 1;
	image->mechanism = mechanism;
	image->path = strdup(path);
	*ret = image;
	return 0;
}

struct mp_image *mp_image_unref(struct mp_image *image)
{
	if (image && !--image->refs) {
		free(image->path);
		free(image);
	}
	return NULL;
}

/* Of every engine of the test's. */
static const struct mp_tunables *fake_tunables;

const struct mp_tunables *mp_image_tunables(const struct mp_image *image)
{
	static const struct mp_tunables none;

	return fake_tunables ? fake_tunables : &none;
}

bool mp_image_equal(const struct mp_image *a, const struct mp_image *b)
{
	return a && b && a->mechanism == b->mechanism && !strcmp(a->path, b->path);
}

int mp_loaded_new(const struct mp_image *image, const struct mp_ops_values *values,
		  struct mp_loaded **ret, char **ret_problem, char **ret_log)
{
	struct mp_loaded *loaded;

	*ret_problem = *ret_log = NULL;
	if (kernel.load_error) {
		*ret_problem = strdup("it cannot be loaded");
		return kernel.load_error;
	}
	loaded = calloc(1, sizeof(*loaded));
	kernel.loads++;
	kernel.values = loaded->values = *values;
	loaded->leaves = strstr(image->path, "none.bpf.o");
	*ret = loaded;
	return 0;
}

uint64_t mp_loaded_policy_id(const struct mp_loaded *loaded)
{
	return loaded->values.policy_id;
}

int mp_loaded_attach(struct mp_loaded *loaded)
{
	if (kernel.attach_error)
		return kernel.attach_error;
	loaded->attached = true;
	kernel.attached++;
	if (kernel.attached > kernel.most_attached)
		kernel.most_attached = kernel.attached;
	return 0;
}

int mp_loaded_replace(struct mp_loaded *old, struct mp_loaded *new)
{
	kernel.replacements++;
	if (kernel.replace_error)
		return kernel.replace_error;
	old->attached = false;
	new->attached = true;
	for (size_t i = 0; i < kernel.n_files; i++)
		if (kernel.files[i].policy_id == old->values.policy_id)
			kernel.files[i].policy_id = new->values.policy_id;
	return 0;
}

void mp_loaded_detach(struct mp_loaded *loaded)
{
	size_t kept = 0;

	kernel.attached -= loaded->attached;
	for (size_t i = 0; i < kernel.n_files && loaded->attached; i++)
		if (kernel.files[i].policy_id != loaded->values.policy_id)
			kernel.files[kept++] = kernel.files[i];
	if (loaded->attached)
		kernel.n_files = kept;
	loaded->attached = false;
}

bool mp_loaded_is_attached(const struct mp_loaded *loaded)
{
	return loaded && loaded->attached;
}

struct mp_loaded *mp_loaded_free(struct mp_loaded *loaded)
{
	if (loaded)
		mp_loaded_detach(loaded);
	free(loaded);
	return NULL;
}

static int an_agent;

int mp_agent_new(sd_event *event, const char *path, const void *bytes, size_t size,
		 mp_agent_event_t callback, void *userdata, struct mp_agent **ret,
		 char **ret_problem)
{
	*ret_problem = NULL;
	kernel.agent_loads++;
	if (kernel.agent_error)
		return kernel.agent_error;
	*ret = (struct mp_agent *)&an_agent;
	kernel.event = callback;
	kernel.event_userdata = userdata;
	return 0;
}

struct mp_agent *mp_agent_free(struct mp_agent *agent)
{
	return NULL;
}

int mp_agent_query(struct mp_agent *agent, uint64_t policy_id, struct mempol_policy_info *ret)
{
	if (kernel.query_error)
		return kernel.query_error;
	*ret = (struct mempol_policy_info){
		.policy_id = policy_id,
		.attached = !kernel.ejected && !kernel.exit_kind,
		.passive = kernel.passive,
		.missing = kernel.missing_cgroups,
		.exit_kind = kernel.ejected ? MEMPOL_EXIT_SLOW : kernel.exit_kind,
	};
	memcpy(ret->counters, kernel.counters, sizeof(ret->counters));
	return 0;
}

/* As the kernel does it, but that any regular file can be in. */
static int fake_ref_file(struct mempol_call *call)
{
	__auto_type asked = &call->body.ref_file;
	struct mempol_ref_file *file = NULL;
	struct stat st = {};

	kernel.file_calls++;
	if (asked->on && (asked->fd < 0 || fstat(asked->fd, &st) < 0))
		return -EBADF;
	if (kernel.file_error)
		return kernel.file_error;
	if (asked->on && st.st_size == kernel.refused_size && kernel.refused_size)
		return -EOPNOTSUPP;
	/* Numbers of the table's own, as on overlayfs; or one pair for all, as subvolumes of btrfs can have it. */
	if (asked->on) {
		asked->id = 2 * st.st_ino + 1;
		asked->dev = 77;
		asked->ino = kernel.same_numbers ? 1 : st.st_ino + 1000;
	}
	for (size_t i = 0; i < kernel.n_files && !file; i++)
		if (asked->id ?
			    kernel.files[i].id == asked->id :
			    kernel.files[i].dev == asked->dev && kernel.files[i].ino == asked->ino)
			file = &kernel.files[i];
	if (file && file->policy_id != asked->policy_id) {
		asked->owner = file->policy_id;
		return -EBUSY;
	}
	if (!asked->on) {
		if (!file)
			return -ENOENT;
		*file = kernel.files[--kernel.n_files];
		return 0;
	}
	if (file)
		return -EALREADY;
	if (kernel.n_files == FAKE_FILES_MAX)
		return -ENOSPC;
	kernel.files[kernel.n_files++] = (struct mempol_ref_file){
		.policy_id = asked->policy_id,
		.id = asked->id,
		.dev = asked->dev,
		.ino = asked->ino,
		.cause = asked->cause,
		.name = "/cut/name",
	};
	return 0;
}

static int fake_ref_files(struct mempol_call *call)
{
	__auto_type asked = &call->body.ref_files;

	if (kernel.table_error)
		return kernel.table_error;
	for (; asked->cursor < kernel.n_files && asked->nr < MEMPOL_REF_FILES; asked->cursor++)
		asked->files[asked->nr++] = kernel.files[asked->cursor];
	if (asked->cursor == kernel.n_files)
		asked->cursor = 0;
	return 0;
}

int mp_agent_call(struct mp_agent *agent, struct mempol_call *call)
{
	if (kernel.call)
		return kernel.call(call);
	if (call->op == MEMPOL_CALL_REFCOUNT_FILE)
		return fake_ref_file(call);
	if (call->op == MEMPOL_CALL_REFCOUNT_FILES) {
		call->body.ref_files.nr = 0;
		return fake_ref_files(call);
	}
	kernel.request_policy = call->body.balloon.policy_id;
	kernel.request_pages = call->body.balloon.pages;
	return kernel.request_error;
}

int mp_agent_hint_fd(const struct mp_agent *agent)
{
	return kernel.hint_fd_error ?: 77;
}

int mp_agent_residency_fd(const struct mp_agent *agent)
{
	return kernel.residency_fd_error ?: 78;
}

int mp_agent_hint(struct mp_agent *agent, struct mempol_hint *hint)
{
	return kernel.hint ? kernel.hint(hint) : 0;
}

void mp_ops_values_add(struct mp_ops_values *values, const char *member, size_t size,
		       uint64_t value)
{
	values->own[values->n_own++] =
		(struct mp_ops_value){ .member = member, .size = size, .value = value };
}

void mp_ops_values_add_optional(struct mp_ops_values *values, const char *member, size_t size,
				uint64_t value)
{
	mp_ops_values_add(values, member, size, value);
	values->own[values->n_own - 1].optional = true;
}

/* What @values give to a member of the mechanism's own. */
static inline uint64_t own_value(const struct mp_ops_values *values, const char *member)
{
	for (size_t i = 0; i < values->n_own; i++)
		if (!strcmp(values->own[i].member, member))
			return values->own[i].value;
	fail_msg("nothing is said of %s", member);
	return 0;
}

int mp_agent_beat(struct mp_agent *agent)
{
	kernel.beats++;
	return 0;
}

void mp_agent_drain(struct mp_agent *agent)
{
}

uint64_t mp_agent_lost(const struct mp_agent *agent)
{
	return 0;
}

int mp_features_probe(const char *sys, const char *cgroup_root, const char *agent,
		      struct mp_features *ret)
{
	*ret = (struct mp_features){ .kernel = strdup("6.12") };
	ret->missing[MEMPOL_MECH_BALLOON] = kernel.missing;
	ret->missing[MEMPOL_MECH_CACHE] = kernel.cache_missing;
	ret->missing[MEMPOL_MECH_REFCOUNT] = kernel.cache_missing;
	ret->missing[MEMPOL_MECH_PLACEMENT] = kernel.cache_missing;
	ret->hints_missing = kernel.hints_missing;
	return 0;
}

void mp_features_done(struct mp_features *f)
{
	free(f->kernel);
}

const char *mp_features_nothing(const struct mp_features *f)
{
	return NULL;
}

bool mp_features_module_present(const char *sys)
{
	return true;
}

/* --- a daemon over a tree ---------------------------------------------------------------------------- */

struct daemon {
	char *policies, *cgroups, *agent;
	struct mp_config config;
	sd_event *event;
	struct mp_manager *m;
};

static void daemon_done(struct daemon *d)
{
	mp_manager_free(d->m);
	sd_event_unref(d->event);
	free(d->policies);
	free(d->cgroups);
	free(d->agent);
}

#define _cleanup_daemon_ _cleanup_(daemon_done)

static void start(struct daemon *d, const char *tree)
{
	tree_mkdirs(tree, "policies/x");
	tree_mkdirs(tree, "cgroups/a/x");
	d->policies = tree_path(tree, "policies");
	d->cgroups = tree_path(tree, "cgroups");
	tree_write(tree, "agent", "bytes");
	d->agent = tree_path(tree, "agent");
	d->config = (struct mp_config){
		.policy_dirs = { d->policies },
		.cgroup_root = d->cgroups,
		.engine_dir = "/e",
		.agent = d->agent,
		.sys = "/nowhere",
		.watches_max = 64,
	};
	assert_true(sd_event_new(&d->event) >= 0);
	assert_int_equal(mp_manager_new(d->event, &d->config, &d->m), 0);
	assert_int_equal(mp_manager_start(d->m), 0);
}

static inline void edit(struct daemon *d, const char *tree, const char *name, const char *text)
{
	_cleanup_free_ char *file = NULL;

	assert_true(asprintf(&file, "policies/%s.mempolicy", name) > 0);
	tree_write(tree, file, text);
	if (!d)
		return;
	assert_int_equal(mp_slots_scan(d->m), 0);
	mp_manager_update(d->m);
}

static inline struct mp_attachment *at(const struct daemon *d, const char *name)
{
	for (size_t i = 0; i < d->m->n_attachments; i++)
		if (!strcmp(d->m->attachments[i]->name, name))
			return d->m->attachments[i];
	fail_msg("policy %s has no attachment", name);
	return NULL;
}

static void fake_reset(void)
{
	memset(&kernel, 0, sizeof(kernel));
}

#endif
