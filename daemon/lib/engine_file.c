/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ELF and BTF of an engine's object, read but not loaded (engine_file.h). The bytes may be hostile:
 * libelf gives sections with checked bounds, libbpf checks the BTF, and nothing is followed here
 * without asking them.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdint.h>
#include <string.h>

#include "engine.h"
#include "engine_file.h"
#include "engine_tunables.h"
#include "file.h"
#include "mechanism.h"
#include "trust.h"
#include "utf8.h"

#ifndef EM_BPF
#define EM_BPF 247
#endif

static int check_header(Elf *elf, char **ret_problem)
{
	GElf_Ehdr header;

	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header))
		return mp_problem(ret_problem, -ENOEXEC, "this is not an ELF file");
	if (header.e_machine != EM_BPF)
		return mp_problem(ret_problem, -ENOEXEC, "this ELF file is not a BPF object");
	if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_type != ET_REL)
		return mp_problem(ret_problem, -ENOEXEC,
				  "this BPF object is not relocatable 64-bit ELF");
	if (header.e_ident[EI_DATA] !=
	    (__BYTE_ORDER == __LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB))
		return mp_problem(ret_problem, -ENOEXEC,
				  "this BPF object has the other byte order");
	return 0;
}

static Elf_Data *find_section(Elf *elf, const char *name)
{
	Elf_Scn *section = NULL;
	size_t strings;

	if (elf_getshdrstrndx(elf, &strings) < 0)
		return NULL;
	while ((section = elf_nextscn(elf, section))) {
		const char *section_name;
		GElf_Shdr header;

		if (!gelf_getshdr(section, &header) || header.sh_type == SHT_NOBITS)
			continue;
		section_name = elf_strptr(elf, strings, header.sh_name);
		if (section_name && !strcmp(section_name, name))
			return elf_rawdata(section, NULL);
	}
	return NULL;
}

struct found {
	const char *variable; /* of the wanted type; the first */
	const char *other_type; /* some struct_ops of another type */
	unsigned int count;
	bool without_link; /* in ".struct_ops": it could not be detached by closing a link */
};

static void search_section(const struct btf *btf, const struct btf_type *section,
			   const char *wanted, struct found *found)
{
	const struct btf_var_secinfo *info = btf_var_secinfos(section);

	for (unsigned int i = 0; i < btf_vlen(section); i++) {
		const struct btf_type *variable = btf__type_by_id(btf, info[i].type);
		const struct btf_type *type;
		const char *name;

		if (!variable || !btf_is_var(variable))
			continue;
		type = btf__type_by_id(btf, variable->type);
		/* libbpf checks ids, not that const of const ever ends. */
		for (unsigned int depth = 0; type && btf_is_mod(type) && depth < 16; depth++)
			type = btf__type_by_id(btf, type->type);
		if (!type || !btf_is_struct(type))
			continue;
		name = btf__name_by_offset(btf, type->name_off);
		if (!mp_ops_type_is(name, wanted)) {
			found->other_type = name;
			continue;
		}
		if (!found->count++)
			found->variable = btf__name_by_offset(btf, variable->name_off);
	}
}

static void search_btf(const struct btf *btf, const char *wanted, struct found *found)
{
	for (unsigned int id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		const char *name;

		if (!type || !btf_is_datasec(type))
			continue;
		name = btf__name_by_offset(btf, type->name_off);
		if (name && !strcmp(name, ".struct_ops.link"))
			search_section(btf, type, wanted, found);
		else if (name && !strcmp(name, ".struct_ops"))
			found->without_link = true;
	}
}

/* The section whose engines have such an ops type, NULL when it is none of ours. */
static const char *section_of_type(const char *type)
{
	const struct mp_mechanism *mechanism = mp_mechanism_of_type(type);

	return mechanism ? mechanism->section.name : NULL;
}

static int judge(const struct found *found, const char *wanted, char **ret_variable,
		 char **ret_problem)
{
	char *variable;

	if (found->count > 1)
		return mp_problem(ret_problem, -ENOEXEC,
				  "this BPF object has %u struct_ops of type %s, not one",
				  found->count, wanted);
	if (!found->count && section_of_type(found->other_type))
		return mp_problem(ret_problem, -ENOEXEC,
				  "this BPF object is an engine for [%s], not for [%s]",
				  section_of_type(found->other_type), section_of_type(wanted));
	if (!found->count && found->other_type)
		return mp_problem(
			ret_problem, -ENOEXEC,
			"this BPF object has a struct_ops of type %s, but none of type %s",
			found->other_type, wanted);
	if (!found->count && found->without_link)
		return mp_problem(
			ret_problem, -ENOEXEC,
			"this BPF object has its struct_ops in .struct_ops; it must be in "
			".struct_ops.link");
	if (!found->count || !found->variable || !*found->variable)
		return mp_problem(ret_problem, -ENOEXEC,
				  "this BPF object has no struct_ops of type %s", wanted);

	variable = strdup(found->variable);
	if (!variable)
		return -ENOMEM;
	*ret_variable = variable;
	return 0;
}

