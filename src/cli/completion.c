// SPDX-License-Identifier: GPL-2.0-only
/**
 * labctl completion: scripts made from the verb table, so that they cannot disagree with it. Names of
 * labs and nodes are asked for when they are needed, from `labctl completion --list KIND [LAB]`.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/rework.h"
#include "cli/shipped.h"

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

static const struct argp argp = {
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

static void print_bash_table(void)
{
	puts("  case $verb in\n"
	     "    help) kind=verbs ;;");
	for (size_t i = 0; i < cli_n_verbs; i++)
		printf("    %s) kind=%s options='--help %s' ;;\n", cli_verbs[i].name,
		       operand_name(cli_verbs[i].operand), cli_verbs[i].options);
	puts("    *) return ;;\n"
	     "  esac");
}

/* zsh runs it too, so no more than both understand. */
static void print_bash_function(void)
{
	fputs("_labctl() {\n"
	      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb=${COMP_WORDS[1]-}\n"
	      "  local kind='' options='' words='' i n=0 lab='' verbs='help",
	      stdout);
	print_verbs();
	puts("'\n"
	     "  if ((COMP_CWORD == 1)); then\n"
	     "    mapfile -t COMPREPLY < <(compgen -W \"$verbs\" -- \"$cur\")\n"
	     "    return\n"
	     "  fi");
	print_bash_table();
	puts("  for ((i = 2; i < COMP_CWORD; i++)); do\n"
	     "    case ${COMP_WORDS[i]} in\n"
	     "      --step | --seed | --format | --lines | --name | --vpcs | --bandwidth | --rtt) i=$((i + 1)) ;;\n"
	     "      -*) ;;\n"
	     "      *) n=$((n + 1)) lab=${lab:-${COMP_WORDS[i]}} ;;\n"
	     "    esac\n"
	     "  done\n"
	     "  case $prev:$cur:$kind:$n in\n"
	     "    --step:*) words=$(labctl completion --list steps \"$lab\" 2>/dev/null) ;;\n"
	     "    --format:*)\n"
	     "      words='tap list junit json'\n"
	     "      [[ $verb != graph ]] || words='text svg dot mermaid drawio json'\n"
	     "      ;;\n"
	     "    --lines:*) ;;\n"
	     "    *:-*) words=$options ;;\n"
	     "    *:verbs:0) words=$verbs ;;\n"
	     "    *:shells:0) words='bash zsh fish' ;;\n"
	     "    *:shapes:0) words='star regions chain' ;;\n"
	     "    *:up:0 | *:nodes:0 | *:links:0) words=$(labctl completion --list up 2>/dev/null) ;;\n"
	     "    *:nodes:1) words=$(labctl completion --list nodes \"$lab\" 2>/dev/null) ;;\n"
	     "    *:links:1) words=$(labctl completion --list links \"$lab\" 2>/dev/null) ;;\n"
	     "    *:links:2) words='down up set' ;;\n"
	     "    *:links:*) compopt -o nospace 2>/dev/null; words='rate= rtt= loss= jitter=' ;;\n"
	     "    *:labs:1)\n"
	     "      [[ $verb != lesson ]] ||\n"
	     "        words='start next back goto check hint exercise status reset'\n"
	     "      ;;\n"
	     "    *:labs:0)\n"
	     "      words=$(labctl completion --list labs 2>/dev/null)\n"
	     "      [[ -z ${BASH_VERSION-} ]] || compopt -o filenames\n"
	     "      mapfile -t COMPREPLY < <(compgen -f -W \"$words\" -- \"$cur\")\n"
	     "      return\n"
	     "      ;;\n"
	     "  esac\n"
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

static void print_fish(void)
{
	puts("# fish completion for labctl\n"
	     "complete -c labctl -f");
	for (size_t i = 0; i < cli_n_verbs; i++) {
		const struct cli_verb *v = &cli_verbs[i];
		auto_free char *options = strdup(v->options);
		char *save = NULL;

		if (!options)
			abort();
		printf("complete -c labctl -n __fish_use_subcommand -a %s -d ", v->name);
		print_fish_quoted(v->help);
		putchar('\n');
		for (char *o = strtok_r(options, " ", &save); o; o = strtok_r(NULL, " ", &save))
			printf("complete -c labctl -n '__fish_seen_subcommand_from %s' -l %s\n",
			       v->name, o + 2);
		if (v->operand == CLI_SHELL_NAME)
			printf("complete -c labctl -n '__fish_seen_subcommand_from %s' -a 'bash zsh fish'\n",
			       v->name);
		else if (v->operand == CLI_SHAPE)
			printf("complete -c labctl -n '__fish_seen_subcommand_from %s' -a 'star regions chain'\n",
			       v->name);
		else if (v->operand != CLI_NOTHING)
			printf("complete -c labctl -n '__fish_seen_subcommand_from %s' -a '(labctl completion --list %s)'\n",
			       v->name, v->operand == CLI_LAB ? "labs" : "up");
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

	cli_parse(&argp, argc, argv, &o);
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
