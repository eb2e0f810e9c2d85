/* The command line of `nexusflow import`. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/domain/text.h"
#include "import/github.h"
#include "import/import.h"

#define TOKEN_BYTES_MAX 8192
#define PATIENCE_S      60
#define PATIENCE_S_MAX  86400

enum { EXIT_DONE, EXIT_FAILED, EXIT_USAGE };

static const char usage[] =
        "usage: nexusflow import github FILE --tenant acme --project TLS [...]\n"
        "  FILE             what the archive-repo tool made of a GitHub repository\n"
        "  --tenant SLUG    organization; it must exist, the token's owner be owner or admin\n"
        "  --project KEY    project; made when there is none\n"
        "  --url URL        command API (default http://127.0.0.1:8080)\n"
        "  --token FILE     file that holds the token (default: NEXUSFLOW_TOKEN)\n"
        "  --issuer NAME    issuer of the authors' logins (default github)\n"
        "  --report FILE    write all that is not kept there, one JSON object a line\n"
        "  --patience S     give up when the API gives no outcome for so long (default 60)\n"
        "  --dry-run        send nothing, write the commands to standard output\n"
        "Exit codes: 0 done, 1 failed, 2 called wrongly, 3 done but for refused commands.\n";

struct arguments {
	struct github_options github;
	const char *token_file;
	bool help;
};

static bool wrong(const char *what, const char *value, const char *wanted)
{
	fprintf(stderr, "nexusflow import: %s \"%s\" is not %s\n", what, value, wanted);
	return false;
}

static bool parse_patience(const char *text, int64_t *ms)
{
	char *end;
	errno = 0;
	long seconds = strtol(text, &end, 10);
	if (errno || end == text || *end || seconds < 1 || seconds > PATIENCE_S_MAX)
		return wrong("--patience", text, "a number of seconds from 1 to 86400");
	*ms = (int64_t)seconds * 1000;
	return true;
}

static bool take_option(struct arguments *arguments, int c)
{
	struct github_options *github = &arguments->github;
	switch (c) {
	case 't':
		github->tenant = optarg;
		return true;
	case 'p':
		github->project = optarg;
		return true;
	case 'u':
		github->url = optarg;
		return true;
	case 'k':
		arguments->token_file = optarg;
		return true;
	case 'i':
		github->issuer = optarg;
		return true;
	case 'r':
		github->report = optarg;
		return true;
	case 'w':
		return parse_patience(optarg, &github->patience_ms);
	case 'n':
		github->dry_run = true;
		return true;
	case 'h':
		arguments->help = true;
		return true;
	default:
		return false;
	}
}

static bool is_url(const char *text)
{
	return strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0 ||
	       strncmp(text, "unix:/", 6) == 0;
}

static bool check(const struct github_options *github)
{
	if (!github->tenant || !github->project) {
		fputs("nexusflow import: --tenant and --project are needed\n", stderr);
		return false;
	}
	if (!text_is_slug(slice_str(github->tenant)))
		return wrong("--tenant", github->tenant, "the name of an organization");
	if (!text_is_project_key(slice_str(github->project)))
		return wrong("--project", github->project,
		             "a key: 2 to 10 characters A-Z and 0-9, first a letter");
	if (!is_url(github->url))
		return wrong("--url", github->url, "http://..., https://... or unix:/...");
	if (!text_is_line(slice_str(github->issuer)))
		return wrong("--issuer", github->issuer, "a name of 1 to 255 characters");
	return true;
}

static bool parse(int argc, char **argv, struct arguments *arguments)
{
	static const struct option options[] = {
	        {"tenant", required_argument, NULL, 't'},
	        {"project", required_argument, NULL, 'p'},
	        {"url", required_argument, NULL, 'u'},
	        {"token", required_argument, NULL, 'k'},
	        {"issuer", required_argument, NULL, 'i'},
	        {"report", required_argument, NULL, 'r'},
	        {"patience", required_argument, NULL, 'w'},
	        {"dry-run", no_argument, NULL, 'n'},
	        {"help", no_argument, NULL, 'h'},
	        {0},
	};
	int c;
	optind = 0; /* the program may have used getopt before */
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1)
		if (!take_option(arguments, c))
			return false;
	if (arguments->help)
		return true;
	if (argc - optind != 2 || strcmp(argv[optind], "github") != 0)
		return false;
	arguments->github.file = argv[optind + 1];
	return check(&arguments->github);
}

static struct slice trimmed(struct slice text)
{
	while (text.n && strchr(" \t\r\n", text.data[text.n - 1]))
		text.n--;
	return text;
}

/* A new string, or NULL with the reason on stderr. */
static char *read_token(const char *path)
{
	char text[TOKEN_BYTES_MAX];
	const char *variable = getenv("NEXUSFLOW_TOKEN");
	if (!path && variable && *variable)
		return mem_string(trimmed(slice_str(variable)));
	if (!path) {
		fputs("nexusflow import: give a token: --token FILE or NEXUSFLOW_TOKEN\n", stderr);
		return NULL;
	}
	FILE *file = fopen(path, "r");
	size_t n = file ? fread(text, 1, sizeof text, file) : 0;
	bool torn = !file || ferror(file);
	if (torn)
		fprintf(stderr, "nexusflow import: %s: %s\n", path, strerror(errno));
	if (file)
		fclose(file);
	if (torn)
		return NULL;
	struct slice token = trimmed(slice_of(text, n));
	if (token.n && n < sizeof text && !memchr(token.data, '\n', token.n))
		return mem_string(token);
	fprintf(stderr, "nexusflow import: %s: is not one token\n", path);
	return NULL;
}

int import_main(int argc, char **argv, const struct config *config)
{
	struct arguments arguments = {
	        .github = {.url = "http://127.0.0.1:8080",
	                   .issuer = "github",
	                   .patience_ms = PATIENCE_S * 1000},
	};
	(void)config; /* of a server; this is a client */
	if (!parse(argc, argv, &arguments)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (arguments.help) {
		fputs(usage, stdout);
		return EXIT_DONE;
	}
	char *token = NULL;
	if (!arguments.github.dry_run) {
		token = read_token(arguments.token_file);
		if (!token)
			return EXIT_USAGE;
	}
	arguments.github.token = token;
	int code = github_import(&arguments.github);
	free(token);
	return code;
}
