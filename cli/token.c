#include "cli/token.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/http/auth.h"

#define TTL_S_MAX (10LL * 366 * 86400)

static const char usage[] =
        "usage: nexusflow token --user ID [--installation] [--service] --ttl 30d\n"
        "  --user ID        whom the token names (sub)\n"
        "  --ttl N[smhd]    how long it is valid, at most ten years\n"
        "  --installation   may create organizations, skip events, see names in readyz\n"
        "  --service        a role of this installation, such as a processor\n"
        "A token is for a person. For a program make an API key in the organization "
        "(CreateApiKey):\n"
        "it acts as its member, within a scope, and can be revoked.\n";

/* "30d", "12h", "15m", "90s". */
static bool parse_ttl(const char *text, int64_t *ttl_s)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	long long n = strtoll(text, &end, 10);
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (errno == 0 && end[0] == units[i].unit && end[1] == '\0' && n > 0 &&
		    n <= TTL_S_MAX / units[i].seconds) {
			*ttl_s = n * units[i].seconds;
			return true;
		}
	return false;
}

/* False when the arguments make no sense; *@help when they ask for the usage. */
static bool parse(int argc, char **argv, struct auth_claims *claims, bool *help)
{
	static const struct option options[] = {
	        {"user", required_argument, NULL, 'u'},   {"ttl", required_argument, NULL, 't'},
	        {"installation", no_argument, NULL, 'i'}, {"service", no_argument, NULL, 's'},
	        {"help", no_argument, NULL, 'h'},         {0},
	};
	int c;

	optind = 0; /* the program may have used getopt before */
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'u')
			claims->subject = optarg;
		else if (c == 'i')
			claims->installation = true;
		else if (c == 's')
			claims->service = true;
		else if (c == 'h')
			*help = true;
		else if (c != 't')
			return false;
		else if (!parse_ttl(optarg, &claims->ttl_s)) {
			fprintf(stderr, "nexusflow token: --ttl %s is not 90s, 15m, 12h or 30d\n",
			        optarg);
			return false;
		}
	}
	return *help ||
	       (optind == argc && claims->subject && *claims->subject && claims->ttl_s > 0);
}

static enum status print_token(const struct config *config, const struct auth_claims *claims,
                               struct error *err)
{
	struct auth *auth;
	struct buf token = {0};
	enum status status = auth_open(config, true, &auth, err);

	if (status)
		return status;
	status = auth_issue(auth, claims, clock_now_ms(), &token, err);
	if (status == STATUS_OK && (puts(buf_cstr(&token)) < 0 || fflush(stdout) != 0))
		status = error_set(err, STATUS_IO, "cannot write the token");
	buf_release(&token);
	auth_close(auth);
	return status;
}

int token_main(int argc, char **argv, const struct config *config)
{
	struct auth_claims claims = {0};
	struct error err = {0};
	bool help = false;

	if (!parse(argc, argv, &claims, &help)) {
		fputs(usage, stderr);
		return 2;
	}
	if (help) {
		fputs(usage, stdout);
		return 0;
	}
	if (print_token(config, &claims, &err) != STATUS_OK) {
		fprintf(stderr, "nexusflow token: %s\n", err.text);
		return 1;
	}
	return 0;
}
