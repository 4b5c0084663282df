/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared objects of engines and their tunables (native.h). The first look is at the file's bytes, so that what is
 * not an engine, or one of another version, is refused before any of its code runs. Then a process of its own
 * loads it: code that crashes takes that one along, and here there is a sentence.
 */
#include <dlfcn.h>
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "../../sim/cache.h"
#include "../../sim/host/mempol_native.h"
#include "errors.h"
#include "file.h"
#include "keys.h"
#include "native.h"
#include "strutil.h"
#include "suggest.h"
#include "text.h"

#define OBJECT_MAX (64 * 1024 * 1024)
#define NAMES_MAX 128
#define LOAD_CPU_SECONDS 2 /* constructors have no work to do */
#define LOAD_SECONDS 60 /* and nothing to wait for, on the busiest machine */
#define AGAIN "build it again with mempol-engine.mk of this version"

#ifndef EM_BPF
#define EM_BPF 247
#endif

#if defined(__x86_64__)
#define EM_HERE EM_X86_64
#elif defined(__aarch64__)
#define EM_HERE EM_AARCH64
#elif defined(__riscv)
#define EM_HERE EM_RISCV
#endif

static int check_header(Elf *elf, char **ret_problem)
{
	GElf_Ehdr header;

	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header))
		return mp_problem(ret_problem, -ENOEXEC, "this is not an ELF file");
	if (header.e_machine == EM_BPF)
		return mp_problem(
			ret_problem, -ENOEXEC,
			"this is the object for the kernel, the simulator wants the native "
			"one: make NAME.so with mempol-engine.mk");
	if (header.e_type != ET_DYN || header.e_ident[EI_CLASS] != ELFCLASS64)
		return mp_problem(ret_problem, -ENOEXEC, "this is not a shared object of 64 bits");
#ifdef EM_HERE
	if (header.e_machine != EM_HERE)
		return mp_problem(ret_problem, -ENOEXEC,
				  "this shared object is for another machine, " AGAIN);
#endif
	return 0;
}

/* Those parts of the descriptor that never change, in the file's bytes. */
struct head {
	char magic[8];
	unsigned int abi;
	unsigned int size;
};

/* The bytes at the address. 0 or -ENOENT. */
static int read_at(Elf *elf, uint64_t address, struct head *ret)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(elf, section))) {
		Elf_Data *data;
		GElf_Shdr header;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_PROGBITS ||
		    address < header.sh_addr || address - header.sh_addr >= header.sh_size)
			continue;
		data = elf_rawdata(section, NULL);
		if (!data || !data->d_buf || data->d_size < sizeof(*ret) ||
		    address - header.sh_addr > data->d_size - sizeof(*ret))
			continue;
		memcpy(ret, (const char *)data->d_buf + (address - header.sh_addr), sizeof(*ret));
		return 0;
	}
	return -ENOENT;
}

/* 0, or -ENOENT when it exports no descriptor. */
static int find_head(Elf *elf, struct head *ret)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(elf, section))) {
		Elf_Data *data;
		GElf_Shdr header;
		GElf_Sym symbol;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_DYNSYM)
			continue;
		data = elf_getdata(section, NULL);
		for (int i = 0; data && gelf_getsym(data, i, &symbol); i++) {
			const char *name = elf_strptr(elf, header.sh_link, symbol.st_name);

			if (name && !strcmp(name, MEMPOL_NATIVE_SYMBOL) &&
			    symbol.st_shndx != SHN_UNDEF)
				return read_at(elf, symbol.st_value, ret);
		}
	}
	return -ENOENT;
}

static int check_elf(Elf *elf, char **ret_problem)
{
	static const char magic[8] = MEMPOL_NATIVE_MAGIC;
	struct head head;
	int r = check_header(elf, ret_problem);

	if (r < 0)
		return r;
	if (find_head(elf, &head) < 0)
		return mp_problem(
			ret_problem, -ENOEXEC,
			"this shared object is no engine: it does not export " MEMPOL_NATIVE_SYMBOL
			"; build it with mempol-engine.mk");
	if (memcmp(head.magic, magic, sizeof(magic)))
		return mp_problem(ret_problem, -ENOEXEC,
				  "this shared object is no engine: its " MEMPOL_NATIVE_SYMBOL
				  " is something else; build it with mempol-engine.mk");
	if (head.abi != MEMPOL_NATIVE_ABI || head.size != sizeof(struct mempol_native))
		return mp_problem(ret_problem, -ENOEXEC,
				  "this engine was built for version %u of native engines, this "
				  "mempolctl has version %d: " AGAIN,
				  head.abi, MEMPOL_NATIVE_ABI);
	return 0;
}

