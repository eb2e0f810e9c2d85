/* Why a transition cannot be taken: what its rules ask, in the words of whoever configured and
 * uses it; and where the command would have to be another one. Internal to core/domain, and for
 * queries on rows. */
#ifndef CORE_DOMAIN_TRANSITION_SAY_H
#define CORE_DOMAIN_TRANSITION_SAY_H

#include "core/domain/called.h"
#include "core/domain/transition.h"

/* "due_on must be after start_on 2026-01-02, is 2026-01-01 (validator date_compare)": what fault
 * @at of @faults asks, what there is, and which rule it is. Added to @text. */
void say_fault(const struct crossing *crossing, const struct rule_faults *faults, uint32_t at,
               char text[TRANSITION_WHY_MAX]);
/* All of them; or that it does not lead from here. */
void say_why(const struct crossing *crossing, const struct rule_faults *faults,
             char why[TRANSITION_WHY_MAX]);

/* What a command gives, and could give, for the fields that rules ask about. */
struct command_fields {
	bool creates;                    /* CreateIssue: system fields are its members */
	struct slice_array screen;       /* else: what @fields may name */
	bool done;                       /* and it leads to a done status: /resolution */
	struct field_value_array fields; /* member fields of the command */
	const char *otherwise;           /* what chose the transition: /to */
};

/* Where the command gives @field a value (/fields/2/values/0), or could (/fields, /due_on); false:
 * it cannot. @value: which of several, n of them if it is none of them. */
bool field_pointer(const struct command_fields *fields, struct slice field, uint32_t value,
                   char pointer[REFUSAL_POINTER_MAX]);
/* Where the answer to what fault @at asks would be. */
void fault_pointer(const struct crossing *crossing, const struct rule_faults *faults, uint32_t at,
                   const struct command_fields *fields, char pointer[REFUSAL_POINTER_MAX]);

/* Refuse for each of @faults of @transition, at its place. Returns false. */
bool refuse_faults(struct judge *judge, enum reject reject, const struct crossing *crossing,
                   const struct workflow_transition *transition, const struct rule_faults *faults,
                   const struct command_fields *fields);

#endif
