/* A guided entry in closed loop, written plainly in C: the limit that Homeward's own loop is held against.
 *
 * Interface at 120 km to parachute opening at 10 km. Truth: point mass, J2, turning Earth, RK4 at 0.5 s.
 * Guidance once a second: the bank magnitude, linear in speed to 60 deg at the end, is corrected by one
 * secant step on the predicted downrange error; two predictions of 16 RK4 steps each (fewer miss); the sign comes from a
 * dead-band on cross-range. Navigation error (Gauss-Markov), dispersions, drag and lift factors with fading
 * memory, limited roll rate. Earth-fixed frame throughout; SI units.
 *
 * usage: closed_loop RUNS SEED   ->   one JSON line
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PI 3.14159265358979323846
#define DEG (PI / 180.0)
#define GM 3.986004418e14
#define RADIUS 6378137.0
#define J2 1.08262982e-3
#define TURN 7.292115e-5
#define OPENING 10e3
#define INTERFACE 120e3
#define PREDICTION_STEPS 16
#define END_BANK (60.0 * DEG)
#define END_SPEED 200.0
#define START_SPEED 7500.0
#define ROLL_RATE (15.0 * DEG)
#define FULL 6

typedef struct { double drag, lift; } Capsule;          /* CD S / m, lift over drag */
typedef struct { double x[FULL]; } State;               /* r, v in the Earth-fixed frame */
typedef struct { double bank, time_to_go, sign, drag_factor, lift_factor; } Guidance;

/* -- random numbers ---------------------------------------------------------------------------- */
static uint64_t stream;
static double uniform(void) {
    stream ^= stream << 13; stream ^= stream >> 7; stream ^= stream << 17;
    return ((stream >> 11) + 0.5) * (1.0 / 9007199254740992.0);
}
static double normal(void) { return sqrt(-2.0 * log(uniform())) * cos(2.0 * PI * uniform()); }