static int check_file(const char *path, char **ret_problem)
{
	_cleanup_free_ char *bytes = NULL;
	size_t size;
	Elf *elf;
	int r = mp_file_read(path, OBJECT_MAX, &bytes, &size);

	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		*ret_problem = r == -ENOENT ? strdup("there is no such file") :
					      mp_file_problem(r, OBJECT_MAX);
		return *ret_problem ? -ENOEXEC : -ENOMEM;
	}
	if (elf_version(EV_CURRENT) == EV_NONE)
		return mp_problem(ret_problem, -ENOEXEC, "libelf is too old");
	elf = elf_memory(bytes, size);
	if (!elf)
		return mp_problem(ret_problem, -ENOEXEC, "this is not an ELF file");
	r = check_elf(elf, ret_problem);
	elf_end(elf);
	return r;
}

/* NULL with what the linker says. */
static const struct mempol_native *open_object(const char *path, const char **ret_why)
{
	_cleanup_free_ char *here = NULL;
	void *handle;

	/* Without a slash the linker would look elsewhere. */
	if (!strchr(path, '/') && asprintf(&here, "./%s", path) < 0)
		here = NULL;
	handle = dlopen(here ? here : path, RTLD_NOW | RTLD_LOCAL);
	*ret_why = handle ? NULL : dlerror();
	return handle ? dlsym(handle, MEMPOL_NATIVE_SYMBOL) : NULL;
}

static int tunables_of(const struct mempol_native *native, struct mp_tunables *ret,
		       char **ret_problem);

/* The child's exit status when it has come to its end: an exit(0) of a constructor is none. */
#define TRIED 86

/* In the child: what never comes to an end is ended. */
static void limit_time(void)
{
	const struct rlimit limit = { LOAD_CPU_SECONDS, LOAD_CPU_SECONDS + 1 };

	signal(SIGXCPU, SIG_DFL);
	signal(SIGALRM, SIG_DFL);
	setrlimit(RLIMIT_CPU, &limit);
	alarm(LOAD_SECONDS);
}

/* In the child: what the parent will do is done once, and everything of the descriptor is read. */
static int try_it(const char *path)
{
	_cleanup_tunables_ struct mp_tunables tunables = {};
	_cleanup_free_ char *problem = NULL;
	const struct mempol_native *native;
	const char *why;

	native = open_object(path, &why);
	if (native && native->ops && native->name && strlen(native->name) &&
	    sim_engine_is_whole(native->ops))
		(void)tunables_of(native, &tunables, &problem);
	return TRIED;
}

static int try_in_a_child(const char *path, char **ret_problem)
{
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		limit_time();
		_exit(try_it(path));
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGALRM))
		return mp_problem(
			ret_problem, -ENOEXEC,
			"it does not come to an end when it is loaded, after %d seconds of "
			"CPU time or %d in all: what runs before any callback is "
			"constructors",
			LOAD_CPU_SECONDS, LOAD_SECONDS);
	if (WIFSIGNALED(status))
		return mp_problem(
			ret_problem, -ENOEXEC,
			"it crashes when it is loaded (%s): what runs before any callback "
			"is constructors",
			strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status) != TRIED)
		return mp_problem(ret_problem, -ENOEXEC,
				  "it ends the program when it is loaded: what runs before any "
				  "callback is constructors");
	return 0;
}

/* As long as the program runs: their code may be called. */
static struct sim_policy loaded[NAMES_MAX];
static size_t n_loaded;

static int policy_of(const struct mempol_native *native, const char *name,
		     const struct sim_policy **ret, char **ret_problem)
{
	struct sim_policy *policy = &loaded[n_loaded];
	char *copy;

	if (n_loaded == NAMES_MAX)
		return mp_problem(ret_problem, -ENOEXEC, "there are more than %d engines",
				  NAMES_MAX);
	copy = strdup(name ? name : native->name);
	if (!copy)
		return -ENOMEM;
	mp_text_clean(copy);
	*policy = (struct sim_policy){
		.name = copy,
		.description = "engine",
		.engine = native->ops,
		.native = native,
		.run = sim_run_engine,
	};
	n_loaded++;
	*ret = policy;
	return 0;
}

