/* Lets XLA's CPU programs call an exported flight software: cycles and ticks of many lanes in one call.
 *
 * A slot is a call (cycle or tick in one mode) with the tables of where each array of the program lies in the
 * library's structures. XLA hands over arrays with a leading axis of lanes, or of one for what all lanes share.
 * Interface: XLA's foreign function interface, jaxlib's include/xla/ffi/api/c_api.h.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xla/ffi/api/c_api.h"

enum { SLOTS = 16, PARTS = 5, SAYS = 200 };
enum { PARAMETERS, STATE, SENSORS, NEXT, COMMAND };

typedef int flight_call(int mode, const void *p, void *s, const void *in, void *out);
typedef const char *spoilt_field(const void *x);

/* One array: its offset in the structure, octets of a number, numbers of a lane, whether it is real. */
typedef struct part { int64_t at, size, count, real; } part;

typedef struct slot {
    flight_call *call;
    spoilt_field *sensors_spoilt, *command_spoilt;
    int mode;
    int64_t structure[4]; /* octets of parameters, state, sensors and command */
    int64_t counts[PARTS];
    const part *parts[PARTS];
    char says[SAYS]; /* what the call refused first; empty if nothing */
} slot;

static slot slots[SLOTS];

/* Says nought if the slot is taken in. The tables are the caller's and stay where they are. */
int homeward_xla_define(int k, flight_call *call, spoilt_field *sensors, spoilt_field *command, int mode,
                        const int64_t *structure, const int64_t *counts, const part *const *parts)
{
    if (k < 0 || k >= SLOTS) { return 1; }
    slot *s = &slots[k];
    s->call = call;
    s->sensors_spoilt = sensors;
    s->command_spoilt = command;
    s->mode = mode;
    memcpy(s->structure, structure, sizeof s->structure);
    memcpy(s->counts, counts, sizeof s->counts);
    memcpy(s->parts, parts, sizeof s->parts);
    s->says[0] = '\0';
    return 0;
}

/* What the slot refused first: the library's answer and the field, "2 r_BE_E"; empty if nothing. */
const char *homeward_xla_says(int k) { return slots[k].says; }

static int64_t numbers_of(const XLA_FFI_Buffer *b)
{
    int64_t n = 1;
    for (int64_t k = 0; k < b->rank; ++k) { n *= b->dims[k]; }
    return n;
}

/* Octets from one lane's numbers to the next one's: nought where all lanes share them. */
static int64_t stride_of(const XLA_FFI_Buffer *b, const part *p)
{
    return p->count > 0 && numbers_of(b) > p->count ? p->size * p->count : 0;
}

static void take(char *to, const part *p, int64_t n, void **from, int64_t lane)
{
    for (int64_t k = 0; k < n; ++k) {
        const XLA_FFI_Buffer *b = from[k];
        memcpy(to + p[k].at, (const char *)b->data + lane * stride_of(b, &p[k]), (size_t)(p[k].size * p[k].count));
    }
}

/* Hands out a lane's numbers; what is real becomes NaN where the call was refused. */
static void give(const char *from, const part *p, int64_t n, void **to, int64_t lane, int refused)
{
    for (int64_t k = 0; k < n; ++k) {
        const XLA_FFI_Buffer *b = to[k];
        char *place = (char *)b->data + lane * p[k].size * p[k].count;
        memcpy(place, from + p[k].at, (size_t)(p[k].size * p[k].count));
        for (int64_t j = 0; refused && p[k].real && j < p[k].count; ++j) {
            const double d = NAN;
            const float f = NAN;
            if (p[k].size == (int64_t)sizeof d) { memcpy(place + j * p[k].size, &d, sizeof d); }
            else { memcpy(place + j * p[k].size, &f, sizeof f); }
        }
    }
}

