/* The flight software's messages as space packets: see homeward_link.h. Generated, not to be edited. */
#include "homeward_link.h"

#include <string.h>

typedef struct field {
    char kind; /* f, i, u or b */
    uint8_t size; /* octets of a number in the structure */
    uint32_t count;
    size_t at;
} field;

@TABLES@

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { HELLO = @HELLO@, LOAD = @LOAD@, BEGIN = @BEGIN@, READY = @READY@, END = @END@ };
enum { CYCLE = @CYCLE@, TICK = @TICK@, COMMAND = @COMMAND@ };
enum { TIME = 8, CHECK = 2, FRONT = HOMEWARD_LINK_HEADER + TIME, TEXT = 64, NAME = 32, BLOCK = @BLOCK@ };

static uint16_t check_of(const uint8_t *p, size_t n)
{
    uint16_t c = 0xFFFF;
    for (size_t k = 0; k < n; ++k) {
        c = (uint16_t)(c ^ (uint16_t)(p[k] << 8));
        for (int j = 0; j < 8; ++j) { c = (uint16_t)(c & 0x8000 ? (c << 1) ^ 0x1021 : c << 1); }
    }
    return c;
}

static void put_whole(uint8_t *to, uint64_t x, size_t octets)
{
    for (size_t k = 0; k < octets; ++k) { to[k] = (uint8_t)(x >> (8 * (octets - 1 - k))); }
}

static uint64_t get_whole(const uint8_t *from, size_t octets)
{
    uint64_t x = 0;
    for (size_t k = 0; k < octets; ++k) { x = (x << 8) | from[k]; }
    return x;
}