void mp_engine_object_done(struct mp_engine_object *object)
{
	free(object->variable);
	mp_tunables_done(&object->tunables);
	for (size_t i = 0; i < object->n_callbacks; i++)
		free(object->callbacks[i]);
	for (size_t i = 0; i < object->n_calls; i++)
		free(object->calls[i]);
	*object = (struct mp_engine_object){};
}

/* The bytes while they are looked at. */
struct opened {
	char *copy; /* elf_memory() wants bytes it may write to */
	Elf *elf;
	struct btf *btf;
};

static void opened_done(struct opened *opened)
{
	btf__free(opened->btf);
	if (opened->elf)
		elf_end(opened->elf);
	free(opened->copy);
}

/* The caller frees @opened in any case. */
static int open_bytes(const void *bytes, size_t size, struct opened *opened, char **ret_problem)
{
	Elf_Data *data;
	int r;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return mp_problem(ret_problem, -ENOEXEC, "libelf is too old");
	opened->copy = mp_owned(malloc(size + 1));
	if (!opened->copy)
		return -ENOMEM;
	memcpy(opened->copy, bytes, size);
	opened->elf = elf_memory(opened->copy, size);
	if (!opened->elf)
		return mp_problem(ret_problem, -ENOEXEC, "this is not an ELF file");
	r = check_header(opened->elf, ret_problem);
	if (r < 0)
		return r;
	data = find_section(opened->elf, ".BTF");
	if (!data || !data->d_buf || data->d_size > UINT32_MAX)
		return mp_problem(ret_problem, -ENOEXEC,
				  "this BPF object has no BTF (compile it with -g)");
	opened->btf = btf__new(data->d_buf, data->d_size);
	if (!opened->btf)
		return mp_problem(ret_problem, -ENOEXEC, "the BTF of this BPF object is damaged");
	return 0;
}

/* Cleaned; what does not fit is left out. */
static int add_word(char *words[], size_t *n, const char *word)
{
	char *copy;

	if (*n == MP_ENGINE_WORDS_MAX || !*word)
		return 0;
	copy = strndup(word, 63);
	if (!copy)
		return -ENOMEM;
	mp_text_clean(copy);
	words[(*n)++] = copy;
	return 0;
}

/* "struct_ops/added" and "struct_ops.s/init" */
static int list_callbacks(Elf *elf, struct mp_engine_object *object)
{
	Elf_Scn *section = NULL;
	size_t strings;
	int r = 0;

	if (elf_getshdrstrndx(elf, &strings) < 0)
		return 0;
	while (r >= 0 && (section = elf_nextscn(elf, section))) {
		const char *name, *slash;
		GElf_Shdr header;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_PROGBITS)
			continue;
		name = elf_strptr(elf, strings, header.sh_name);
		slash = name && !strncmp(name, "struct_ops", 10) ? strchr(name, '/') : NULL;
		if (slash)
			r = add_word(object->callbacks, &object->n_callbacks, slash + 1);
	}
	return r;
}

static int list_calls(const struct btf *btf, struct mp_engine_object *object)
{
	int r = 0;

	for (unsigned int id = 1; r >= 0 && id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (type && btf_is_func(type) && btf_vlen(type) == BTF_FUNC_EXTERN)
			r = add_word(object->calls, &object->n_calls,
				     btf__name_by_offset(btf, type->name_off) ?: "");
	}
	return r;
}

int mp_engine_bytes_read(const void *bytes, size_t size, enum mempol_mechanism_id mechanism,
			 struct mp_engine_object *ret, char **ret_problem)
{
	const struct mp_mechanism *known = mp_mechanism_get(mechanism);
	const char *wanted = known ? known->ops_type : NULL;
	_cleanup_engine_object_ struct mp_engine_object object = {};
	_cleanup_(opened_done) struct opened opened = {};
	struct found found = {};
	int r;