int ctl_native_load(const char *path, const char *name, const struct sim_policy **ret,
		    char **ret_problem)
{
	const struct mempol_native *native;
	const char *why;
	int r = check_file(path, ret_problem);

	if (r >= 0)
		r = try_in_a_child(path, ret_problem);
	if (r < 0)
		return r;
	native = open_object(path, &why);
	if (!native)
		return mp_problem(ret_problem, -ENOEXEC,
				  "it cannot be loaded: %s; functions that this mempolctl does not "
				  "have are those of another version",
				  why ? why : "it changed meanwhile");
	if (!native->ops || !native->name || !*native->name)
		return mp_problem(ret_problem, -ENOEXEC,
				  "its descriptor is empty, write MEMPOL_CACHE_ENGINE(NAME)");
	if (!sim_engine_is_whole(native->ops))
		return mp_problem(ret_problem, -ENOEXEC,
				  "its ops have no added() or no evict(), write "
				  "MEMPOL_CACHE_ENGINE(NAME)");
	return policy_of(native, name, ret, ret_problem);
}

static bool is_own(const struct mempol_native *native, const struct mempol_native_tunable *t)
{
	return !strcmp(t->source, native->source);
}

static const struct mempol_native_tunable *at(const struct mempol_native *native, size_t index)
{
	for (const struct mempol_native_tunable *const *t = native->tunables;
	     t < native->tunables_end; t++)
		if (is_own(native, *t) && !index--)
			return *t;
	return NULL;
}

static enum mp_tunable_kind kind_of(const struct mempol_native_tunable *t)
{
	if (t->is_bool)
		return MP_TUNABLE_BOOL;
	/* An enum is an integer here; its range lists words. */
	if (*t->range && !strstr(t->range, ".."))
		return MP_TUNABLE_ENUM;
	return t->is_signed ? MP_TUNABLE_SIGNED : MP_TUNABLE_UNSIGNED;
}

/* An offset is the index among the engine's own. */
static int tunables_of(const struct mempol_native *native, struct mp_tunables *ret,
		       char **ret_problem)
{
	_cleanup_tunables_ struct mp_tunables tunables = {};
	const struct mempol_native_tunable *t;

	for (size_t i = 0; (t = at(native, i)); i++) {
		struct mp_tunable_spec spec = {
			.name = t->name,
			.type = t->type,
			.range = t->range,
			.text = t->text,
			.kind = kind_of(t),
			.size = t->size,
			.offset = i,
			.value = t->value,
		};
		int r = mp_tunables_add(&tunables, mp_section_find("Cache"), &spec, ret_problem);

		if (r < 0)
			return r;
	}
	*ret = TAKE(tunables, (struct mp_tunables){});
	return 0;
}

int ctl_native_tunables(const struct sim_policy *policy, struct mp_tunables *ret,
			char **ret_problem)
{
	*ret = (struct mp_tunables){};
	return policy->native ? tunables_of(policy->native, ret, ret_problem) : 0;
}

void ctl_native_set(const struct sim_policy *policy, const struct mp_tunable *tunable,
		    uint64_t value)
{
	mp_tunable_store(tunable, value, at(policy->native, tunable->offset)->value);
}

/* A setting, taken apart. */
struct setting {
	char *copy;
	const char *engine; /* NULL: any */
	const char *key;
	const char *value;
};

static int take_apart(const char *text, struct setting *ret, char **ret_problem)
{
	char *equal, *dot;

	ret->copy = strdup(text);
	if (!ret->copy)
		return -ENOMEM;
	equal = strchr(ret->copy, '=');
	if (!equal || equal == ret->copy)
		return mp_problem(ret_problem, -EINVAL,
				  "%s: write KEY=VALUE or ENGINE.KEY=VALUE, as in s3fifo."
				  "SmallPercent=20",
				  text);
	*equal = '\0';
	ret->value = equal + 1;
	dot = strrchr(ret->copy, '.');
	ret->key = dot ? dot + 1 : ret->copy;
	if (dot) {
		*dot = '\0';
		ret->engine = ret->copy;
	}
	return 0;
}

