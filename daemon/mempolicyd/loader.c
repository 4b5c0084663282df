// SPDX-License-Identifier: GPL-2.0-only
/*
 * Engine objects through libbpf; see loader.h.
 */
#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "engine_file.h"
#include "engine_tunables.h"
#include "file.h"
#include "loader.h"
#include "log.h"
#include "mechanism.h"
#include "verifier.h"

/*
 * What the kernel may write of one failed program. Since 6.4 the kernel keeps the end of a log that
 * does not fit, which is where the reason stands.
 */
#define VERIFIER_LOG_BYTES (256 * 1024)
/* What is kept of it: it goes into a reply. */
#define KEPT_LOG_BYTES (64 * 1024)
/* libbpf's warnings while one object is loaded. */
#define WARNINGS_BYTES 8192

struct mp_image {
	unsigned int refs;
	char *path;
	void *bytes;
	size_t size;
	struct mp_engine_object object; /* object.variable is the libbpf map name of the ops */
	enum mempol_mechanism_id mechanism;
};

struct mp_loaded {
	struct bpf_object *object;
	struct bpf_map *ops;
	struct bpf_link *link;
	uint64_t policy_id;
};

/* libbpf has one print function for the process, so there is one place to collect from it. */
static struct {
	bool on;
	size_t used;
	char text[WARNINGS_BYTES];
} warnings;

static int on_libbpf_print(enum libbpf_print_level level, const char *format, va_list ap)
{
	char line[1024];
	size_t n, room;

	vsnprintf(line, sizeof(line), format, ap);
	n = strcspn(line, "\n");
	if (n > 0)
		mp_log(LOG_DEBUG, "%.*s", (int)n, line);
	if (!warnings.on || level != LIBBPF_WARN)
		return 0;
	room = sizeof(warnings.text) - 1 - warnings.used;
	n = strlen(line);
	n = n < room ? n : room;
	memcpy(warnings.text + warnings.used, line, n);
	warnings.used += n;
	warnings.text[warnings.used] = '\0';
	return 0;
}

void mp_loader_init(void)
{
	libbpf_set_print(on_libbpf_print);
}

static int read_file(const char *path, bool is_own, struct mp_image *image, char **ret_problem)
{
	char *bytes;
	int r;

	if (is_own) {
		r = mp_engine_file_read(path, &bytes, &image->size, NULL, ret_problem);
		if (r >= 0)
			image->bytes = bytes;
		return r;
	}
	r = mp_file_read(path, MP_ENGINE_FILE_MAX, &bytes, &image->size);
	if (r >= 0)
		image->bytes = bytes;
	else if (r == -ENOENT)
		*ret_problem = strdup("it does not exist");
	else if (r != -ENOMEM)
		*ret_problem = mp_file_problem(r, MP_ENGINE_FILE_MAX);
	return r;
}

int mp_image_read(const char *path, bool is_own, enum mempol_mechanism_id mechanism,
		  struct mp_image **ret, char **ret_problem)
{
	_cleanup_image_ struct mp_image *image = mp_owned(calloc(1, sizeof(struct mp_image)));
	int r;

	*ret_problem = NULL;
	if (!image)
		return -ENOMEM;
	image->refs = 1;
	image->mechanism = mechanism;
	image->path = strdup(path);
	if (!image->path)
		return -ENOMEM;
	r = read_file(path, is_own, image, ret_problem);
	if (r < 0)
		return r;
	r = mp_engine_bytes_read(image->bytes, image->size, mechanism, &image->object, ret_problem);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(image);
	return 0;
}

struct mp_image *mp_image_unref(struct mp_image *image)
{
	if (!image || --image->refs > 0)
		return NULL;
	free(image->path);
	free(image->bytes);
	mp_engine_object_done(&image->object);
	free(image);
	return NULL;
}

bool mp_image_equal(const struct mp_image *a, const struct mp_image *b)
{
	if (!a || !b)
		return a == b;
	return a->mechanism == b->mechanism && a->size == b->size && !strcmp(a->path, b->path) &&
	       !memcmp(a->bytes, b->bytes, a->size);
}

const struct mp_tunables *mp_image_tunables(const struct mp_image *image)
{
	return &image->object.tunables;
}