	if (!wanted)
		return mp_problem(ret_problem, -ENOEXEC,
				  "the mechanism is not available in this version");
	r = open_bytes(bytes, size, &opened, ret_problem);
	if (r < 0)
		return r;
	search_btf(opened.btf, wanted, &found);
	r = judge(&found, wanted, &object.variable, ret_problem);
	if (r >= 0 && known->has_tunables)
		r = mp_engine_tunables_read(opened.elf, opened.btf, &known->section,
					    &object.tunables, ret_problem);
	if (r >= 0)
		r = list_callbacks(opened.elf, &object);
	if (r >= 0)
		r = list_calls(opened.btf, &object);
	if (r < 0)
		return r;
	*ret = TAKE(object, (struct mp_engine_object){});
	return 0;
}

int mp_engine_bytes_check(const void *bytes, size_t size, enum mempol_mechanism_id mechanism,
			  char **ret_variable, char **ret_problem)
{
	_cleanup_engine_object_ struct mp_engine_object object = {};
	int r = mp_engine_bytes_read(bytes, size, mechanism, &object, ret_problem);

	if (r < 0)
		return r;
	*ret_variable = TAKE_PTR(object.variable);
	return 0;
}

enum mempol_mechanism_id mp_engine_bytes_mechanism(const void *bytes, size_t size)
{
	_cleanup_(opened_done) struct opened opened = {};
	_cleanup_free_ char *problem = NULL;
	enum mempol_mechanism_id first = MEMPOL_MECH_NONE;
	bool is_open = open_bytes(bytes, size, &opened, &problem) == 0;

	for (size_t i = 0; i < mp_mechanisms_count; i++) {
		struct found found = {};

		if (!mp_mechanisms[i]->ops_type)
			continue;
		if (first == MEMPOL_MECH_NONE)
			first = mp_mechanisms[i]->id;
		if (is_open)
			search_btf(opened.btf, mp_mechanisms[i]->ops_type, &found);
		if (found.count)
			return mp_mechanisms[i]->id;
	}
	return first;
}

int mp_engine_file_read(const char *path, char **ret_bytes, size_t *ret_size, char **ret_warning,
			char **ret_problem)
{
	_cleanup_free_ char *bytes = NULL;
	struct stat st;
	size_t size;
	int r;

	r = mp_file_read_stat(path, MP_ENGINE_FILE_MAX, &bytes, &size, &st);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		*ret_problem = mp_file_problem(r, MP_ENGINE_FILE_MAX);
		return *ret_problem ? r : -ENOMEM;
	}
	r = mp_trust_stat(&st, path, ret_warning, ret_problem);
	if (r < 0)
		return r;
	r = mp_trust_way(path, ret_warning, ret_problem);
	if (r < 0)
		return r;
	*ret_bytes = TAKE_PTR(bytes);
	*ret_size = size;
	return 0;
}

/* 0; or -errno and a sentence without the path. */
static int read_own(const struct mp_engine_choice *choice, struct mp_engine_object *ret,
		    char **ret_warning, char **ret_problem)
{
	_cleanup_free_ char *bytes = NULL;
	size_t size;
	int r;

	r = mp_engine_file_read(choice->engine, &bytes, &size, ret_warning, ret_problem);
	if (r < 0)
		return r;
	return mp_engine_bytes_read(bytes, size, choice->mechanism, ret, ret_problem);
}

static int check_own(const struct mp_policy *policy, struct mp_errors *errors,
		     struct mp_engine_object *ret)
{
	const struct mp_engine_choice *choice = &policy->choice;
	_cleanup_free_ char *warning = NULL, *problem = NULL;
	int r;

	r = read_own(choice, ret, errors->warnings ? &warning : NULL, &problem);
	if (r == -ENOMEM)
		return r;
	if (warning && mp_errors_add(errors->warnings, choice->file, choice->line,
				     "warning: Engine=%s: %s", choice->engine, warning) < 0)
		return -ENOMEM;
	if (r == 0)
		return 0;
	r = mp_errors_add(errors, choice->file, choice->line, "Engine=%s: %s", choice->engine,
			  problem);
	return r < 0 ? r : -EBADMSG;
}

/* Only for the sake of its tunables: that a shipped engine is right is known. */
static int read_shipped(const struct mp_policy *policy, const char *engine_dir,
			struct mp_errors *errors, struct mp_engine_object *ret)
{
	const struct mp_engine_choice *choice = &policy->choice;
	const struct mp_tuning *first = &policy->tunings[0];
	_cleanup_free_ char *path = NULL, *bytes = NULL, *problem = NULL, *advice = NULL;
	const char *why;
	size_t size;
	int r;

