/* The flight software as a co-simulation of the Functional Mock-up Interface 3.0 (fmi-standard.org).
 *
 * A step makes the calls that its inputs ask for, at its beginning: where `cycle` is true a guidance cycle with
 * the `measurements`, then, where `tick` is true, a control tick with the `readings`. `command` and `said` (0 is
 * fine) are of the last call. Nothing happens between calls, so that a step may be of any length.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "homeward_flight.h"

#if defined _WIN32 || defined __CYGWIN__
#define API __declspec(dllexport)
#else
#define API __attribute__((visibility("default")))
#endif

enum { OK, WARNING, DISCARD, ERROR, FATAL };
enum { FLOAT64, FLOAT32, BOOLEAN, INT8, UINT8, INT16, UINT16, INT32, UINT32, INT64, UINT64 };
enum { CALLS, PARAMETERS, MEASUREMENTS, READINGS, COMMAND, PARTS };

typedef void log_message(void *environment, int status, const char *category, const char *text);

/* The inputs and outputs that no message of the flight software has. */
typedef struct calls {
    double time;
    int32_t mode, said;
    bool cycle, tick;
} calls;

typedef struct memory {
    calls own;
    homeward_parameters parameters;
    homeward_measurements measurements;
    homeward_readings readings;
    homeward_command command;
    homeward_state state;
} memory;

typedef struct instance {
    memory now;
    log_message *log;
    void *environment;
} instance;

/* A variable: its part, its type, how many numbers, and where they lie. */
typedef struct variable {
    int part, type, count;
    size_t at;
} variable;

static const variable variables[] = {
    {CALLS, FLOAT64, 1, offsetof(calls, time)},
    {CALLS, INT32, 1, offsetof(calls, mode)},
    {CALLS, BOOLEAN, 1, offsetof(calls, cycle)},
    {CALLS, BOOLEAN, 1, offsetof(calls, tick)},
    {CALLS, INT32, 1, offsetof(calls, said)},
@VARIABLES@
};
enum { VARIABLES = (int)(sizeof variables / sizeof variables[0]) };
static const size_t size_of_type[] = {sizeof(double), sizeof(float), sizeof(bool), 1, 1, 2, 2, 4, 4, 8, 8};
static const char token[] = "@TOKEN@";

static int fail(const instance *i, const char *text, ...)
{
    char line[300];
    va_list more;
    va_start(more, text);
    vsnprintf(line, sizeof line, text, more);
    va_end(more);
    if (i && i->log) { i->log(i->environment, ERROR, "logStatusError", line); }
    return ERROR;
}

static char *part_of(instance *i, int part)
{
    switch (part) {
    case PARAMETERS: return (char *)&i->now.parameters;
    case MEASUREMENTS: return (char *)&i->now.measurements;
    case READINGS: return (char *)&i->now.readings;
    case COMMAND: return (char *)&i->now.command;
    default: return (char *)&i->now.own;
    }
}

static int moved(instance *i, const uint32_t *which, size_t n, char *values, size_t room, int type, bool set)
{
    for (size_t k = 0; k < n; ++k) {
        if (!i || which[k] >= VARIABLES || variables[which[k]].type != type) {
            return fail(i, "there is no variable %u of this type", (unsigned)which[k]);
        }
        const variable *v = &variables[which[k]];
        if (set && (v->part == COMMAND || which[k] == 0 || which[k] == 4)) {
            return fail(i, "variable %u is none that can be set", (unsigned)which[k]);
        }
        if (room < (size_t)v->count) { return fail(i, "too few values for variable %u", (unsigned)which[k]); }
        char *place = part_of(i, v->part) + v->at;
        const size_t octets = (size_t)v->count * size_of_type[type];
        if (set) { memcpy(place, values, octets); }
        else { memcpy(values, place, octets); }
        values += octets;
        room -= (size_t)v->count;
    }
    return OK;
}

static void fresh(instance *i)
{
    memset(&i->now, 0, sizeof i->now);
    i->now.parameters = homeward_loaded;
    homeward_flight_init(&i->now.parameters, &i->now.state);
}

/* One call; an answer other than FINE is told by the name of the field that is no number. */
static int called(instance *i, bool is_tick)
{
    memory *m = &i->now;
    const homeward_mode mode = (homeward_mode)m->own.mode;
    m->own.said = is_tick ? homeward_flight_tick(mode, &m->parameters, &m->state, &m->readings, &m->command)
                          : homeward_flight_cycle(mode, &m->parameters, &m->state, &m->measurements, &m->command);
    const char *what = is_tick ? "tick" : "cycle";
    switch (m->own.said) {
    case HOMEWARD_FINE: return OK;
    case HOMEWARD_NO_SUCH_CALL: return fail(i, "mode %d has no %s", (int)m->own.mode, what);
    case HOMEWARD_BAD_INPUT:
        return fail(i, "%s: %s is not finite", what,
                    is_tick ? homeward_readings_spoilt(&m->readings) : homeward_measurements_spoilt(&m->measurements));
    default: return fail(i, "%s: command %s is no number", what, homeward_command_spoilt(&m->command));
    }
}

API const char *fmi3GetVersion(void) { return "3.0"; }

API int fmi3SetDebugLogging(void *i, bool on, size_t n, const char *const categories[])
{
    (void)i; (void)on; (void)n; (void)categories;
    return OK;
}

API void *fmi3InstantiateCoSimulation(
    const char *name, const char *given, const char *resources, bool visible, bool logging, bool events,
    bool early, const uint32_t *intermediate, size_t n, void *environment, log_message *log, void *update)
{
    (void)name; (void)resources; (void)visible; (void)logging; (void)events; (void)early;
    (void)intermediate; (void)n; (void)update;
    instance *i = strcmp(given, token) == 0 ? calloc(1, sizeof *i) : NULL;
    if (!i) {
        if (log) { log(environment, ERROR, "logStatusError", "instantiation token of another flight software"); }
        return NULL;
    }
    i->log = log;
    i->environment = environment;
    fresh(i);
    return i;
}

