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
#include "cli/shipped.h"

struct options {
	const char *shell; /* or, with list, the lab */
	const char *list;
};

static const struct argp_option option_table[] = {
	{"list", 'l', "KIND", OPTION_HIDDEN, NULL, 0}, /* for the scripts: labs, up, nodes */
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
	case CLI_SHELL_NAME: return "shells";
	}
	return "";
}

static void print_bash(void)
{
	puts("# bash completion for labctl\n"
	     "_labctl() {\n"
	     "  local cur=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]-} kind= options= i n=0 lab=\n"
	     "  if ((COMP_CWORD == 1)); then");
	fputs("    mapfile -t COMPREPLY < <(compgen -W 'help", stdout);
	for (size_t i = 0; i < cli_n_verbs; i++)
		printf(" %s", cli_verbs[i].name);
	puts("' -- \"$cur\")\n"
	     "    return\n"
	     "  fi\n"
	     "  case $verb in");
	for (size_t i = 0; i < cli_n_verbs; i++)
		printf("    %s) kind=%s options='--help %s' ;;\n", cli_verbs[i].name,
		       operand_name(cli_verbs[i].operand), cli_verbs[i].options);
	puts("    *) return ;;\n"
	     "  esac\n"
	     "  if [[ $cur == -* ]]; then\n"
	     "    mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
	     "    return\n"
	     "  fi\n"
	     "  for ((i = 2; i < COMP_CWORD; i++)); do\n"
	     "    [[ ${COMP_WORDS[i]} == -* ]] || { n=$((n + 1)); lab=${lab:-${COMP_WORDS[i]}}; }\n"
	     "  done\n"
	     "  case $kind:$n in\n"
	     "    labs:0) mapfile -t COMPREPLY < <(compgen -f -W \"$(labctl completion --list labs 2>/dev/null)\" -- \"$cur\") ;;\n"
	     "    up:0 | nodes:0) mapfile -t COMPREPLY < <(compgen -W \"$(labctl completion --list up 2>/dev/null)\" -- \"$cur\") ;;\n"
	     "    nodes:1) mapfile -t COMPREPLY < <(compgen -W \"$(labctl completion --list nodes \"$lab\" 2>/dev/null)\" -- \"$cur\") ;;\n"
	     "    shells:0) mapfile -t COMPREPLY < <(compgen -W 'bash zsh fish' -- \"$cur\") ;;\n"
	     "  esac\n"
	     "}\n"
	     "complete -o filenames -F _labctl labctl");
}

/* zsh runs bash's script; its own system would need a second generator for the same table. */
static void print_zsh(void)
{
	puts("#compdef labctl\n"
	     "autoload -U +X bashcompinit && bashcompinit\n"
	     "mapfile() { shift; local name=$1; set -A $name ${(f)\"$(cat)\"}; }");
	print_bash();
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
		printf("complete -c labctl -n __fish_use_subcommand -a %s -d '%s'\n", v->name,
		       v->help);
		for (char *o = strtok_r(options, " ", &save); o; o = strtok_r(NULL, " ", &save))
			printf("complete -c labctl -n '__fish_seen_subcommand_from %s' -l %s\n",
			       v->name, o + 2);
		if (v->operand == CLI_SHELL_NAME)
			printf("complete -c labctl -n '__fish_seen_subcommand_from %s' -a 'bash zsh fish'\n",
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

static int list(const char *kind, const char *lab)
{
	auto_error struct lab_error *err = NULL;
	char **names;
	size_t n = 0;

	if (!strcmp(kind, "nodes"))
		return list_nodes(lab);
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