	r = mp_engine_object_path(engine_dir, choice->mechanism, choice->engine, &path);
	if (r < 0)
		return r;
	r = mp_file_read(path, MP_ENGINE_FILE_MAX, &bytes, &size);
	if (r >= 0)
		r = mp_engine_bytes_read(bytes, size, choice->mechanism, ret, &problem);
	else if (r != -ENOMEM)
		problem = mp_owned(r == -ENOENT ? strdup("it is not installed") :
						  mp_file_problem(r, MP_ENGINE_FILE_MAX));
	if (r >= 0 || r == -ENOMEM)
		return r;
	why = problem ?: strerror(-r);
	r = mp_key_suggest(&mp_policy_mechanism(policy)->section, first->key, &advice);
	if (r < 0)
		return r;
	r = mp_errors_add(
		errors, first->file, first->line,
		"unknown key '%.60s' in [%s], %s (which ones engine %s has cannot be told: "
		"%s: %s)",
		first->key, mp_policy_mechanism(policy)->section.name, advice, choice->engine, path,
		why);
	return r < 0 ? r : -EBADMSG;
}

int mp_policy_check_engines(const struct mp_policy *policy, const char *engine_dir,
			    struct mp_errors *errors)
{
	_cleanup_engine_object_ struct mp_engine_object object = {};
	const struct mp_engine_choice *choice = &policy->choice;
	int r;

	if (!choice->engine)
		return 0;
	if (mp_engine_is_path(choice->engine))
		r = check_own(policy, errors, &object);
	else if (policy->n_tunings)
		r = read_shipped(policy, engine_dir, errors, &object);
	else
		return 0;
	return r < 0 ? r : mp_policy_check_tunings(policy, &object.tunables, errors);
}

static int check_tuning(const struct mp_policy *policy, const struct mp_tuning *tuning,
			const struct mp_tunables *tunables, struct mp_errors *errors)
{
	const struct mp_tunable *tunable = mp_tunables_find(tunables, tuning->key);
	const struct mp_section *section = &mp_policy_mechanism(policy)->section;
	_cleanup_free_ char *problem = NULL, *advice = NULL;
	uint64_t value;
	int r;

	if (tunable && !*tuning->value)
		return 0;
	if (tunable) {
		r = mp_tunable_parse(tunable, tuning->value, &value, &problem);
		if (r != -EINVAL)
			return r;
		r = mp_errors_add(errors, tuning->file, tuning->line, "%s", problem);
		return r < 0 ? r : -EBADMSG;
	}
	r = mp_tunables_suggest(tunables, section, tuning->key, &advice);
	if (r < 0)
		return r;
	r = mp_errors_add(errors, tuning->file, tuning->line,
			  "unknown key '%.60s' in [%s] with engine %s, %s", tuning->key,
			  section->name, policy->choice.engine, advice);
	return r < 0 ? r : -EBADMSG;
}

size_t mp_policy_tuned(const struct mp_policy *policy, const struct mp_tunables *tunables,
		       struct mp_tuned ret[static MP_TUNABLES_MAX])
{
	for (size_t i = 0; i < tunables->count; i++) {
		const struct mp_tunable *tunable = &tunables->items[i];
		_cleanup_free_ char *problem = NULL;

		ret[i] = (struct mp_tuned){ .key = tunable->key, .value = tunable->value };
		for (size_t k = 0; k < policy->n_tunings; k++)
			if (!strcmp(policy->tunings[k].key, tunable->key) &&
			    *policy->tunings[k].value &&
			    mp_tunable_parse(tunable, policy->tunings[k].value, &ret[i].value,
					     &problem) == 0)
				ret[i].said = &policy->tunings[k];
	}
	return tunables->count;
}

static int check_together(const struct mp_policy *policy, const struct mp_tunables *tunables,
			  struct mp_errors *errors)
{
	struct mp_tuned tuned[MP_TUNABLES_MAX];
	size_t before = errors->total, n = mp_policy_tuned(policy, tunables, tuned);
	int r = mp_policy_mechanism(policy)->check_tuned(tuned, n, errors);

	return r < 0 ? r : errors->total > before ? -EBADMSG : 0;
}

int mp_policy_check_tunings(const struct mp_policy *policy, const struct mp_tunables *tunables,
			    struct mp_errors *errors)
{
	const struct mp_mechanism *mechanism = mp_policy_mechanism(policy);
	bool bad = false;

	for (size_t i = 0; i < policy->n_tunings; i++) {
		int r = check_tuning(policy, &policy->tunings[i], tunables, errors);

		if (r < 0 && r != -EBADMSG)
			return r;
		bad = bad || r < 0;
	}
	if (bad)
		return -EBADMSG;
	return mechanism->check_tuned ? check_together(policy, tunables, errors) : 0;
}
