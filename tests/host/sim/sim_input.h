/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulated input device (5.8): a config space that answers questions, events for the guest, a status queue, and what
 * drivers owe it.
 *
 * The simulated device is to run in SIM_MANUAL: its event buffers wait for events. sim_input_run() is its turn.
 */
#ifndef TEST_SIM_INPUT_H
#define TEST_SIM_INPUT_H

#include "sim.h"

/* Offsets in the config space (5.8.4). */
enum
{
    SIM_INPUT_SELECT = 0,
    SIM_INPUT_SUBSEL = 1,
    SIM_INPUT_SIZE = 2,
    SIM_INPUT_PAYLOAD = 8,
};

enum
{
    SIM_INPUT_ID_NAME = 0x01,
    SIM_INPUT_ID_SERIAL = 0x02,
    SIM_INPUT_ID_DEVIDS = 0x03,
    SIM_INPUT_PROP_BITS = 0x10,
    SIM_INPUT_EV_BITS = 0x11,
    SIM_INPUT_ABS_INFO = 0x12,
};

#define SIM_INPUT_BYTES   128
#define SIM_INPUT_ANSWERS 128
#define SIM_INPUT_EVENTS  16384
#define SIM_INPUT_STATUS  4096

struct sim_input_answer
{
    uint8_t select, subsel;
    uint8_t size; /* what the device says, whatever it has */
    uint8_t payload[SIM_INPUT_BYTES];
};

struct sim_input_event
{
    uint16_t type, code;
    uint32_t value;
};

struct sim_input
{
    struct sim_model model;
    struct sim_field fields[3 + SIM_INPUT_BYTES]; /* as the last question makes them */

    struct sim_input_answer answers[SIM_INPUT_ANSWERS];
    unsigned int answer_count;
    bool select_written, subsel_written; /* for the question that is being asked */

    struct sim_input_event events[SIM_INPUT_EVENTS]; /* to the guest; a reset forgets them */
    unsigned int first, end;

    /* Misbehaviour. */
    bool stalled;           /* the status queue is not served */
    bool flaps;             /* sizes change, so that reading beyond the last one is no fault of the driver */
    uint32_t status_length; /* said to be written to status buffers; QEMU says 8, right is 0 */
    bool length_replaced;
    uint32_t length; /* of event buffers */

    /* What happened. */
    struct sim_input_event status[SIM_INPUT_STATUS];
    unsigned int status_count;
    unsigned int questions;
};

/* A device that is and can do nothing; and those that QEMU has, with a little more that can be set. */
void sim_input_init(struct sim_device *sim, struct sim_input *in, bool legacy);
void sim_input_keyboard(struct sim_input *in);
void sim_input_mouse(struct sim_input *in);
void sim_input_tablet(struct sim_input *in);
void sim_input_multitouch(struct sim_input *in);

/* Answers of the config space: a new one, or the one there is. */
struct sim_input_answer *sim_input_answer(struct sim_input *in, uint8_t select, uint8_t subsel);
void sim_input_set_answer(struct sim_input *in, uint8_t select, uint8_t subsel, const void *payload, uint8_t size);
void sim_input_bit(struct sim_input *in, unsigned int type, unsigned int code);
void sim_input_property(struct sim_input *in, unsigned int property);
void sim_input_axis(struct sim_input *in, unsigned int code, int32_t min, int32_t max);

/* An event for the guest. */
void sim_input_event(struct sim_input *in, uint16_t type, uint16_t code, uint32_t value);
/* The device's turn: everything that it can do now. True if there was anything. */
bool sim_input_run(struct sim_device *sim);

#endif /* TEST_SIM_INPUT_H */