/* -- vectors ----------------------------------------------------------------------------------- */
static double dot(const double *a, const double *b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
static void cross(const double *a, const double *b, double *c) {
    c[0] = a[1] * b[2] - a[2] * b[1]; c[1] = a[2] * b[0] - a[0] * b[2]; c[2] = a[0] * b[1] - a[1] * b[0];
}
static void unit(double *a) {
    double s = 1.0 / sqrt(dot(a, a));
    a[0] *= s; a[1] *= s; a[2] *= s;
}

/* -- air: log density as a polynomial of altitude, one for the truth and a coarser one on board -- */
static double true_density(double altitude) {
    double h = altitude * 1e-5;
    return exp((((((-14.122388 * h + 90.847448) * h - 187.966230) * h + 164.806729) * h - 62.273204) * h - 5.873680) * h + 0.197388);
}
static double onboard_density(double altitude) {
    double h = altitude * 1e-5;
    return exp((((0.676293 * h - 3.890145) * h + 3.689236) * h - 15.090614) * h + 0.358439);
}

/* Rates in the Earth-fixed frame; lift_up and lift_right are shares of the drag. */
static inline void rates(const double *x, double drag, double lift_up, double lift_right, double density,
                         double *f) {
    const double *r = x, *v = x + 3;
    double r2 = dot(r, r), inverse_r2 = 1.0 / r2, inverse_r = sqrt(inverse_r2);
    double inverse_r3 = inverse_r2 * inverse_r;
    double oblate = 1.5 * J2 * GM * RADIUS * RADIUS * inverse_r3 * inverse_r2;
    double g = -GM * inverse_r3 + oblate * (5.0 * r[2] * r[2] * inverse_r2 - 1.0);
    double v2 = dot(v, v), speed = sqrt(v2), climb = dot(r, v), n[3];
    cross(v, r, n); /* to the right */
    double inverse_n = 1.0 / sqrt(r2 * v2 - climb * climb), q = 0.5 * density * drag;
    double along = -q * speed * (1.0 + lift_up * inverse_n * climb);
    double up = q * lift_up * inverse_n * speed * v2, right = q * lift_right * inverse_n * v2;
    f[0] = v[0]; f[1] = v[1]; f[2] = v[2];
    f[3] = (g + up + TURN * TURN) * r[0] + along * v[0] + right * n[0] + 2.0 * TURN * v[1];
    f[4] = (g + up + TURN * TURN) * r[1] + along * v[1] + right * n[1] - 2.0 * TURN * v[0];
    f[5] = (g + up - 2.0 * oblate) * r[2] + along * v[2] + right * n[2];
}

static double height(const double *x) { return sqrt(dot(x, x)) - RADIUS; }

/* -- on board ---------------------------------------------------------------------------------- */
/* Bank magnitude: the parameter at the present speed, going linearly in speed to 60 deg at the end. */
static double bank_of_speed(double start, double speed, double inverse_range) {
    double share = (speed - END_SPEED) * inverse_range;
    share = share < 0.0 ? 0.0 : share > 1.0 ? 1.0 : share;
    return END_BANK + (start - END_BANK) * share;
}

static void onboard_rates(const double *x, double bank, double inverse_range, Capsule c, const Guidance *g,
                          double *f) {
    double speed = sqrt(dot(x + 3, x + 3));
    double lift = c.lift * g->lift_factor / g->drag_factor * cos(bank_of_speed(bank, speed, inverse_range));
    rates(x, c.drag * g->drag_factor, lift, 0.0, onboard_density(height(x)), f);
}

/* Downrange angle from the present place, within the present plane of motion. */
static double downrange(const double *place, const double *r, const double *normal_to_plane) {
    double here[3] = {r[0], r[1], r[2]}, ahead[3];
    unit(here);
    cross(normal_to_plane, here, ahead);
    return atan2(dot(place, ahead), dot(place, here));
}

/* Predicted downrange angle at the opening, and the correction of the time to go. */
static double predict(const State *now, double bank, Capsule c, const Guidance *g, const double *plane,
                      double *late) {
    State s = *now;
    double speed = sqrt(dot(s.x + 3, s.x + 3)), inverse_range = 1.0 / fmax(speed - END_SPEED, 20.0);
    double h = g->time_to_go / PREDICTION_STEPS, a[FULL], b[FULL], d[FULL], e[FULL], y[FULL];
    for (int step = 0; step < PREDICTION_STEPS; step++) {
        onboard_rates(s.x, bank, inverse_range, c, g, a);
        for (int i = 0; i < FULL; i++) y[i] = s.x[i] + 0.5 * h * a[i];
        onboard_rates(y, bank, inverse_range, c, g, b);
        for (int i = 0; i < FULL; i++) y[i] = s.x[i] + 0.5 * h * b[i];
        onboard_rates(y, bank, inverse_range, c, g, d);
        for (int i = 0; i < FULL; i++) y[i] = s.x[i] + h * d[i];
        onboard_rates(y, bank, inverse_range, c, g, e);
        for (int i = 0; i < FULL; i++) s.x[i] += h / 6.0 * (a[i] + 2.0 * (b[i] + d[i]) + e[i]);
    }
    double climb = dot(s.x, s.x + 3) / sqrt(dot(s.x, s.x));
    double wait = (height(s.x) - OPENING) / (climb < -20.0 ? -climb : 20.0);
    wait = wait < -60.0 ? -60.0 : wait > 60.0 ? 60.0 : wait;
    for (int i = 0; i < 3; i++) s.x[i] += wait * s.x[i + 3];
    *late = wait;
    return downrange(s.x, now->x, plane);
}

static double guide(const State *believed, Capsule c, Guidance *g, const double *target) {
    double plane[3], late, late_other, place[3] = {target[0], target[1], target[2]};
    cross(believed->x, believed->x + 3, plane);
    unit(plane);
    double wanted = downrange(place, believed->x, plane);
    double miss = predict(believed, g->bank, c, g, plane, &late) - wanted;
    double other = predict(believed, g->bank + 0.02, c, g, plane, &late_other) - wanted;
    double slope = (other - miss) / 0.02;
    if (slope < -1e-6) {
        double change = -miss / slope;
        change = change > 0.2 ? 0.2 : change < -0.2 ? -0.2 : change;
        g->bank += change;
        g->bank = g->bank < 5.0 * DEG ? 5.0 * DEG : g->bank > 120.0 * DEG ? 120.0 * DEG : g->bank;
    }
    g->time_to_go += late - 1.0;
    g->time_to_go = g->time_to_go < 2.0 ? 2.0 : g->time_to_go;
    double speed = sqrt(dot(believed->x + 3, believed->x + 3)), share = speed / START_SPEED;
    double cross_range = RADIUS * asin(dot(target, plane)); /* target to the left of the plane */
    double dead_band = 300.0 + 25e3 * share * share;
    if (cross_range > dead_band) g->sign = -1.0;
    if (cross_range < -dead_band) g->sign = 1.0;
    return g->sign * g->bank;
}

/* Factors from the sensed drag and lift against the onboard model's. */
static void learn(Guidance *g, const State *believed, Capsule c, double drag_sensed, double lift_sensed) {
    double v2 = dot(believed->x + 3, believed->x + 3);
    double drag = 0.5 * onboard_density(height(believed->x)) * v2 * c.drag;
    if (drag_sensed < 0.2) return;
    g->drag_factor += 0.1 * (drag_sensed / drag - g->drag_factor);
    g->lift_factor += 0.1 * (lift_sensed / (drag * c.lift) - g->lift_factor);
}

/* -- one run ----------------------------------------------------------------------------------- */
static State interface_state(double speed, double angle) {
    double latitude = 38.0 * DEG, heading = 90.0 * DEG;
    double up[3] = {cos(latitude), 0, sin(latitude)}, north[3] = {-sin(latitude), 0, cos(latitude)};
    double east[3] = {0, 1, 0};
    State s;
    for (int i = 0; i < 3; i++) {
        s.x[i] = (RADIUS + INTERFACE) * up[i];
        s.x[i + 3] = speed * (cos(angle) * (cos(heading) * north[i] + sin(heading) * east[i]) + sin(angle) * up[i]);
    }
    return s;
}

static double fly(const double *target, Capsule believed_capsule, double time_to_go, int dispersed) {
    double k = dispersed ? 1.0 : 0.0;
    double air = 1.0 + k * 0.1 * normal();
    Capsule c = {believed_capsule.drag * (1.0 + k * 0.03 * normal()),
                 believed_capsule.lift * (1.0 + k * 0.05 * normal())};
    State s = interface_state(7450.0 + k * 3.0 * normal(), (-1.6 + k * 0.05 * normal()) * DEG);
    Guidance g = {END_BANK, time_to_go, 1.0, 1.0, 1.0};
    double bank = END_BANK, error[FULL];
    const double sigma[2] = {30.0, 0.1}, memory = exp(-1.0 / 300.0), fresh = sqrt(1.0 - memory * memory);
    for (int i = 0; i < FULL; i++) error[i] = k * sigma[i / 3] * normal();
    for (int second = 0; second < 3000; second++) {
        State believed = s;
        for (int i = 0; i < FULL; i++) {
            error[i] = memory * error[i] + k * fresh * sigma[i / 3] * normal();
            believed.x[i] += error[i];
        }
        double drag = 0.5 * air * true_density(height(s.x)) * dot(s.x + 3, s.x + 3) * c.drag;
        learn(&g, &believed, believed_capsule, drag, drag * c.lift);
        double command = guide(&believed, believed_capsule, &g, target);
        for (int half = 0; half < 2; half++) {
            const double h = 0.5;
            double turn = command - bank, most = ROLL_RATE * h;
            bank += turn > most ? most : turn < -most ? -most : turn;
            double up = c.lift * cos(bank), right = c.lift * sin(bank);
            double a[FULL], b[FULL], d[FULL], e[FULL], y[FULL], before = height(s.x);
            State old = s;
            rates(s.x, c.drag, up, right, air * true_density(before), a);
            for (int i = 0; i < FULL; i++) y[i] = s.x[i] + 0.5 * h * a[i];
            rates(y, c.drag, up, right, air * true_density(height(y)), b);
            for (int i = 0; i < FULL; i++) y[i] = s.x[i] + 0.5 * h * b[i];
            rates(y, c.drag, up, right, air * true_density(height(y)), d);
            for (int i = 0; i < FULL; i++) y[i] = s.x[i] + h * d[i];
            rates(y, c.drag, up, right, air * true_density(height(y)), e);
            for (int i = 0; i < FULL; i++) s.x[i] += h / 6.0 * (a[i] + 2.0 * (b[i] + d[i]) + e[i]);
            double after = height(s.x);
            if (after <= OPENING) {
                double share = (before - OPENING) / (before - after), end[3], n[3];
                for (int i = 0; i < 3; i++) end[i] = old.x[i] + share * (s.x[i] - old.x[i]);
                unit(end);
                cross(end, target, n);
                return RADIUS * asin(sqrt(dot(n, n)));
            }
        }
    }
    return INFINITY;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    int runs = argc > 1 ? atoi(argv[1]) : 256;
    stream = 88172645463325252ULL + 7919ULL * (uint64_t)(argc > 2 ? atoi(argv[2]) : 0);
    Capsule capsule = {1.3 * 4.99 / 3200.0, 0.3};
    /* The aim point is where the onboard model lands with the middle of the authority. */
    State start = interface_state(7450.0, -1.6 * DEG);
    Guidance g = {END_BANK, 600.0, 1.0, 1.0, 1.0};
    double plane[3], late = 1.0, angle = 0.0, target[3], ahead[3], here[3] = {start.x[0], start.x[1], start.x[2]};
    cross(start.x, start.x + 3, plane);
    unit(plane);
    for (int i = 0; i < 60; i++) { angle = predict(&start, END_BANK, capsule, &g, plane, &late); g.time_to_go += late; }
    unit(here);
    cross(plane, here, ahead);
    for (int i = 0; i < 3; i++) target[i] = cos(angle) * here[i] + sin(angle) * ahead[i];
    double *miss = malloc(sizeof(double) * (size_t)runs);
    clock_t begin = clock();
    for (int i = 0; i < runs; i++) miss[i] = fly(target, capsule, g.time_to_go, 1);
    double each = (double)(clock() - begin) / CLOCKS_PER_SEC / runs;
    qsort(miss, (size_t)runs, sizeof(double), ascending);
#define AT(p) miss[(int)ceil((p) * runs) - 1]
    printf("{\"runs\": %d, \"seconds_each\": %.6e, \"miss_50\": %.1f, \"miss_99\": %.1f, \"miss_997\": %.1f, "
           "\"miss_max\": %.1f, \"flight_seconds\": %.0f}\n",
           runs, each, AT(0.5), AT(0.99), AT(0.997), miss[runs - 1], g.time_to_go);
    free(miss);
    return 0;
}
