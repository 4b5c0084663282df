// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ring buffer and call program; see agent.h.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>

#include "agent.h"
#include "log.h"

/* Records taken in one turn of the loop: the control socket must not starve. */
#define EVENTS_PER_TURN 256
#define LINKS_MAX 8

struct mp_agent {
	struct bpf_object *object;
	struct bpf_link *links[LINKS_MAX];
	size_t n_links;
	struct ring_buffer *ring;
	sd_event_source *source;
	int call_fd; /* the object's; it never leaves this process */
	int hint_fd, residency_fd; /* likewise, but that they may; -errno: there is none */
	const uint64_t *lost; /* in the object's mapped .bss, or NULL */
	mp_agent_event_t callback;
	void *userdata;
};

static int on_record(void *ctx, void *data, size_t size)
{
	struct mp_agent *agent = ctx;
	struct mempol_event event = {};

	/* A newer object may append to the record; a shorter one is not ours. */
	if (size < offsetof(struct mempol_event, body)) {
		mp_log(LOG_DEBUG, "Record of %zu bytes in the ring buffer, ignoring.", size);
		return 0;
	}
	memcpy(&event, data, size < sizeof(event) ? size : sizeof(event));
	if (event.version != MEMPOL_ABI_VERSION) {
		mp_log(LOG_DEBUG, "Record of version %u in the ring buffer, ignoring.",
		       event.version);
		return 0;
	}
	agent->callback(&event, agent->userdata);
	return 0;
}

static int on_ring_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct mp_agent *agent = userdata;

	(void)source;
	(void)fd;
	(void)revents;
	(void)ring_buffer__consume_n(agent->ring, EVENTS_PER_TURN);
	return 0;
}

void mp_agent_drain(struct mp_agent *agent)
{
	if (agent)
		(void)ring_buffer__consume_n(agent->ring, EVENTS_PER_TURN);
}

static int fd_of(struct bpf_object *object, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object, name);

	return program ? bpf_program__fd(program) : -ENOENT;
}

/* libbpf maps .bss into this process; the variable's place in it is in the object's BTF. */
static const uint64_t *find_lost(struct bpf_object *object)
{
	const struct btf *btf = bpf_object__btf(object);
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".bss");
	int id = btf ? btf__find_by_name_kind(btf, ".bss", BTF_KIND_DATASEC) : -ENOENT;
	const struct btf_type *section;
	const char *data;
	size_t size;

	if (!map || id < 0)
		return NULL;
	data = bpf_map__initial_value(map, &size);
	section = btf__type_by_id(btf, id);
	for (int i = 0; data && i < btf_vlen(section); i++) {
		const struct btf_var_secinfo *info = &btf_var_secinfos(section)[i];
		const struct btf_type *var = btf__type_by_id(btf, info->type);
		const char *name = btf__name_by_offset(btf, var->name_off);

		if (name && !strcmp(name, "lost_events") && info->size == sizeof(uint64_t) &&
		    info->offset + sizeof(uint64_t) <= size)
			return (const uint64_t *)(data + info->offset);
	}
	return NULL;
}

static int attach_programs(struct mp_agent *agent)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, agent->object) {
		if (bpf_program__type(program) == BPF_PROG_TYPE_SYSCALL)
			continue;
		if (agent->n_links == LINKS_MAX)
			return -E2BIG;
		agent->links[agent->n_links] = bpf_program__attach(program);
		if (!agent->links[agent->n_links])
			return -errno;
		agent->n_links++;
	}
	return 0;
}

