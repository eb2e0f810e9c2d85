/* Limits of teams. */
#ifndef CORE_DOMAIN_TEAM_H
#define CORE_DOMAIN_TEAM_H

#define TEAMS_MAX                1000 /* of an organization */
#define TEAM_MEMBERS_MAX         5000
#define TEAM_NAME_CHARACTERS_MAX 64

#endif
