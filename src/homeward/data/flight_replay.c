/* Replays golden vectors through the flight software and says how far it is off.
 *
 *     ./replay golden.txt
 *
 * Ends with 0 if every number of every command and of the states reached is within the tolerance, with 1 if
 * not, and with 2 if the file cannot be read.
 */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "homeward_flight.h"

typedef struct field {
    const char *name;
    char kind; /* f, i or b */
    size_t size;
    int count;
    size_t at;
    int loose; /* it has passed through single precision */
    double more; /* what that leaves of it where it passes through nought, in its unit */
} field;

#define WITH(name) name##_fields, (int)(sizeof(name##_fields) / sizeof(name##_fields[0]))

@TABLES@

static const double absolute = @ABSOLUTE@, relative = @RELATIVE@, single = @SINGLE@;
static double worst;
static const char *worst_name = "none";
static long wrong, compared;

static int read_into(FILE *file, const field *f, int n, void *to)
{
    for (int k = 0; k < n; ++k) {
        for (int j = 0; j < f[k].count; ++j) {
            char word[64];
            if (fscanf(file, "%63s", word) != 1) { return 0; }
            char *place = (char *)to + f[k].at + (size_t)j * f[k].size;
            if (f[k].kind == 'f' && f[k].size == sizeof(double)) {
                const double x = strtod(word, NULL);
                memcpy(place, &x, sizeof x);
            } else if (f[k].kind == 'f') {
                const float x = (float)strtod(word, NULL);
                memcpy(place, &x, sizeof x);
            } else if (f[k].kind == 'b') {
                const bool x = word[0] == '1';
                memcpy(place, &x, sizeof x);
            } else {
                const int64_t x = strtoll(word, NULL, 10);
                memcpy(place, &x, sizeof x);
            }
        }
    }
    return 1;
}

static double number(const field *f, const char *place)
{
    double d = 0.0;
    float s = 0.0f;
    bool b = false;
    int64_t i = 0;
    if (f->kind == 'f' && f->size == sizeof(double)) { memcpy(&d, place, sizeof d); return d; }
    if (f->kind == 'f') { memcpy(&s, place, sizeof s); return (double)s; }
    if (f->kind == 'b') { memcpy(&b, place, sizeof b); return b ? 1.0 : 0.0; }
    memcpy(&i, place, sizeof i);
    return (double)i;
}

/* Compares two structures; a number that is off by more than the tolerance is told and counted. */
static void compare(const field *f, int n, const void *is, const void *wanted, const char *what)
{
    for (int k = 0; k < n; ++k) {
        double most = 0.0;
        for (int j = 0; j < f[k].count; ++j) {
            const double w = number(&f[k], (const char *)wanted + f[k].at + (size_t)j * f[k].size);
            most = fabs(w) > most && isfinite(w) ? fabs(w) : most;
        }
        for (int j = 0; j < f[k].count; ++j) {
            const size_t at = f[k].at + (size_t)j * f[k].size;
            const double x = number(&f[k], (const char *)is + at);
            const double w = number(&f[k], (const char *)wanted + at);
            const double share = f[k].loose ? single : relative;
            const double allowed = f[k].kind == 'f' ? absolute + f[k].more + share * most : 0.0;
            const double off = x == w || (isnan(x) && isnan(w)) ? 0.0 : fabs(x - w);
            ++compared;
            if (!(off <= allowed)) {
                ++wrong;
                if (wrong <= 20) { printf("%s: %s[%d] is %.17g, not %.17g\n", what, f[k].name, j, x, w); }
            }
            if (off > 0.0 && !f[k].loose && !(off / (absolute + most) <= worst)) {
                worst = off / (absolute + most);
                worst_name = f[k].name;
            }
        }
    }
}

int main(int count, char **words)
{
    static homeward_state state, reached;
    static homeward_measurements measurements;
    static homeward_readings readings;
    static homeward_command command, wanted;
    const homeward_parameters *const p = &homeward_loaded;
    FILE *file = count == 2 ? fopen(words[1], "r") : NULL;
    int windows = 0;
    if (!file || fscanf(file, "homeward-golden-1 %d", &windows) != 1) {
        fprintf(stderr, "expected a file of golden vectors: ./replay golden.txt\n");
        return 2;
    }
    for (int w = 0; w < windows; ++w) {
        char name[64];
        int calls = 0, mode = 0, read = 1;
        read = read && fscanf(file, "%63s %d %d", name, &calls, &mode) == 3;
        read = read && read_into(file, WITH(homeward_state), &state);
        for (int c = 0; read && c < calls; ++c) {
            int is_tick = 0, said = 0;
            read = read && fscanf(file, "%d", &is_tick) == 1;
            memset(&command, 0, sizeof command);
            if (is_tick) {
                read = read && read_into(file, WITH(homeward_readings), &readings);
                said = homeward_flight_tick((homeward_mode)mode, p, &state, &readings, &command);
            } else {
                read = read && read_into(file, WITH(homeward_measurements), &measurements);
                said = homeward_flight_cycle((homeward_mode)mode, p, &state, &measurements, &command);
            }
            read = read && read_into(file, WITH(homeward_command), &wanted);
            if (said != HOMEWARD_FINE) {
                printf("%s: call %d says %d\n", name, c, said);
                ++wrong;
            }
            compare(WITH(homeward_command), &command, &wanted, name);
        }
        read = read && read_into(file, WITH(homeward_state), &reached);
        if (!read) {
            fprintf(stderr, "%s: ends early\n", words[1]);
            return 2;
        }
        compare(WITH(homeward_state), &state, &reached, name);
        printf("%-8s %4d calls, double precision is off by %.1g of its size at most (%s)\n", name, calls, worst, worst_name);
    }
    printf("%ld numbers compared, %ld beyond the tolerance\n", compared, wrong);
    return wrong ? 1 : 0;
}
