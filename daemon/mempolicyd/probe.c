// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks for the module, its types, cgroup v2 and what the daemon needs; see probe.h.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include "file.h"
#include "mechanism.h"
#include "probe.h"

#define HINTS "hints"
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

/* The module's types, which lean on the kernel's: some megabytes, read once for all mechanisms. */
struct types {
	struct btf *base, *module;
	int error; /* 0, or why there are none */
};

static void types_done(struct types *t)
{
	btf__free(t->module);
	btf__free(t->base);
}

static int types_read(const char *sys, struct types *t)
{
	_cleanup_free_ char *base_path = NULL, *path = NULL;

	if (asprintf(&base_path, "%s/kernel/btf/vmlinux", sys) < 0) {
		base_path = NULL;
		return -ENOMEM;
	}
	if (asprintf(&path, "%s/kernel/btf/mempol", sys) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	t->base = btf__parse(base_path, NULL);
	if (!t->base)
		return -errno;
	t->module = btf__parse_split(path, t->base);
	return t->module ? 0 : -errno;
}

static bool have_capability(unsigned int capability)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};

	if (syscall(SYS_capget, &header, data) < 0)
		return false;
	return data[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability);
}

/* The text of a small file below @sys, NULL without it. */
static int read_sys(const char *sys, const char *name, char **ret)
{
	_cleanup_free_ char *path = NULL;
	size_t size;

	*ret = NULL;
	if (asprintf(&path, "%s/%s", sys, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	return mp_file_read(path, 65536, ret, &size) == -ENOMEM ? -ENOMEM : 0;
}

/* What to do where no module is: with the series the kernel counts pages of policies, whoever governs. */
static int add_no_module(const char *sys, struct mp_features *f)
{
	_cleanup_free_ char *counters = NULL;
	int r = read_sys(sys, "devices/system/node/node0/vmstat", &counters);

	if (r < 0)
		return r;
	if (counters && strstr(counters, "nr_mempol_file"))
		return add(
			f, "module",
			"the running kernel has no mempol module: kernel %s has the patches, so install mempol-dkms, and see what modprobe mempol says",
			f->kernel);
	return add(
		f, "module",
		"the running kernel has no mempol module: kernel %s is not patched, or modprobe mempol failed; boot one with the patches",
		f->kernel);
}

/* One that was loaded before an upgrade stays until somebody removes it. */
static int probe_module(const char *sys, struct mp_features *f)
{
	_cleanup_free_ char *abi = NULL;
	int r;

	if (path_exists(sys, "module/mempol") <= 0 && !mp_features_module_present(sys))
		return add_no_module(sys, f);
	r = read_sys(sys, "module/mempol/parameters/abi", &abi);
	if (r < 0)
		return r;
	if (abi && strtoul(abi, NULL, 10) != MEMPOL_ABI_VERSION)
		return add(
			f, "module",
			"the loaded module mempol has ABI %lu, this mempolicyd %u: install both of one version, then systemctl stop mempolicyd; modprobe -r mempol; systemctl start mempolicyd",
			strtoul(abi, NULL, 10), MEMPOL_ABI_VERSION);
	if (!mp_features_module_present(sys))
		return add(
			f, "module",
			"module mempol has no type information (CONFIG_DEBUG_INFO_BTF_MODULES): build it with mempol-dkms");
	return add(f, "module", NULL);
}

static int probe_kernel(const char *sys, struct mp_features *f)
{
	int r;

	if (path_exists(sys, "kernel/btf/vmlinux") <= 0) {
		r = add(f, "btf",
			"the kernel has no type information: boot one with CONFIG_DEBUG_INFO_BTF");
		if (r < 0)
			return r;
	} else {
		r = add(f, "btf", NULL);
		if (r < 0)
			return r;
	}
	return probe_module(sys, f);
}

/*
 * What the module says of one of its mechanisms: 0, or the error of its start. Its parameter has a line
 * for each, "NAME ERROR"; a mechanism without a line is left to what the types say.
 */
static int mechanism_error(const char *sys, const char *name)
{
	_cleanup_free_ char *text = NULL;
	const size_t length = strlen(name);
	int r = read_sys(sys, "module/mempol/parameters/mechanisms", &text);

	if (r < 0)
		return r;
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, length) && line[length] == ' ')
			return atoi(line + length + 1);
	}
	return 0;
}

