# Builds the flight software and what replays its golden vectors. Any C99 compiler will do.
CC ?= cc
CFLAGS ?= -O2
STRICT = -std=c99 -Wall -Wextra -Wpedantic -Wdouble-promotion -Werror

replay: main.c homeward_flight.o homeward_flight.h
	$(CC) $(STRICT) $(CFLAGS) -o $@ main.c homeward_flight.o -lm

homeward_flight.o: homeward_flight.c homeward_flight.h
	$(CC) $(STRICT) $(CFLAGS) -c -o $@ homeward_flight.c

# The library behind a socket: ./process PORT; see `homeward return --flight-software tcp://localhost:PORT`.
process: process.c homeward_link.c homeward_link.h homeward_flight.o homeward_flight.h
	$(CC) $(STRICT) $(CFLAGS) -o $@ process.c homeward_link.c homeward_flight.o -lm

check: replay
	./replay golden.txt

# Code, constants, and the stack that each function takes (gcc).
sizes:
	$(CC) $(STRICT) $(CFLAGS) -fstack-usage -c -o homeward_flight.o homeward_flight.c
	size homeward_flight.o
	sort -k 2 -n homeward_flight.su

# Undefined behaviour and stray reads end the replay.
sanitized: main.c homeward_flight.c
	$(CC) $(STRICT) -O1 -g -fsanitize=undefined,address -fno-sanitize-recover=all -o replay_sanitized main.c homeward_flight.c -lm
	./replay_sanitized golden.txt

clean:
	rm -f replay replay_sanitized process homeward_flight.o homeward_flight.su

.PHONY: check sizes sanitized clean