/* Where the @size bytes of @member lie in the initial value of the ops variable. */
static int find_member(const struct btf *btf, const char *type, const char *member, size_t size,
		       uint32_t *ret_offset)
{
	const struct btf_type *t;
	int id = btf__find_by_name_kind(btf, type, BTF_KIND_STRUCT);

	if (id < 0)
		return -ENOENT;
	t = btf__type_by_id(btf, id);
	for (int i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];
		const char *name = btf__name_by_offset(btf, m->name_off);
		uint32_t bits = btf_member_bit_offset(t, i);

		if (!name || strcmp(name, member))
			continue;
		if (bits % 8 || btf_member_bitfield_size(t, i) ||
		    btf__resolve_size(btf, m->type) != (int64_t)size)
			return -EPROTO;
		*ret_offset = bits / 8;
		return 0;
	}
	return -ENOENT;
}

/* The @size bytes of @member in the initial value of the ops variable. */
static int member_bytes(struct bpf_object *object, struct bpf_map *map, const char *type,
			const char *member, size_t size, void **ret)
{
	uint32_t offset;
	size_t total;
	char *data;
	int r;

	r = find_member(bpf_object__btf(object), type, member, size, &offset);
	if (r < 0)
		return r;
	data = bpf_map__initial_value(map, &total);
	if (!data || offset + size > total)
		return -EPROTO;
	*ret = data + offset;
	return 0;
}

static int set_member(struct bpf_object *object, struct bpf_map *map, const char *type,
		      const struct mp_ops_value *v)
{
	const uint32_t small = v->value;
	void *bytes;
	int r;

	r = member_bytes(object, map, type, v->member, v->size, &bytes);
	if (r == -ENOENT && v->optional)
		return 0;
	if (r >= 0)
		memcpy(bytes, v->size == sizeof(small) ? (const void *)&small : &v->value, v->size);
	return r;
}

/* The engine's own flags stay. Whatever the daemon attaches pauses while the daemon hangs. */
static int add_flags(struct bpf_object *object, struct bpf_map *map, const char *type)
{
	uint32_t flags;
	void *bytes;
	int r;

	r = member_bytes(object, map, type, "flags", sizeof(flags), &bytes);
	if (r < 0)
		return r;
	memcpy(&flags, bytes, sizeof(flags));
	flags |= MEMPOL_OPS_HEARTBEAT;
	memcpy(bytes, &flags, sizeof(flags));
	return 0;
}

void mp_ops_values_add(struct mp_ops_values *values, const char *member, size_t size,
		       uint64_t value)
{
	assert(values->n_own < MP_OPS_VALUES_MAX);
	values->own[values->n_own++] =
		(struct mp_ops_value){ .member = member, .size = size, .value = value };
}

void mp_ops_values_add_optional(struct mp_ops_values *values, const char *member, size_t size,
				uint64_t value)
{
	mp_ops_values_add(values, member, size, value);
	values->own[values->n_own - 1].optional = true;
}

static int set_values(struct bpf_object *object, struct bpf_map *map, const char *type,
		      const struct mp_ops_values *values)
{
	const struct mp_ops_value head[] = {
		{ "policy_id", sizeof(values->policy_id), values->policy_id, false },
		{ "cgroup_id", sizeof(values->cgroup_id), values->cgroup_id, false },
	};
	int r;

	r = add_flags(object, map, type);
	for (size_t i = 0; i < ARRAY_SIZE(head) && r >= 0; i++)
		r = set_member(object, map, type, &head[i]);
	for (size_t i = 0; i < values->n_own && r >= 0; i++)
		r = set_member(object, map, type, &values->own[i]);
	return r;
}

/* Into the constants that the verifier is about to fold. */
static int set_tunings(struct bpf_object *object, const struct mp_tunables *tunables,
		       const struct mp_ops_values *values)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, MP_TUNABLES_SECTION);
	size_t size = 0;
	char *bytes = map ? bpf_map__initial_value(map, &size) : NULL;

	for (size_t i = 0; i < values->n_tunings; i++) {
		const struct mp_tuning *tuning = &values->tunings[i];
		const struct mp_tunable *tunable = mp_tunables_find(tunables, tuning->key);
		_cleanup_free_ char *problem = NULL;
		uint64_t value;

		if (!tunable || !bytes || tunable->offset + tunable->size > size)
			return -EPROTO;
		value = tunable->value;
		if (*tuning->value &&
		    mp_tunable_parse(tunable, tuning->value, &value, &problem) < 0)
			return -EPROTO;
		mp_tunable_store(tunable, value, bytes + tunable->offset);
	}
	return 0;
}

