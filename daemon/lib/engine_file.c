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
#include "file.h"
#include "mechanism.h"
#include "trust.h"

#ifndef EM_BPF
#define EM_BPF 247
#endif

static inline void elf_endp(Elf **elf)
{
	if (*elf)
		elf_end(*elf);
}

static inline void btf_freep(struct btf **btf)
{
	btf__free(*btf);
}

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

static int check_elf(Elf *elf, const char *wanted, char **ret_variable, char **ret_problem)
{
	_cleanup_(btf_freep) struct btf *btf = NULL;
	struct found found = {};
	Elf_Data *data;
	int r;

	r = check_header(elf, ret_problem);
	if (r < 0)
		return r;
	data = find_section(elf, ".BTF");
	if (!data || !data->d_buf || data->d_size > UINT32_MAX)
		return mp_problem(ret_problem, -ENOEXEC,
				  "this BPF object has no BTF (compile it with -g)");
	btf = btf__new(data->d_buf, data->d_size);
	if (!btf)
		return mp_problem(ret_problem, -ENOEXEC, "the BTF of this BPF object is damaged");
	search_btf(btf, wanted, &found);
	return judge(&found, wanted, ret_variable, ret_problem);
}

int mp_engine_bytes_check(const void *bytes, size_t size, enum mempol_mechanism_id mechanism,
			  char **ret_variable, char **ret_problem)
{
	const struct mp_mechanism *known = mp_mechanism_get(mechanism);
	const char *wanted = known ? known->ops_type : NULL;
	_cleanup_(elf_endp) Elf *elf = NULL;
	_cleanup_free_ char *copy = NULL;

	if (!wanted)
		return mp_problem(ret_problem, -ENOEXEC,
				  "the mechanism is not available in this version");
	if (elf_version(EV_CURRENT) == EV_NONE)
		return mp_problem(ret_problem, -ENOEXEC, "libelf is too old");
	/* elf_memory() wants bytes it may write to. */
	copy = mp_owned(malloc(size + 1));
	if (!copy)
		return -ENOMEM;
	memcpy(copy, bytes, size);
	elf = elf_memory(copy, size);
	if (!elf)
		return mp_problem(ret_problem, -ENOEXEC, "this is not an ELF file");
	return check_elf(elf, wanted, ret_variable, ret_problem);
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

static int read_and_check(const struct mp_engine_choice *choice, char **ret_warning,
			  char **ret_problem)
{
	_cleanup_free_ char *bytes = NULL, *variable = NULL;
	size_t size;
	int r;

	r = mp_engine_file_read(choice->engine, &bytes, &size, ret_warning, ret_problem);
	if (r < 0)
		return r;
	return mp_engine_bytes_check(bytes, size, choice->mechanism, &variable, ret_problem);
}

int mp_policy_check_engines(const struct mp_policy *policy, struct mp_errors *errors)
{
	const struct mp_engine_choice *choice = &policy->choice;
	_cleanup_free_ char *warning = NULL, *problem = NULL;
	int r;

	if (!choice->engine || !mp_engine_is_path(choice->engine))
		return 0;
	r = read_and_check(choice, errors->warnings ? &warning : NULL, &problem);
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
