#include "replay/site.h"

#include <stdio.h>

enum status site_open(const struct site *site, const struct view_type *type, const char *instance,
                      bool bulk, struct view **out, struct error *err)
{
	struct view_options options = {
	        .config = site->config,
	        .profile_keys = site->profile_keys,
	        .instance = instance,
	        .bulk = bulk,
	};
	if (!type->open(type, &options, out, err))
		return STATUS_OK;
	return error_wrap(err, "view %s: open %s", type->name, instance);
}

enum status site_drop(const struct site *site, const struct view_type *type, const char *instance,
                      struct error *err)
{
	struct view_options options = {.config = site->config, .instance = instance};
	if (!type->drop(type, &options, err))
		return STATUS_OK;
	return error_wrap(err, "view %s: drop %s", type->name, instance);
}

static enum status acquire(const struct site *site, const struct view_type *type, struct live *out,
                           struct error *err)
{
	struct slice name = slice_str(type->name);
	out->view = projector_acquire(site->projector, name);
	if (!out->view)
		return error_set(err, STATUS_UNAVAILABLE,
		                 "view %s: the live instance %s cannot be read now", type->name,
		                 out->name);
	out->acquired = true;
	return STATUS_OK;
}

bool site_keeps(const struct site *site, const struct view_type *type)
{
	if (site->projector)
		return projector_keeps(site->projector, slice_str(type->name));
	return !site->running && (!type->postgres || site->config->postgres[0]);
}

enum status site_live(const struct site *site, const struct view_type *type, struct live *out,
                      struct error *err)
{
	struct registry_entry entry;
	*out = (struct live){.view = NULL};
	if (registry_get(site->registry, type, &entry, err))
		return err->status;
	snprintf(out->name, sizeof out->name, "%s", entry.live);
	out->version = instance_version(entry.live);
	if (out->version == 0)
		out->version = type->version;
	if (site->projector && out->version == type->version)
		return acquire(site, type, out, err);
	struct view_options options = {
	        .config = site->config,
	        .profile_keys = site->profile_keys,
	        .instance = out->name,
	        .version = out->version == type->version ? 0 : out->version,
	};
	if (!type->open(type, &options, &out->view, err))
		return STATUS_OK;
	return error_wrap(err, "view %s: open %s", type->name, out->name);
}

void site_live_done(const struct site *site, const struct view_type *type, struct live *live)
{
	if (!live->view)
		return;
	if (live->acquired)
		projector_return(site->projector, slice_str(type->name), live->view);
	else
		type->close(live->view);
	live->view = NULL;
}

enum status site_hold(const struct site *site, const struct view_type *type, struct error *err)
{
	return site->projector ? projector_hold(site->projector, slice_str(type->name), err)
	                       : STATUS_OK;
}

void site_release(const struct site *site, const struct view_type *type)
{
	if (site->projector)
		projector_release(site->projector, slice_str(type->name));
}

enum status site_swap(const struct site *site, const struct view_type *type, const char *instance,
                      struct error *err)
{
	return site->projector
	               ? projector_swap(site->projector, slice_str(type->name), instance, err)
	               : registry_set(site->registry, type, instance, err);
}

bool site_uses(const struct site *site, const struct view_type *type, const char *instance)
{
	return site->projector && projector_uses(site->projector, slice_str(type->name), instance);
}
