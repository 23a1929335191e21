/* Times one call of each kind and mode out of golden vectors: compiled beside the exported files.
 *
 *     flight_timer golden.txt CALLS       a line each: kind mode median 99% 99.99% worst [ns]
 */
#define _POSIX_C_SOURCE 200112L
#define main replay_main
#include "main.c"
#undef main

#include <time.h>

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static int call(int tick, int mode, homeward_state *s, const homeward_measurements *m, const homeward_readings *r,
                homeward_command *c)
{
    return tick ? homeward_flight_tick((homeward_mode)mode, &homeward_loaded, s, r, c)
                : homeward_flight_cycle((homeward_mode)mode, &homeward_loaded, s, m, c);
}

int main(int n, char **words)
{
    FILE *file = n > 2 ? fopen(words[1], "r") : NULL;
    const long calls = n > 2 ? strtol(words[2], NULL, 10) : 0;
    double *took = calls > 0 ? malloc((size_t)calls * sizeof *took) : NULL;
    int windows = 0;
    if (!file || !took || fscanf(file, "homeward-golden-1 %d", &windows) != 1) { return 2; }
    bool seen[2][64] = {{false}};
    static homeward_state state, before;
    static homeward_measurements sensors;
    static homeward_readings readings;
    static homeward_command command, wanted;
    for (int w = 0; w < windows; ++w) {
        char name[64];
        int count, mode;
        if (fscanf(file, "%63s %d %d", name, &count, &mode) != 3) { return 2; }
        if (!read_into(file, WITH(homeward_state), &state)) { return 2; }
        for (int k = 0; k < count; ++k) {
            int tick;
            if (fscanf(file, "%d", &tick) != 1) { return 2; }
            if (!(tick ? read_into(file, WITH(homeward_readings), &readings)
                       : read_into(file, WITH(homeward_measurements), &sensors))) { return 2; }
            if (!read_into(file, WITH(homeward_command), &wanted)) { return 2; }
            before = state;
            /* The third call of a window: what the first ones prepare is there. */
            if (!seen[tick][mode] && k > 2) {
                seen[tick][mode] = true;
                for (long j = 0; j < calls; ++j) {
                    state = before;
                    const double t = now();
                    (void)call(tick, mode, &state, &sensors, &readings, &command);
                    took[j] = now() - t;
                }
                qsort(took, (size_t)calls, sizeof *took, by_size);
                const size_t last = (size_t)calls - 1;
                printf("%s %s %.0f %.0f %.0f %.0f\n", tick ? "tick" : "cycle", name, took[last / 2],
                       took[(size_t)(0.99 * (double)last)], took[(size_t)(0.9999 * (double)last)], took[last]);
                fflush(stdout);
            }
            state = before;
            (void)call(tick, mode, &state, &sensors, &readings, &command);
        }
        if (!read_into(file, WITH(homeward_state), &before)) { return 2; }
    }
    free(took);
    fclose(file);
    return 0;
}
