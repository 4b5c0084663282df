// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks for the module, its types, cgroup v2 and what the daemon needs; see features.h.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include "engine_file.h"
#include "features.h"
#include "names.h"

#define NOT_BUILT "not available in this version"

/* NULL @format: available. */
static int add(struct mp_features *f, const char *name, const char *format, ...) _printf_(3, 4);

static int add(struct mp_features *f, const char *name, const char *format, ...)
{
	struct mp_feature *item = &f->items[f->n];
	va_list ap;
	int r = 0;

	if (f->n == MP_FEATURES_MAX)
		return -E2BIG;
	item->name = name;
	item->available = !format;
	if (format) {
		va_start(ap, format);
		r = vasprintf(&item->reason, format, ap);
		va_end(ap);
	}
	if (r < 0) {
		item->reason = NULL;
		return -ENOMEM;
	}
	f->n++;
	return 0;
}

static int path_exists(const char *directory, const char *name)
{
	_cleanup_free_ char *path = NULL;

	if (asprintf(&path, "%s/%s", directory, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	return access(path, F_OK) == 0;
}

bool mp_features_module_present(const char *sys)
{
	return path_exists(sys, "kernel/btf/mempol") > 0;
}

/* Whether the module's types hold what the mechanism's engines implement. */
static int module_has_type(const char *sys, const char *type)
{
	_cleanup_free_ char *base_path = NULL, *path = NULL;
	struct btf *base, *module;
	int r;

	if (asprintf(&base_path, "%s/kernel/btf/vmlinux", sys) < 0) {
		base_path = NULL;
		return -ENOMEM;
	}
	if (asprintf(&path, "%s/kernel/btf/mempol", sys) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	base = btf__parse(base_path, NULL);
	if (!base)
		return -errno;
	module = btf__parse_split(path, base);
	if (!module) {
		r = -errno;
		btf__free(base);
		return r;
	}
	r = btf__find_by_name_kind(module, type, BTF_KIND_STRUCT) > 0;
	btf__free(module);
	btf__free(base);
	return r;
}

static bool have_capability(unsigned int capability)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};

	if (syscall(SYS_capget, &header, data) < 0)
		return false;
	return data[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability);
}

static int probe_kernel(const char *sys, struct mp_features *f)
{
	const char *type = mp_engine_ops_type(MEMPOL_MECH_CACHE);
	int r;

	if (path_exists(sys, "kernel/btf/vmlinux") <= 0) {
		r = add(f, "btf", "the kernel has no type information (CONFIG_DEBUG_INFO_BTF)");
		if (r < 0)
			return r;
	} else {
		r = add(f, "btf", NULL);
		if (r < 0)
			return r;
	}
	if (mp_features_module_present(sys)) {
		r = add(f, "module", NULL);
		if (r < 0)
			return r;
		r = module_has_type(sys, type);
		if (r == -ENOMEM)
			return r;
		if (r < 0)
			return add(f, "cache",
				   "the type information of module mempol cannot be read: %s",
				   strerror(-r));
		if (r == 0)
			return add(f, "cache",
				   "module mempol has no %s (built without the cache mechanism)",
				   type);
		return add(f, "cache", NULL);
	}
	if (path_exists(sys, "module/mempol") > 0)
		r = add(f, "module",
			"module mempol has no type information (CONFIG_DEBUG_INFO_BTF_MODULES)");
	else
		r = add(f, "module",
			"the running kernel has no mempol module (kernel %s is not patched, or modprobe mempol failed)",
			f->kernel);
	if (r < 0)
		return r;
	return add(f, "cache", "%s", f->items[f->n - 1].reason);
}

static int probe_rest(const char *cgroup_root, const char *agent, struct mp_features *f)
{
	static const enum mempol_mechanism later[] = { MEMPOL_MECH_PLACEMENT, MEMPOL_MECH_BALLOON,
						       MEMPOL_MECH_REFCOUNT,
						       MEMPOL_MECH_TRANSLATION };
	struct statfs fs;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(later); i++) {
		r = add(f, mp_mechanism_to_string(later[i]), NOT_BUILT);
		if (r < 0)
			return r;
	}
	if (statfs(cgroup_root, &fs) < 0)
		r = add(f, "cgroup2", "%s: %s", cgroup_root, strerror(errno));
	else if (fs.f_type != CGROUP2_SUPER_MAGIC)
		r = add(f, "cgroup2", "%s is not a cgroup2 file system", cgroup_root);
	else
		r = add(f, "cgroup2", NULL);
	if (r < 0)
		return r;
	if (access(agent, R_OK) < 0)
		r = add(f, "agent", "%s: %s", agent, strerror(errno));
	else
		r = add(f, "agent", NULL);
	if (r < 0)
		return r;
	/* The lookup of a module's types wants the big one in 6.12, whatever CAP_BPF covers. */
	if (!have_capability(CAP_SYS_ADMIN))
		return add(
			f, "capabilities",
			"CAP_SYS_ADMIN is missing: this kernel wants it for the types of a module");
	return add(f, "capabilities", NULL);
}

int mp_features_probe(const char *sys, const char *cgroup_root, const char *agent,
		      struct mp_features *ret)
{
	_cleanup_(mp_features_done) struct mp_features f = {};
	struct utsname names;
	int r;

	f.kernel = strdup(uname(&names) == 0 ? names.release : "unknown");
	if (!f.kernel)
		return -ENOMEM;
	r = probe_kernel(sys, &f);
	if (r < 0)
		return r;
	r = probe_rest(cgroup_root, agent, &f);
	if (r < 0)
		return r;
	*ret = f;
	f = (struct mp_features){};
	for (size_t i = 0; i < ret->n; i++)
		if (!strcmp(ret->items[i].name, "cache"))
			ret->cache_missing = ret->items[i].reason;
	return 0;
}

void mp_features_done(struct mp_features *f)
{
	free(f->kernel);
	for (size_t i = 0; i < f->n; i++)
		free(f->items[i].reason);
	*f = (struct mp_features){};
}