static XLA_FFI_Error *failure(const XLA_FFI_CallFrame *f, const char *text)
{
    XLA_FFI_Error_Create_Args given;
    memset(&given, 0, sizeof given);
    given.struct_size = XLA_FFI_Error_Create_Args_STRUCT_SIZE;
    given.message = text;
    given.errc = XLA_FFI_Error_Code_INVALID_ARGUMENT;
    return f->api->XLA_FFI_Error_Create(&given);
}

static void note(slot *s, int said, const void *sensors, const void *command)
{
    const char *field = said == 2 ? s->sensors_spoilt(sensors) : said == 3 ? s->command_spoilt(command) : NULL;
    if (!s->says[0]) { snprintf(s->says, sizeof s->says, "%d %s", said, field ? field : ""); }
}

static XLA_FFI_Error *fly(XLA_FFI_CallFrame *f, slot *s)
{
    if (f->extension_start && f->extension_start->type == XLA_FFI_Extension_Metadata) {
        XLA_FFI_Metadata *m = ((XLA_FFI_Metadata_Extension *)f->extension_start)->metadata;
        m->api_version.major_version = XLA_FFI_API_MAJOR;
        m->api_version.minor_version = XLA_FFI_API_MINOR;
        return NULL;
    }
    const int64_t *n = s->counts;
    if (f->args.size != n[PARAMETERS] + n[STATE] + n[SENSORS] || f->rets.size != n[NEXT] + n[COMMAND]) {
        return failure(f, "arrays of another flight software");
    }
    int64_t lanes = 1;
    for (int64_t k = 0; k < f->rets.size; ++k) {
        const part *p = k < n[NEXT] ? &s->parts[NEXT][k] : &s->parts[COMMAND][k - n[NEXT]];
        if (p->count > 0) { lanes = numbers_of(f->rets.rets[k]) / p->count; }
    }
    /* Double precision has the strictest alignment of all that a structure holds. */
    char *room[4];
    for (int k = 0; k < 4; ++k) {
        room[k] = calloc((size_t)s->structure[k] / sizeof(double) + 1, sizeof(double));
    }
    XLA_FFI_Error *wrong = NULL;
    if (!room[0] || !room[1] || !room[2] || !room[3]) { wrong = failure(f, "no memory is left"); }
    void **state = f->args.args + n[PARAMETERS], **sensors = state + n[STATE];
    int shared = 1;
    for (int64_t k = 0; k < n[PARAMETERS]; ++k) {
        shared = shared && stride_of(f->args.args[k], &s->parts[PARAMETERS][k]) == 0;
    }
    for (int64_t lane = 0; !wrong && lane < lanes; ++lane) {
        if (lane == 0 || !shared) { take(room[0], s->parts[PARAMETERS], n[PARAMETERS], f->args.args, lane); }
        take(room[1], s->parts[STATE], n[STATE], state, lane);
        take(room[2], s->parts[SENSORS], n[SENSORS], sensors, lane);
        memset(room[3], 0, (size_t)s->structure[3]);
        const int said = s->call(s->mode, room[0], room[1], room[2], room[3]);
        if (said) { note(s, said, room[2], room[3]); }
        if (said && lanes == 1) { wrong = failure(f, s->says); }
        give(room[1], s->parts[NEXT], n[NEXT], f->rets.rets, lane, said);
        give(room[3], s->parts[COMMAND], n[COMMAND], f->rets.rets + n[NEXT], lane, said);
    }
    for (int k = 0; k < 4; ++k) { free(room[k]); }
    return wrong;
}

#define SLOT(k) \
    XLA_FFI_Error *homeward_xla_##k(XLA_FFI_CallFrame *f) { return fly(f, &slots[k]); }
SLOT(0) SLOT(1) SLOT(2) SLOT(3) SLOT(4) SLOT(5) SLOT(6) SLOT(7)
SLOT(8) SLOT(9) SLOT(10) SLOT(11) SLOT(12) SLOT(13) SLOT(14) SLOT(15)