API void fmi3FreeInstance(void *i) { free(i); }
API int fmi3Reset(void *i) { fresh(i); return OK; }
API int fmi3EnterInitializationMode(void *i, bool given, double tolerance, double start, bool ends, double stop)
{
    (void)given; (void)tolerance; (void)ends; (void)stop;
    ((instance *)i)->now.own.time = start;
    return OK;
}

/* Parameters may have been set since: the flight software is powered on with them. */
API int fmi3ExitInitializationMode(void *i)
{
    memory *m = &((instance *)i)->now;
    homeward_flight_init(&m->parameters, &m->state);
    return OK;
}

API int fmi3DoStep(void *given, double time, double step, bool no_return, bool *event, bool *terminate,
                   bool *early, double *reached)
{
    instance *i = given;
    int status = OK;
    (void)no_return;
    if (i->now.own.cycle) { status = called(i, false); }
    if (status == OK && i->now.own.tick) { status = called(i, true); }
    i->now.own.time = status == OK ? time + step : time;
    *event = *terminate = *early = false;
    *reached = i->now.own.time;
    return status;
}

#define ACCESS(name, type, of) \
    API int fmi3Get##name(void *i, const uint32_t *which, size_t n, type *values, size_t room) \
    { return moved(i, which, n, (char *)values, room, of, false); } \
    API int fmi3Set##name(void *i, const uint32_t *which, size_t n, const type *values, size_t room) \
    { return moved(i, which, n, (char *)(uintptr_t)values, room, of, true); }
ACCESS(Float64, double, FLOAT64) ACCESS(Float32, float, FLOAT32) ACCESS(Boolean, bool, BOOLEAN)
ACCESS(Int8, int8_t, INT8) ACCESS(UInt8, uint8_t, UINT8) ACCESS(Int16, int16_t, INT16)
ACCESS(UInt16, uint16_t, UINT16) ACCESS(Int32, int32_t, INT32) ACCESS(UInt32, uint32_t, UINT32)
ACCESS(Int64, int64_t, INT64) ACCESS(UInt64, uint64_t, UINT64)

/* The whole memory, so that a simulation can go back, and a flight can be taken up in its middle. */
API int fmi3GetFMUState(void *i, void **kept)
{
    if (!*kept) { *kept = malloc(sizeof(memory)); }
    if (!*kept) { return fail(i, "no memory is left"); }
    memcpy(*kept, &((instance *)i)->now, sizeof(memory));
    return OK;
}
API int fmi3SetFMUState(void *i, void *kept) { memcpy(&((instance *)i)->now, kept, sizeof(memory)); return OK; }
API int fmi3FreeFMUState(void *i, void **kept) { (void)i; free(*kept); *kept = NULL; return OK; }
API int fmi3SerializedFMUStateSize(void *i, void *kept, size_t *size)
{
    (void)i; (void)kept;
    *size = sizeof(memory);
    return OK;
}
API int fmi3SerializeFMUState(void *i, void *kept, unsigned char octets[], size_t size)
{
    if (size < sizeof(memory)) { return fail(i, "too little room for the state"); }
    memcpy(octets, kept, sizeof(memory));
    return OK;
}
API int fmi3DeserializeFMUState(void *i, const unsigned char octets[], size_t size, void **kept)
{
    if (size != sizeof(memory)) { return fail(i, "a state of another flight software"); }
    if (!*kept) { *kept = malloc(sizeof(memory)); }
    if (!*kept) { return fail(i, "no memory is left"); }
    memcpy(*kept, octets, sizeof(memory));
    return OK;
}

/* What a co-simulation without clocks, events and derivatives has no use for, but has to name. */
#define DONE(name) API int fmi3##name(void *i) { (void)i; return OK; }
#define REFUSED(name) API int fmi3##name(void *i) { return fail(i, "fmi3" #name " has no meaning here"); }
DONE(Terminate) DONE(EnterConfigurationMode) DONE(ExitConfigurationMode) DONE(EnterStepMode) DONE(EnterEventMode)
DONE(EvaluateDiscreteStates)
REFUSED(GetString) REFUSED(SetString) REFUSED(GetBinary) REFUSED(SetBinary) REFUSED(GetClock) REFUSED(SetClock)
REFUSED(GetNumberOfVariableDependencies) REFUSED(GetVariableDependencies)
REFUSED(GetDirectionalDerivative) REFUSED(GetAdjointDerivative) REFUSED(GetOutputDerivatives)
REFUSED(GetIntervalDecimal) REFUSED(GetIntervalFraction) REFUSED(GetShiftDecimal) REFUSED(GetShiftFraction)
REFUSED(SetIntervalDecimal) REFUSED(SetIntervalFraction) REFUSED(SetShiftDecimal) REFUSED(SetShiftFraction)
REFUSED(UpdateDiscreteStates) REFUSED(EnterContinuousTimeMode) REFUSED(CompletedIntegratorStep)
REFUSED(SetTime) REFUSED(SetContinuousStates) REFUSED(GetContinuousStateDerivatives)
REFUSED(GetEventIndicators) REFUSED(GetContinuousStates) REFUSED(GetNominalsOfContinuousStates)
REFUSED(GetNumberOfEventIndicators) REFUSED(GetNumberOfContinuousStates) REFUSED(ActivateModelPartition)
API void *fmi3InstantiateModelExchange(void) { return NULL; }
API void *fmi3InstantiateScheduledExecution(void) { return NULL; }