static double get_real(const uint8_t *from)
{
    const uint64_t bits = get_whole(from, 8);
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void put_real(uint8_t *to, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    put_whole(to, bits, 8);
}

/* Octets of one number in a packet. */
static size_t wide(const field *f) { return f->kind == 'f' ? 8 : f->kind == 'b' ? 1 : 4; }

/* Writes a number into a structure, whatever it is there. */
static void place(void *to, const field *f, double x)
{
    if (f->kind == 'f' && f->size == sizeof(double)) { memcpy(to, &x, sizeof x); }
    else if (f->kind == 'f') { const float s = (float)x; memcpy(to, &s, sizeof s); }
    else if (f->kind == 'b') { const bool b = x != 0.0; memcpy(to, &b, sizeof b); }
    else if (f->size == sizeof(int64_t)) { const int64_t i = (int64_t)x; memcpy(to, &i, sizeof i); }
    else { const int32_t i = (int32_t)x; memcpy(to, &i, sizeof i); }
}

static double number(const void *from, const field *f)
{
    double d;
    float s;
    bool b;
    int64_t i;
    int32_t j;
    if (f->kind == 'f' && f->size == sizeof d) { memcpy(&d, from, sizeof d); return d; }
    if (f->kind == 'f') { memcpy(&s, from, sizeof s); return (double)s; }
    if (f->kind == 'b') { memcpy(&b, from, sizeof b); return b ? 1.0 : 0.0; }
    if (f->size == sizeof i) { memcpy(&i, from, sizeof i); return (double)i; }
    memcpy(&j, from, sizeof j);
    return (double)j;
}

static size_t octets_of(const field *f, size_t n)
{
    size_t sum = 0;
    for (size_t k = 0; k < n; ++k) { sum += wide(&f[k]) * f[k].count; }
    return sum;
}

static void take(void *to, const field *f, size_t n, const uint8_t *from)
{
    for (size_t k = 0; k < n; ++k) {
        for (uint32_t j = 0; j < f[k].count; ++j, from += wide(&f[k])) {
            const double x = f[k].kind == 'f' ? get_real(from)
                : f[k].kind == 'b' ? (double)from[0] : (double)(int32_t)(uint32_t)get_whole(from, 4);
            place((char *)to + f[k].at + (size_t)j * f[k].size, &f[k], x);
        }
    }
}

static void give(uint8_t *to, const field *f, size_t n, const void *from)
{
    for (size_t k = 0; k < n; ++k) {
        for (uint32_t j = 0; j < f[k].count; ++j, to += wide(&f[k])) {
            const double x = number((const char *)from + f[k].at + (size_t)j * f[k].size, &f[k]);
            if (f[k].kind == 'f') { put_real(to, x); }
            else { put_whole(to, f[k].kind == 'b' ? (uint64_t)x : (uint64_t)(uint32_t)(int32_t)x, wide(&f[k])); }
        }
    }
}

/* Header, time code and check about user data that stands at FRONT already; gives the packet's octets. */
static size_t finish(homeward_link *link, uint8_t *packet, unsigned apid, const uint8_t *time, size_t data)
{
    const size_t octets = FRONT + data + CHECK;
    put_whole(packet, 0x0800u | apid, 2);
    put_whole(packet + 2, 0xC000u | (link->sequence & 0x3FFFu), 2);
    put_whole(packet + 4, octets - HOMEWARD_LINK_HEADER - 1, 2);
    memcpy(packet + HOMEWARD_LINK_HEADER, time, TIME);
    put_whole(packet + FRONT + data, check_of(packet, FRONT + data), CHECK);
    ++link->sequence;
    return octets;
}

static void put_text(uint8_t *to, const char *text, size_t octets)
{
    memset(to, 0, octets);
    for (size_t k = 0; k < octets && text[k]; ++k) { to[k] = (uint8_t)text[k]; }
}

size_t homeward_link_greet(homeward_link *link, const char *name, uint8_t *packet)
{
    static const uint8_t no_time[TIME] = {0x1F};
    uint8_t *data = packet + FRONT;
    memset(link, 0, sizeof *link);
    link->parameters = homeward_loaded;
    put_whole(data, @VERSION@, 4);
    put_text(data + 4, HOMEWARD_LINK_MESSAGES, TEXT);
    put_text(data + 4 + TEXT, HOMEWARD_SCENARIO_SHA256, TEXT);
    put_text(data + 4 + 2 * TEXT, HOMEWARD_SOURCE, TEXT);
    put_text(data + 4 + 3 * TEXT, name, NAME);
    return finish(link, packet, HELLO, no_time, 4 + 3 * TEXT + NAME);
}

size_t homeward_link_length(const uint8_t *header)
{
    const size_t octets = (size_t)get_whole(header + 4, 2) + HOMEWARD_LINK_HEADER + 1;
    const unsigned first = (unsigned)get_whole(header, 2);
    return (first & 0xF800u) == 0x1800u && octets >= FRONT + CHECK && octets <= HOMEWARD_LINK_LONGEST ? octets : 0;
}

static void load(homeward_link *link, const uint8_t *data, size_t octets)
{
    if (octets != 12 + 8 * BLOCK) { return; }
    const size_t k = (size_t)get_whole(data, 4);
    const uint32_t first = (uint32_t)get_whole(data + 4, 4), count = (uint32_t)get_whole(data + 8, 4);
    if (k >= COUNT(of_parameters)) { return; }
    const field *f = &of_parameters[k];
    if (count > BLOCK || first > f->count || count > f->count - first) { return; }
    for (uint32_t j = 0; j < count; ++j) {
        place((char *)&link->parameters + f->at + (size_t)(first + j) * f->size, f, get_real(data + 12 + 8 * j));
    }
    link->loaded += count;
}

/* A cycle or a tick: sensors in, command out. */
static size_t call(homeward_link *link, unsigned apid, const uint8_t *packet, size_t octets, uint8_t *answer)
{
    const uint8_t *data = packet + FRONT;
    const int cycle = apid == CYCLE;
    const field *f = cycle ? of_measurements : of_readings;
    const size_t n = cycle ? COUNT(of_measurements) : COUNT(of_readings);
    if (octets != 5 + octets_of(f, n)) { return 0; }
    const homeward_mode mode = (homeward_mode)data[4];
    int says;
    if (cycle) {
        take(&link->measurements, f, n, data + 5);
        says = homeward_flight_cycle(mode, &link->parameters, &link->state, &link->measurements, &link->command);
    } else {
        take(&link->readings, f, n, data + 5);
        says = homeward_flight_tick(mode, &link->parameters, &link->state, &link->readings, &link->command);
    }
    uint8_t *out = answer + FRONT;
    memcpy(out, data, 4);
    out[4] = (uint8_t)says;
    give(out + 5, of_command, COUNT(of_command), &link->command);
    return finish(link, answer, COMMAND, packet + HOMEWARD_LINK_HEADER, 5 + octets_of(of_command, COUNT(of_command)));
}

size_t homeward_link_answer(homeward_link *link, const uint8_t *packet, size_t octets, uint8_t *answer)
{
    if (octets < FRONT + CHECK || homeward_link_length(packet) != octets) { return 0; }
    if (get_whole(packet + octets - CHECK, CHECK) != check_of(packet, octets - CHECK)) { return 0; }
    const unsigned apid = (unsigned)get_whole(packet, 2) & 0x07FFu;
    const size_t data = octets - FRONT - CHECK;
    switch (apid) {
    case LOAD:
        if (!link->begun) { load(link, packet + FRONT, data); }
        return 0;
    case BEGIN:
        homeward_flight_init(&link->parameters, &link->state);
        link->begun = true;
        put_whole(answer + FRONT, link->loaded, 4);
        return finish(link, answer, READY, packet + HOMEWARD_LINK_HEADER, 4);
    case END:
        link->over = true;
        return 0;
    default:
        return link->begun && (apid == CYCLE || apid == TICK) ? call(link, apid, packet, data, answer) : 0;
    }
}
