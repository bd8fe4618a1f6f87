/* SPDX-License-Identifier: Apache-2.0 */
/* What a binding does with the input engine, in its shortest form. */
#ifndef TEST_FIXTURE_INPUT_H
#define TEST_FIXTURE_INPUT_H

#include <virtio/input.h>

#include "fixture.h"
#include "sim/sim_input.h"

#define IN_RECORDS 16384

struct input_fixture
{
    struct fixture f; /* first: teardown() knows only this */
    struct sim_input host;
    struct virtio_input in;
    struct virtio_input_setup setup;

    unsigned int readables; /* calls of the callback */
    void (*on_readable)(struct input_fixture *c);
    struct virtio_input_record each[IN_RECORDS]; /* what the other callback was given */
    unsigned int each_count;

    struct virtio_input_record records[IN_RECORDS]; /* what was read */
    unsigned int count;
    uint32_t next; /* value of the next event of in_frame() */
};

/* A device that can do nothing; the keyboard: buffers for 8 events, a FIFO of 16. Only the first callback is set. */
int setup_nothing(void **state);
int setup_keyboard(void **state);

/* Probe and start; the same, asserting success, and what follows of itself. */
int in_start(struct input_fixture *c);
void in_up(struct input_fixture *c);
void in_down(struct input_fixture *c);
/* Have the second callback called too, from the next start on. */
void in_each(struct input_fixture *c);

/* Send what is due. */
void in_notify(struct input_fixture *c);
/* Driver and device in turn, until neither has anything to do. Asserts that nothing breaks. */
void in_run(struct input_fixture *c);
/* Stop, restart, resume. Returns the restart's result. */
int in_recover(struct input_fixture *c);

/* A frame of so many events from the device, numbered on from the last, the SYN_REPORT at its end among them. */
void in_frame(struct input_fixture *c, unsigned int events);
/* The same without its end. */
void in_part(struct input_fixture *c, unsigned int events);
/* Read all there is into records. */
void in_read_all(struct input_fixture *c);
/* Is this a record? */
void assert_record(const struct virtio_input_record *record, uint16_t type, uint16_t code, int32_t value);
/* A marker is at this place of the records. */
void assert_marker(const struct virtio_input_record *record);
/* The next frame that comes arrives, alone, and so does an LED: everything still works. Reads all there was before. */
void assert_in_works(struct input_fixture *c);

#endif /* TEST_FIXTURE_INPUT_H */
