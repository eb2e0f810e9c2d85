#include "import/names.h"

/* 4c0b4ed1-8d4e-5ab6-9b7a-5e0f5be1a3d7: fixed for ever. */
static const struct uuid root = {{0x4c, 0x0b, 0x4e, 0xd1, 0x8d, 0x4e, 0x5a, 0xb6, 0x9b, 0x7a, 0x5e,
                                  0x0f, 0x5b, 0xe1, 0xa3, 0xd7}};

static struct uuid make(const struct uuid *space, const char *a, const char *b, const char *c)
{
	struct buf name = {0};
	buf_printf(&name, "%s\n%s\n%s", a, b, c);
	struct uuid id = uuid_v5(space, buf_slice(&name));
	buf_release(&name);
	return id;
}

struct uuid name_member(const char *issuer, const char *login)
{
	return make(&root, "member", issuer, login);
}

struct uuid name_space(const char *repo, const char *project)
{
	return make(&root, "github", repo, project);
}

struct uuid name_in(const struct uuid *space, const char *kind, const char *key)
{
	return make(space, kind, key, "");
}