/* One more than the last number of "0-3" or "0,2-7"; 0: it cannot be read. */
static unsigned long possible_cpus(const char *sys)
{
	_cleanup_free_ char *text = NULL;
	const char *last;

	if (read_sys(sys, "devices/system/cpu/possible", &text) < 0 || !text)
		return 0;
	last = text + strlen(text);
	while (last > text && !strchr(",-", last[-1]))
		last--;
	return strtoul(last, NULL, 10) + 1;
}

/* Whether the module's types hold what the mechanism's engines implement. */
static int add_mechanism(const struct mp_mechanism *mechanism, const char *sys,
			 const char *no_module, const struct types *types, struct mp_features *f)
{
	const char *name = mechanism->name, *type = mechanism->ops_type;
	int error;

	if (!type)
		return add(f, name, NOT_BUILT);
	if (no_module)
		return add(f, name, "%s", no_module);
	if (types->error < 0)
		return add(f, name, "the type information of module mempol cannot be read: %s",
			   strerror(-types->error));
	error = mechanism_error(sys, name);
	if (error == -EOPNOTSUPP && mechanism->cpus_max && possible_cpus(sys) > mechanism->cpus_max)
		return add(f, name, "more than %u CPUs are possible", mechanism->cpus_max);
	if (mechanism->kernel_option &&
	    (error == -EOPNOTSUPP ||
	     btf__find_by_name_kind(types->module, type, BTF_KIND_STRUCT) <= 0))
		return add(f, name, "this is a kernel without %s", mechanism->kernel_option);
	if (btf__find_by_name_kind(types->module, type, BTF_KIND_STRUCT) <= 0)
		return add(f, name, "module mempol has no %s (built without the %s mechanism)",
			   type, name);
	if (error == -ECANCELED)
		return add(f, name, "module mempol was loaded with disable=%s", name);
	if (error < 0)
		return add(f, name, "module mempol could not start it: %s", strerror(-error));
	return add(f, name, NULL);
}

/* Whether programs can say what becomes of cached pages: it takes a kfunc of the module's. */
static int add_hints(const char *no_module, const struct types *types, struct mp_features *f)
{
	const char *missing = f->missing[mp_mechanism_cache.id];
	int r;

	if (no_module || types->error < 0 || missing)
		r = add(f, HINTS, "%s", missing ?: no_module ?: strerror(-types->error));
	else if (btf__find_by_name_kind(types->module, "bpf_mempol_hint", BTF_KIND_FUNC) <= 0)
		r = add(f, HINTS, "this is a kernel without CONFIG_MEMPOL_VERBS");
	else
		r = add(f, HINTS, NULL);
	f->hints_missing = f->items[f->n - 1].reason;
	return r;
}

/* Behind what the kernel itself was asked for, whose last answer is the module's. */
static int probe_mechanisms(const char *sys, struct mp_features *f)
{
	_cleanup_(types_done) struct types types = {};
	const char *no_module = f->items[f->n - 1].reason;
	int r;

	if (!no_module)
		types.error = types_read(sys, &types);
	if (types.error == -ENOMEM)
		return types.error;
	for (size_t i = 0; i < mp_mechanisms_count; i++) {
		r = add_mechanism(mp_mechanisms[i], sys, no_module, &types, f);
		if (r < 0)
			return r;
		f->missing[mp_mechanisms[i]->id] = f->items[f->n - 1].reason;
	}
	return add_hints(no_module, &types, f);
}

static int probe_rest(const char *cgroup_root, const char *agent, struct mp_features *f)
{
	struct statfs fs;
	int r;

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
	r = probe_mechanisms(sys, &f);
	if (r < 0)
		return r;
	r = probe_rest(cgroup_root, agent, &f);
	if (r < 0)
		return r;
	*ret = f;
	f = (struct mp_features){};
	return 0;
}

const char *mp_features_nothing(const struct mp_features *f)
{
	for (size_t i = 0; i < mp_mechanisms_count; i++)
		if (!f->missing[mp_mechanisms[i]->id])
			return NULL;
	return f->missing[mp_mechanisms[0]->id];
}

void mp_features_done(struct mp_features *f)
{
	free(f->kernel);
	for (size_t i = 0; i < f->n; i++)
		free(f->items[i].reason);
	*f = (struct mp_features){};
}