static void explain(int error, const char *verifier, char **ret_problem, char **ret_log)
{
	_cleanup_verdict_ struct mp_verdict verdict = {};
	size_t n = strlen(verifier);
	int r;

	/* Without memory the reason is missing and nothing else. */
	(void)mp_verifier_read(*verifier ? verifier : warnings.text, &verdict);
	if (*verifier) {
		r = asprintf(ret_problem, "the kernel's verifier rejected it: %s",
			     verdict.reason ?: strerror(-error));
	} else if (error == -EPERM) {
		r = asprintf(ret_problem, "the kernel does not let this process load BPF programs");
	} else {
		r = asprintf(ret_problem, "the kernel did not take it: %s (%s)", strerror(-error),
			     verdict.reason ?: "no further reason");
	}
	if (r < 0)
		*ret_problem = NULL;
	if (n > KEPT_LOG_BYTES)
		verifier += n - KEPT_LOG_BYTES;
	if (*verifier || warnings.used)
		r = asprintf(ret_log, "%s%s", warnings.text, verifier);
	if (r < 0)
		*ret_log = NULL;
}

int mp_loaded_new(const struct mp_image *image, const struct mp_ops_values *values,
		  struct mp_loaded **ret, char **ret_problem, char **ret_log)
{
	_cleanup_loaded_ struct mp_loaded *loaded = mp_owned(calloc(1, sizeof(struct mp_loaded)));
	_cleanup_free_ char *log = mp_owned(calloc(1, VERIFIER_LOG_BYTES));
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "mempol_engine",
		    .kernel_log_buf = log, .kernel_log_size = VERIFIER_LOG_BYTES);
	int r;

	*ret_problem = *ret_log = NULL;
	if (!loaded || !log)
		return -ENOMEM;
	loaded->policy_id = values->policy_id;

	warnings.on = true;
	warnings.used = 0;
	warnings.text[0] = '\0';
	loaded->object = bpf_object__open_mem(image->bytes, image->size, &opts);
	if (!loaded->object) {
		r = -errno;
		goto out;
	}
	loaded->ops = bpf_object__find_map_by_name(loaded->object, image->object.variable);
	if (!loaded->ops) {
		r = -ENOENT;
		goto out;
	}
	r = set_values(loaded->object, loaded->ops, mp_mechanism_get(image->mechanism)->ops_type,
		       values);
	if (r == 0)
		r = set_tunings(loaded->object, &image->object.tunables, values);
	if (r == 0)
		r = bpf_object__load(loaded->object);
out:
	warnings.on = false;
	if (r < 0) {
		explain(r, log, ret_problem, ret_log);
		return r;
	}
	*ret = TAKE_PTR(loaded);
	return 0;
}

uint64_t mp_loaded_policy_id(const struct mp_loaded *loaded)
{
	return loaded->policy_id;
}

int mp_loaded_attach(struct mp_loaded *loaded)
{
	loaded->link = bpf_map__attach_struct_ops(loaded->ops);
	return loaded->link ? 0 : -errno;
}

int mp_loaded_replace(struct mp_loaded *old, struct mp_loaded *new)
{
	int r;

	if (!old->link)
		return -ENOLINK;
	r = bpf_link__update_map(old->link, new->ops);
	if (r < 0)
		return r;
	new->link = TAKE_PTR(old->link);
	return 0;
}

void mp_loaded_detach(struct mp_loaded *loaded)
{
	bpf_link__destroy(TAKE_PTR(loaded->link));
}

bool mp_loaded_is_attached(const struct mp_loaded *loaded)
{
	return loaded && loaded->link;
}

struct mp_loaded *mp_loaded_free(struct mp_loaded *loaded)
{
	if (!loaded)
		return NULL;
	bpf_link__destroy(loaded->link);
	bpf_object__close(loaded->object);
	free(loaded);
	return NULL;
}
