/* SPDX-License-Identifier: Apache-2.0 */
/* What a binding does with the console engine, in its shortest form. */
#ifndef TEST_FIXTURE_CONSOLE_H
#define TEST_FIXTURE_CONSOLE_H

#include <virtio/console.h>

#include "fixture.h"
#include "sim/sim_console.h"

#define EVENTS 256

struct console_fixture
{
    struct fixture f; /* first: teardown() knows only this */
    struct sim_console host;
    struct virtio_console con;
    struct virtio_console_setup setup;

    struct
    {
        uint16_t port;
        enum virtio_console_event event;
    } events[EVENTS];
    unsigned int event_count;
    void (*on_event)(struct console_fixture *c, uint16_t port, enum virtio_console_event event);
};

/* Three ports of which number 0 is plugged; and one port without MULTIPORT. */
int setup_multi(void **state);
int setup_single(void **state);

/* Probe and start. */
int con_start(struct console_fixture *c);
/* The same, asserting success, and everything that follows of itself. */
void con_up(struct console_fixture *c);
void con_down(struct console_fixture *c);
/* Send what is due. */
void con_notify(struct console_fixture *c);
/* Driver and device in turn, until neither has anything to do. Asserts that nothing breaks. */
void con_run(struct console_fixture *c);
/* Stop, restart, resume. Returns the restart's result. */
int con_recover(struct console_fixture *c);
/* Plug a port, open it on both sides. */
void con_plug(struct console_fixture *c, uint16_t port);

/* So many of these events since the last look; the look at all of them. */
unsigned int con_events(struct console_fixture *c, uint16_t port, enum virtio_console_event event);
void con_forget_events(struct console_fixture *c);

/* A pattern, and the assertion that a range holds it. */
uint8_t con_pattern(size_t position);
void con_fill(uint8_t *to, size_t position, size_t length);
void assert_con_pattern(const uint8_t *data, size_t position, size_t length);

#endif /* TEST_FIXTURE_CONSOLE_H */
