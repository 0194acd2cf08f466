// SPDX-License-Identifier: GPL-2.0-only
/**
 * labctl completion: scripts made from the verb table and the tables that the verbs themselves use, so that
 * they cannot disagree with them. Names of labs and nodes are asked for when they are needed, from `labctl completion --list KIND [LAB]`.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/rework.h"
#include "cli/shipped.h"
#include "generate/generate.h"

struct options {
	const char *shell; /* or, with list, the lab */
	const char *list;
};

static const struct argp_option option_table[] = {
	{"list", 'l', "KIND", OPTION_HIDDEN, NULL,
	 0}, /* for the scripts: labs, up, nodes, links, steps */
	CLI_OPTION_END,
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'l': o->list = arg; return 0;
	case ARGP_KEY_ARG:
		if (o->shell)
			return ARGP_ERR_UNKNOWN;
		o->shell = arg;
		return 0;
	case ARGP_KEY_END:
		if (!o->shell && !o->list)
			argp_error(state, "which shell?");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

const struct argp cli_argp_completion = {
	.options = option_table,
	.parser = parse_option,
	.args_doc = "bash|zsh|fish",
	.doc = "Prints a completion script.\v"
	       "Examples:\n"
	       "  source <(labctl completion bash)\n"
	       "  labctl completion zsh >~/.zfunc/_labctl\n"
	       "  labctl completion fish >~/.config/fish/completions/labctl.fish\n",
};

static const char *operand_name(enum cli_operand o)
{
	switch (o) {
	case CLI_NOTHING: return "nothing";
	case CLI_LAB: return "labs";
	case CLI_UP: return "up";
	case CLI_NODE: return "nodes";
	case CLI_LINK: return "links";
	case CLI_SHELL_NAME: return "shells";
	case CLI_SHAPE: return "shapes";
	}
	return "";
}

static void print_verbs(void)
{
	for (size_t i = 0; i < cli_n_verbs; i++)
		printf(" %s", cli_verbs[i].name);
}

static bool is_end(const struct argp_option *o)
{
	return !o->name && !o->key;
}

static bool has_letter(const struct argp_option *o)
{
	return o->key > ' ' && o->key < 0x7f;
}

static void print_long_options(const struct cli_verb *v)
{
	for (const struct argp_option *o = v->argp->options; o && !is_end(o); o++)
		if (!(o->flags & OPTION_HIDDEN))
			printf(" --%s", o->name);
}

/* " --write=FILE -w=FILE ": the options that take the word behind them, and what it is. */
static void print_takers(const struct cli_verb *v)
{
	for (const struct argp_option *o = v->argp->options; o && !is_end(o); o++) {
		if (!o->arg)
			continue;
		printf(" --%s=%s", o->name, o->arg);
		if (has_letter(o))
			printf(" -%c=%s", o->key, o->arg);
	}
	putchar(' ');
}

static void print_formats(const struct cli_verb *v)
{
	for (size_t i = 0; v->formats && v->formats[i]; i++)
		printf("%s%s", i ? " " : "", v->formats[i]);
}

static void print_shapes(void)
{
	for (size_t i = 0; i < generate_n_shapes; i++)
		printf("%s%s", i ? " " : "", generate_shapes[i].name);
}

static void print_lesson_words(void)
{
	const char *word;

	for (size_t i = 0; (word = cli_lesson_word(i)); i++)
		printf("%s%s", i ? " " : "", word);
}

static void print_bash_table(void)
{
	puts("  case $verb in\n"
	     "    help) kind=verbs ;;");
	for (size_t i = 0; i < cli_n_verbs; i++) {
		const struct cli_verb *v = &cli_verbs[i];

		printf("    %s) kind=%s options='--help", v->name, operand_name(v->operand));
		print_long_options(v);
		fputs("' takers='", stdout);
		print_takers(v);
		fputs("' formats='", stdout);
		print_formats(v);
		puts("' ;;");
	}
	puts("    *) return ;;\n"
	     "  esac");
}

static void print_bash_operands(void)
{
	puts("    *:-*) words=$options ;;\n"
	     "    *:verbs:0) words=$verbs ;;\n"
	     "    *:shells:0) words='bash zsh fish' ;;");
	fputs("    *:shapes:0) words='", stdout);
	print_shapes();
	puts("' ;;\n"
	     "    *:up:0 | *:nodes:0 | *:links:0) words=$(labctl completion --list up 2>/dev/null) ;;\n"
	     "    *:nodes:1) words=$(labctl completion --list nodes \"$lab\" 2>/dev/null) ;;\n"
	     "    *:links:1) words=$(labctl completion --list links \"$lab\" 2>/dev/null) ;;\n"
	     "    *:links:2) words='down up set' ;;\n"
	     "    *:links:*) words='rate= rtt= loss= jitter=' ;;");
	fputs("    *:labs:1) [[ $verb != lesson ]] || words='", stdout);
	print_lesson_words();
	puts("' ;;\n"
	     "    *:labs:0) files=yes words=$(labctl completion --list labs 2>/dev/null) ;;\n"
	     "  esac");
}

/*
 * zsh runs it too, so no more than both understand. bash takes --format=svg for three words, with `=` as
 * the second.
 */
static void print_bash_function(void)
{
	fputs("_labctl() {\n"
	      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb=${COMP_WORDS[1]-}\n"
	      "  local kind='' options='' takers='' formats='' words='' files='' taken='' i n=0 lab='' verbs='help",
	      stdout);
	print_verbs();
	puts("'\n"
	     "  if ((COMP_CWORD == 1)); then\n"
	     "    mapfile -t COMPREPLY < <(compgen -W \"$verbs\" -- \"$cur\")\n"
	     "    return\n"
	     "  fi");
	print_bash_table();
	puts("  [[ $cur != = ]] || cur=''\n"
	     "  [[ $prev != = ]] || prev=${COMP_WORDS[COMP_CWORD-2]}\n"
	     "  for ((i = 2; i < COMP_CWORD; i++)); do\n"
	     "    case ${COMP_WORDS[i]} in\n"
	     "      -*)\n"
	     "        [[ $takers != *\" ${COMP_WORDS[i]}=\"* ]] || i=$((i + 1))\n"
	     "        [[ ${COMP_WORDS[i]} != = ]] || i=$((i + 1))\n"
	     "        ;;\n"
	     "      *) n=$((n + 1)) lab=${lab:-${COMP_WORDS[i]}} ;;\n"
	     "    esac\n"
	     "  done\n"
	     "  if [[ $takers == *\" $prev=\"* ]]; then\n"
	     "    taken=${takers#*\" $prev=\"} taken=${taken%% *}\n"
	     "  fi\n"
	     "  case $taken:$cur:$kind:$n in\n"
	     "    ID:*) words=$(labctl completion --list steps \"$lab\" 2>/dev/null) ;;\n"
	     "    FORMAT:*) words=$formats ;;\n"
	     "    FILE:*) files=yes ;;\n"
	     "    [A-Z]*:*) ;;");
	print_bash_operands();
	puts("  if [[ -n $files ]]; then\n"
	     "    [[ -z ${BASH_VERSION-} ]] || compopt -o filenames\n"
	     "    mapfile -t COMPREPLY < <(compgen -f -W \"$words\" -- \"$cur\")\n"
	     "    return\n"
	     "  fi\n"
	     "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	     "}");
}

static void print_bash(void)
{
	puts("# bash completion for labctl");
	print_bash_function();
	puts("complete -F _labctl labctl");
}

/*
 * zsh runs bash's function; its own system would need a second generator for the same table. Found in
 * $fpath, the file is itself the body of _labctl at the first completion: then it completes at once.
 */
static void print_zsh(void)
{
	puts("#compdef labctl\n"
	     "autoload -U +X bashcompinit && bashcompinit\n"
	     "mapfile() { shift; local name=$1; set -A $name ${(f)\"$(cat)\"}; }");
	print_bash_function();
	/* bashcompinit has no compopt; a verb is no file, also beside a folder of its name */
	puts("_labctl_zsh() {\n"
	     "  local -a files\n"
	     "  ((CURRENT == 2)) || files=(-o filenames)\n"
	     "  _bash_complete $files -F _labctl\n"
	     "}\n"
	     "compdef _labctl_zsh labctl\n"
	     "[[ ${funcstack[1]-} != _labctl ]] || _labctl_zsh");
}

/* In single quotes of fish, a backslash lets ' and itself stand. */
static void print_fish_quoted(const char *text)
{
	putchar('\'');
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('\'');
}

static void print_fish_option(const struct cli_verb *v, const struct argp_option *o)
{
	printf("complete -c labctl -n '__fish_seen_subcommand_from %s' -l %s", v->name, o->name);
	if (has_letter(o))
		printf(" -s %c", o->key);
	if (o->arg && !strcmp(o->arg, "FILE")) {
		fputs(" -r -F", stdout);
	} else if (o->arg && !strcmp(o->arg, "FORMAT")) {
		fputs(" -x -a '", stdout);
		print_formats(v);
		putchar('\'');
	} else if (o->arg) {
		fputs(" -x", stdout);
	}
	putchar('\n');
}

static void print_fish_operand(const struct cli_verb *v)
{
	printf("complete -c labctl -n '__fish_seen_subcommand_from %s' -a '", v->name);
	switch (v->operand) {
	case CLI_SHELL_NAME: fputs("bash zsh fish", stdout); break;
	case CLI_SHAPE: print_shapes(); break;
	case CLI_LAB: fputs("(labctl completion --list labs)", stdout); break;
	case CLI_UP:
	case CLI_LINK:
	case CLI_NODE: fputs("(labctl completion --list up)", stdout); break;
	case CLI_NOTHING: break;
	}
	puts("'");
}

static void print_fish(void)
{
	puts("# fish completion for labctl\n"
	     "complete -c labctl -f");
	for (size_t i = 0; i < cli_n_verbs; i++) {
		const struct cli_verb *v = &cli_verbs[i];

		printf("complete -c labctl -n __fish_use_subcommand -a %s -d ", v->name);
		print_fish_quoted(v->help);
		putchar('\n');
		for (const struct argp_option *o = v->argp->options; o && !is_end(o); o++)
			if (!(o->flags & OPTION_HIDDEN))
				print_fish_option(v, o);
		if (v->operand != CLI_NOTHING)
			print_fish_operand(v);
	}
}

static int list_nodes(const char *lab)
{
	auto_error struct lab_error *err = NULL;
	auto_cli_running struct cli_running r = {0};

	if (!lab || cli_open_running(lab, STATE_READ, &r, &err))
		return LAB_STATE; /* silently: a completion must not disturb the line */
	for (size_t i = 0; i < r.plan->n_nodes; i++)
		puts(r.plan->nodes[i].ns);
	return LAB_OK;
}

static int list_links(const char *lab)
{
	auto_diags struct diag_list *diags = diag_list_new();
	auto_error struct lab_error *err = NULL;
	auto_cli_running struct cli_running r = {0};
	auto_cli_lab struct cli_lab *l = NULL;
	struct lab_link link;

	if (lab && !cli_open_running(lab, STATE_READ, &r, &err) && r.plan->file)
		l = cli_running_lab(r.plan, NULL, diags, &err);
	if (!l || !l->lab)
		return LAB_STATE; /* silently, as above */
	for (size_t i = 0; lab_link_at(l->lab, i, &link); i++)
		puts(link.name);
	return LAB_OK;
}

static int list_steps(const char *arg)
{
	auto_diags struct diag_list *diags = diag_list_new();
	auto_error struct lab_error *err = NULL;
	auto_cli_lab struct cli_lab *l = arg ? cli_read_lab(arg, NULL, diags, &err) : NULL;

	if (!l || !l->lab)
		return LAB_USAGE; /* silently, as above */
	for (size_t i = 0; i < l->lab->n_steps; i++) {
		const struct step *s = &l->lab->steps[i];

		puts(s->id.name);
		for (size_t j = 0; j < s->n_exercises; j++)
			printf("%s/%s\n", s->id.name, s->exercises[j].id.name);
	}
	return LAB_OK;
}

static int list(const char *kind, const char *lab)
{
	auto_error struct lab_error *err = NULL;
	char **names;
	size_t n = 0;

	if (!strcmp(kind, "nodes"))
		return list_nodes(lab);
	if (!strcmp(kind, "links"))
		return list_links(lab);
	if (!strcmp(kind, "steps"))
		return list_steps(lab);
	names = strcmp(kind, "up") ? cli_shipped(&n) : state_list(&n, &err);
	for (size_t i = 0; names && i < n; i++)
		puts(names[i]);
	if (names)
		cli_shipped_free(names, n);
	return names ? LAB_OK : LAB_STATE;
}

int verb_completion(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*print)(void);
	} shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
	struct options o = {0};

	cli_parse(&cli_argp_completion, argc, argv, &o);
	if (o.list)
		return list(o.list, o.shell);
	for (size_t i = 0; i < ARRAY_LEN(shells); i++)
		if (!strcmp(shells[i].name, o.shell)) {
			shells[i].print();
			return LAB_OK;
		}
	cli_message("completion: no script for %s", o.shell);
	cli_hint("bash, zsh and fish are known");
	return LAB_USAGE;
}