static bool has_word(char **words, size_t n_words, const char *word)
{
	for (size_t i = 0; i < n_words; i++)
		if (!strcmp(words[i], word))
			return true;
	return false;
}

/* 1 when it was set, 0 when the engine has no such key; then the key's neighbours are added to @words. */
static int apply_to(const struct sim_policy *policy, const struct setting *setting, char **words,
		    size_t *n_words, char **ret_problem)
{
	_cleanup_tunables_ struct mp_tunables tunables = {};
	const struct mp_tunable *tunable;
	uint64_t value;
	int r = ctl_native_tunables(policy, &tunables, ret_problem);

	if (r < 0)
		return r == -ENOMEM ? r : -EINVAL;
	tunable = mp_tunables_find(&tunables, setting->key);
	for (size_t i = 0; !tunable && i < tunables.count && *n_words < NAMES_MAX; i++) {
		if (has_word(words, *n_words, tunables.items[i].key))
			continue;
		words[*n_words] = strdup(tunables.items[i].key);
		*n_words += !!words[*n_words];
	}
	if (!tunable)
		return 0;
	r = mp_tunable_parse(tunable, setting->value, &value, ret_problem);
	if (r < 0)
		return r;
	ctl_native_set(policy, tunable, value);
	return 1;
}

static int nobody_has(const struct setting *setting, const char *text, char **words, size_t n_words,
		      char **ret_problem)
{
	_cleanup_free_ char *advice = NULL;
	int r;

	if (!n_words)
		return mp_problem(ret_problem, -EINVAL, "%s: %s%s has %stunables", text,
				  setting->engine ? "engine " : "none of the engines",
				  setting->engine ? setting->engine : "",
				  setting->engine ? "no " : "");
	r = mp_suggest(setting->key, (const char *const *)words, n_words, "'", "='", &advice);
	return r < 0 ? r :
		       mp_problem(ret_problem, -EINVAL, "%s: unknown key '%.60s', %s", text,
				  setting->key, advice);
}

static int no_such_engine(const struct sim_policy *const policies[], size_t n_policies,
			  const struct setting *setting, const char *text, char **ret_problem)
{
	_cleanup_free_ char *advice = NULL;
	const char *names[NAMES_MAX];
	size_t n = 0;
	int r;

	for (size_t i = 0; i < n_policies && n < NAMES_MAX; i++)
		names[n++] = policies[i]->name;
	r = mp_suggest(setting->engine, names, n, "'", "'", &advice);
	return r < 0 ? r :
		       mp_problem(ret_problem, -EINVAL,
				  "%s: engine '%.60s' is not among those that run, %s", text,
				  setting->engine, advice);
}

int ctl_native_apply(const struct sim_policy *const policies[], size_t n_policies, const char *text,
		     char **ret_problem)
{
	struct setting setting = {};
	char *words[NAMES_MAX];
	size_t n_words = 0, n_set = 0, n_named = 0;
	int r = take_apart(text, &setting, ret_problem);

	for (size_t i = 0; r >= 0 && i < n_policies; i++) {
		if (setting.engine && strcmp(setting.engine, policies[i]->name))
			continue;
		n_named++;
		r = apply_to(policies[i], &setting, words, &n_words, ret_problem);
		n_set += r > 0;
	}
	if (r >= 0 && !n_named)
		r = no_such_engine(policies, n_policies, &setting, text, ret_problem);
	else if (r >= 0 && !n_set)
		r = nobody_has(&setting, text, words, n_words, ret_problem);
	for (size_t i = 0; i < n_words; i++)
		free(words[i]);
	free(setting.copy);
	return r < 0 ? r : 0;
}

int ctl_native_setting(const struct sim_policy *policy, const char *setting, const char **ret)
{
	_cleanup_tunables_ struct mp_tunables tunables = {};
	_cleanup_free_ char *problem = NULL;
	struct setting parts = {};
	int r = take_apart(setting, &parts, &problem);

	*ret = NULL;
	if (r >= 0 && (!parts.engine || !strcmp(parts.engine, policy->name)))
		r = ctl_native_tunables(policy, &tunables, &problem);
	if (r >= 0 && mp_tunables_find(&tunables, parts.key))
		*ret = setting + (parts.key - parts.copy);
	free(parts.copy);
	return r == -ENOMEM ? r : 0;
}