int mp_agent_new(sd_event *event, const char *path, const void *bytes, size_t size,
		 mp_agent_event_t callback, void *userdata, struct mp_agent **ret,
		 char **ret_problem)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "mempol_agent");
	_cleanup_(mp_agent_freep) struct mp_agent *agent =
		mp_owned(calloc(1, sizeof(struct mp_agent)));
	const char *step = "open";
	struct bpf_program *call;
	struct bpf_map *events;
	int r;

	*ret_problem = NULL;
	if (!agent)
		return -ENOMEM;
	agent->callback = callback;
	agent->userdata = userdata;

	agent->object = bpf_object__open_mem(bytes, size, &opts);
	if (!agent->object) {
		r = -errno;
		goto fail;
	}
	step = "find the programs of";
	call = bpf_object__find_program_by_name(agent->object, "mempol_call");
	events = bpf_object__find_map_by_name(agent->object, "events");
	if (!call || !events) {
		r = -ENOENT;
		goto fail;
	}
	step = "load";
	r = bpf_object__load(agent->object);
	if (r < 0)
		goto fail;
	agent->call_fd = bpf_program__fd(call);
	agent->hint_fd = fd_of(agent->object, "mempol_hint");
	agent->residency_fd = fd_of(agent->object, "mempol_residency");
	agent->lost = find_lost(agent->object);

	step = "read the ring buffer of";
	agent->ring = ring_buffer__new(bpf_map__fd(events), on_record, agent, NULL);
	if (!agent->ring) {
		r = -errno;
		goto fail;
	}
	r = sd_event_add_io(event, &agent->source, ring_buffer__epoll_fd(agent->ring), EPOLLIN,
			    on_ring_io, agent);
	if (r < 0)
		goto fail;
	step = "attach";
	r = attach_programs(agent);
	if (r < 0)
		goto fail;
	*ret = TAKE_PTR(agent);
	return 0;

fail:
	if (asprintf(ret_problem, "cannot %s %s: %s", step, path, strerror(-r)) < 0)
		*ret_problem = NULL;
	return r;
}

struct mp_agent *mp_agent_free(struct mp_agent *agent)
{
	if (!agent)
		return NULL;
	for (size_t i = 0; i < agent->n_links; i++)
		bpf_link__destroy(agent->links[i]);
	sd_event_source_disable_unref(agent->source);
	ring_buffer__free(agent->ring);
	bpf_object__close(agent->object);
	free(agent);
	return NULL;
}

/* For a SYSCALL program the kernel writes the context back through ctx_in. */
static int run(int program_fd, void *context, size_t size)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = context, .ctx_size_in = (uint32_t)size);
	int r = bpf_prog_test_run_opts(program_fd, &opts);

	return r < 0 ? r : (int)opts.retval;
}

int mp_agent_call(struct mp_agent *agent, struct mempol_call *call)
{
	int r;

	if (!agent)
		return -ENODEV;
	call->version = MEMPOL_ABI_VERSION;
	r = run(agent->call_fd, call, sizeof(*call));
	return r < 0 ? r : (int)call->error;
}

int mp_agent_hint_fd(const struct mp_agent *agent)
{
	return agent->hint_fd;
}

int mp_agent_residency_fd(const struct mp_agent *agent)
{
	return agent->residency_fd;
}

int mp_agent_hint(struct mp_agent *agent, struct mempol_hint *hint)
{
	if (agent->hint_fd < 0)
		return agent->hint_fd;
	hint->version = MEMPOL_HINT_VERSION;
	return run(agent->hint_fd, hint, sizeof(*hint));
}

int mp_agent_query(struct mp_agent *agent, uint64_t policy_id, struct mempol_policy_info *ret)
{
	struct mempol_call call = { .op = MEMPOL_CALL_POLICY, .body.policy.policy_id = policy_id };
	struct mempol_policy_info *info = &call.body.policy.info;
	int r = mp_agent_call(agent, &call);

	if (r < 0)
		return r;
	/* An older module would not know of what was appended since; this is the first of its kind. */
	if (info->size < sizeof(*info))
		return -EPROTO;
	info->engine[sizeof(info->engine) - 1] = '\0';
	info->reason[sizeof(info->reason) - 1] = '\0';
	info->dump[sizeof(info->dump) - 1] = '\0';
	*ret = *info;
	return 0;
}

int mp_agent_beat(struct mp_agent *agent)
{
	struct mempol_call call = { .op = MEMPOL_CALL_BEAT };

	return mp_agent_call(agent, &call);
}

uint64_t mp_agent_lost(const struct mp_agent *agent)
{
	return agent && agent->lost ? __atomic_load_n(agent->lost, __ATOMIC_RELAXED) : 0;
}
