/* SPDX-License-Identifier: Apache-2.0 */
/* The input device's side of config space and queues (5.8.4 to 5.8.6), and what drivers owe it. */

#include <stdlib.h>
#include <string.h>

#include "../platform_host.h"
#include "sim_input.h"
#include "violation.h"

enum
{
    EV_SYN = 0,
    EV_KEY = 1,
    EV_REL = 2,
    EV_ABS = 3,
    EV_MSC = 4,
    EV_LED = 17,
    EV_SND = 18,
    EV_REP = 20,
};

static struct sim_input_answer *find(struct sim_input *in, unsigned int select, unsigned int subsel)
{
    for (unsigned int i = 0; i < in->answer_count; i++)
    {
        if (in->answers[i].select == select && in->answers[i].subsel == subsel)
        {
            return &in->answers[i];
        }
    }
    return NULL;
}

struct sim_input_answer *sim_input_answer(struct sim_input *in, uint8_t select, uint8_t subsel)
{
    struct sim_input_answer *answer = find(in, select, subsel);

    if (answer == NULL)
    {
        if (in->answer_count == SIM_INPUT_ANSWERS)
        {
            abort();
        }
        answer = &in->answers[in->answer_count++];
        answer->select = select;
        answer->subsel = subsel;
    }
    return answer;
}

void sim_input_set_answer(struct sim_input *in, uint8_t select, uint8_t subsel, const void *payload, uint8_t size)
{
    struct sim_input_answer *answer = sim_input_answer(in, select, subsel);

    memcpy(answer->payload, payload, size < SIM_INPUT_BYTES ? size : SIM_INPUT_BYTES);
    answer->size = size;
}

static void set_bit(struct sim_input_answer *answer, unsigned int bit)
{
    answer->payload[bit / 8] |= (uint8_t)(1u << bit % 8);
    answer->size = answer->size > bit / 8 ? answer->size : (uint8_t)(bit / 8 + 1);
}

void sim_input_bit(struct sim_input *in, unsigned int type, unsigned int code)
{
    set_bit(sim_input_answer(in, SIM_INPUT_EV_BITS, (uint8_t)type), code);
}

void sim_input_property(struct sim_input *in, unsigned int property)
{
    set_bit(sim_input_answer(in, SIM_INPUT_PROP_BITS, 0), property);
}

static void put32(uint8_t *at, uint32_t value)
{
    for (unsigned int i = 0; i < 4; i++)
    {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}

void sim_input_axis(struct sim_input *in, unsigned int code, int32_t min, int32_t max)
{
    uint8_t info[20];

    put32(info, (uint32_t)min);
    put32(info + 4, (uint32_t)max);
    put32(info + 8, code + 1);   /* fuzz */
    put32(info + 12, code + 2);  /* flat */
    put32(info + 16, code + 12); /* resolution */
    sim_input_bit(in, EV_ABS, code);
    sim_input_set_answer(in, SIM_INPUT_ABS_INFO, (uint8_t)code, info, sizeof(info));
}

/* --- The config space --- */

static void add_fields(struct sim_input *in, unsigned int count, uint8_t width)
{
    for (unsigned int i = 0; i < count; i++)
    {
        in->fields[3 + i].offset = (uint16_t)(SIM_INPUT_PAYLOAD + i * width);
        in->fields[3 + i].width = width;
        in->fields[3 + i].feature = SIM_NO_FEATURE;
        in->fields[3 + i].writable = false;
    }
    in->model.field_count = 3 + count;
}

static void answer_question(struct sim_device *sim, unsigned int offset)
{
    struct sim_input *in = sim->model_data;
    const struct sim_input_answer *answer = find(in, sim->config[SIM_INPUT_SELECT], sim->config[SIM_INPUT_SUBSEL]);
    bool again = offset == SIM_INPUT_SELECT ? in->select_written && !in->subsel_written : in->subsel_written;

    if (again)
    {
        violation("INPUT-CFG-01", "field %u written twice for one question", offset);
    }
    in->select_written = offset == SIM_INPUT_SELECT || in->select_written;
    in->subsel_written = offset == SIM_INPUT_SUBSEL;
    in->questions += in->subsel_written;

    switch (sim->config[SIM_INPUT_SELECT])
    {
    case SIM_INPUT_ID_DEVIDS:
        add_fields(in, 4, 2);
        break;
    case SIM_INPUT_ABS_INFO:
        add_fields(in, 5, 4);
        break;
    default:
        add_fields(in, SIM_INPUT_BYTES, 1);
        break;
    }
    /* DP-INPUT-01: what is not there has size 0, and anything in the payload. */
    sim->config[SIM_INPUT_SIZE] = 0;
    for (unsigned int i = 0; i < SIM_INPUT_BYTES; i++)
    {
        sim->config[SIM_INPUT_PAYLOAD + i] = (uint8_t)host_random();
    }
    if (answer != NULL)
    {
        sim->config[SIM_INPUT_SIZE] = answer->size;
        memcpy(sim->config + SIM_INPUT_PAYLOAD, answer->payload, SIM_INPUT_BYTES);
    }
}

static void config_read(struct sim_device *sim, unsigned int offset)
{
    struct sim_input *in = sim->model_data;

    if (!in->select_written || !in->subsel_written)
    {
        violation("INPUT-CFG-01", "field %u read without a whole question", offset);
    }
    if (offset >= SIM_INPUT_PAYLOAD && offset - SIM_INPUT_PAYLOAD >= sim->config[SIM_INPUT_SIZE] && !in->flaps)
    {
        violation("INPUT-CFG-03", "payload byte %u of %u", offset - SIM_INPUT_PAYLOAD, sim->config[SIM_INPUT_SIZE]);
    }
}

/* --- The queues --- */

void sim_input_event(struct sim_input *in, uint16_t type, uint16_t code, uint32_t value)
{
    struct sim_input_event *event = &in->events[in->end % SIM_INPUT_EVENTS];

    if (in->end - in->first == SIM_INPUT_EVENTS)
    {
        abort();
    }
    event->type = type;
    event->code = code;
    event->value = value;
    in->end++;
}

static uint32_t send(struct sim_input *in, const struct sim_chain *chain)
{
    const struct sim_input_event *event = &in->events[in->first % SIM_INPUT_EVENTS];
    uint8_t wire[8];

    if (chain->readable != 0)
    {
        violation("INPUT-OP-02", "%llu bytes that the device may only read in the event queue",
                  (unsigned long long)chain->readable_bytes);
    }
    if (chain->writable_bytes < sizeof(wire))
    {
        violation("INPUT-OP-03", "an event buffer of %llu bytes", (unsigned long long)chain->writable_bytes);
    }
    in->first++;
    put32(wire, event->type | (uint32_t)event->code << 16);
    put32(wire + 4, event->value);
    sim_copy_out(chain, 0, wire, sizeof(wire));
    return in->length_replaced ? in->length : sizeof(wire);
}

static void receive(struct sim_input *in, const struct sim_chain *chain)
{
    struct sim_input_event *event = &in->status[in->status_count % SIM_INPUT_STATUS];
    const struct sim_input_answer *bits;
    uint8_t wire[8] = {0};

    if (chain->writable != 0 || chain->readable_bytes < sizeof(wire))
    {
        violation("INPUT-OP-04", "a status buffer of %llu bytes to read, %llu to write",
                  (unsigned long long)chain->readable_bytes, (unsigned long long)chain->writable_bytes);
    }
    sim_copy_in(chain, 0, wire, sizeof(wire));
    event->type = (uint16_t)(wire[0] | wire[1] << 8);
    event->code = (uint16_t)(wire[2] | wire[3] << 8);
    event->value = (uint32_t)(wire[4] | wire[5] << 8 | wire[6] << 16) | (uint32_t)wire[7] << 24;
    in->status_count++;
    if (event->type != EV_LED && event->type != EV_SND && event->type != EV_REP)
    {
        violation("INPUT-STATUS", "status of type %u", event->type);
    }
    bits = find(in, SIM_INPUT_EV_BITS, event->type);
    if (bits == NULL || bits->size == 0 ||
        (event->type != EV_REP && (bits->payload[event->code / 8 % SIM_INPUT_BYTES] >> event->code % 8 & 1) == 0))
    {
        violation("INPUT-STATUS", "status of type %u, code %u, which is not there", event->type, event->code);
    }
}

static uint32_t execute(struct sim_device *sim, unsigned int queue, const struct sim_chain *chain)
{
    struct sim_input *in = sim->model_data;

    if (queue == 0)
    {
        return send(in, chain);
    }
    receive(in, chain);
    return sim->legacy ? host_random() : in->status_length;
}

bool sim_input_run(struct sim_device *sim)
{
    struct sim_input *in = sim->model_data;
    bool any = false;

    if ((sim->status & SIM_DRIVER_OK) == 0)
    {
        return false;
    }
    if (in->end != in->first)
    {
        any = sim_step(sim, 0, in->end - in->first) != 0;
    }
    if (!in->stalled)
    {
        any = sim_step(sim, 1, SIM_INPUT_STATUS) != 0 || any;
    }
    return any;
}

static bool check_features(struct sim_device *sim)
{
    for (unsigned int bit = 0; bit < SIM_WORDS * 32; bit++)
    {
        if (sim_has(sim, bit) && (bit < 24 || bit >= 50))
        {
            violation("CORE-FEAT-05", "feature %u of an input device", bit);
        }
    }
    return true;
}

static void reset(struct sim_device *sim)
{
    struct sim_input *in = sim->model_data;

    in->first = in->end;
    in->select_written = in->subsel_written = false;
}

/* --- Devices --- */

void sim_input_init(struct sim_device *sim, struct sim_input *in, bool legacy)
{
    static const struct sim_field fixed[3] = {
        {SIM_INPUT_SELECT, 1, SIM_NO_FEATURE, true},
        {SIM_INPUT_SUBSEL, 1, SIM_NO_FEATURE, true},
        {SIM_INPUT_SIZE, 1, SIM_NO_FEATURE, false},
    };

    memset(in, 0, sizeof(*in));
    memcpy(in->fields, fixed, sizeof(fixed));
    in->model.id = 18;
    in->model.fields = in->fields;
    in->model.field_count = 3;
    in->model.execute = execute;
    in->model.check_features = check_features;
    in->model.config_read = config_read;
    in->model.config_written = answer_question;
    in->model.reset = reset;
    sim_init(sim, legacy, &in->model, in);
    sim->mode = SIM_MANUAL;
    sim->queue_count = 2;
}

static void identity(struct sim_input *in, const char *name, uint8_t product)
{
    const uint8_t ids[8] = {6, 0, 0x27, 0x06, product, 0, 1, 0};

    sim_input_set_answer(in, SIM_INPUT_ID_NAME, 0, name, (uint8_t)strlen(name));
    sim_input_set_answer(in, SIM_INPUT_ID_SERIAL, 0, "serial-7", 8);
    sim_input_set_answer(in, SIM_INPUT_ID_DEVIDS, 0, ids, sizeof(ids));
}

void sim_input_keyboard(struct sim_input *in)
{
    identity(in, "Keyboard of a test", 1);
    for (unsigned int code = 1; code < 128; code++)
    {
        sim_input_bit(in, EV_KEY, code);
    }
    for (unsigned int code = 0; code < 3; code++)
    {
        sim_input_bit(in, EV_LED, code);
    }
    sim_input_bit(in, EV_SND, 1);
    sim_input_bit(in, EV_MSC, 4);
    sim_input_bit(in, EV_MSC, 5);
    sim_input_set_answer(in, SIM_INPUT_EV_BITS, EV_REP, "", 1); /* as QEMU: no bit in it */
}

static void buttons(struct sim_input *in)
{
    for (unsigned int code = 0x110; code < 0x115; code++)
    {
        sim_input_bit(in, EV_KEY, code);
    }
    sim_input_bit(in, EV_KEY, 0x14a); /* BTN_TOUCH, as newer QEMU has it on both */
}

void sim_input_mouse(struct sim_input *in)
{
    identity(in, "Mouse of a test", 2);
    buttons(in);
    sim_input_bit(in, EV_REL, 0);
    sim_input_bit(in, EV_REL, 1);
    sim_input_bit(in, EV_REL, 8);
}

void sim_input_tablet(struct sim_input *in)
{
    identity(in, "Tablet of a test", 3);
    buttons(in);
    sim_input_bit(in, EV_REL, 8);
    sim_input_axis(in, 0, 0, 32767);
    sim_input_axis(in, 1, 0, 32767);
}

void sim_input_multitouch(struct sim_input *in)
{
    identity(in, "Screen of a test", 4);
    sim_input_bit(in, EV_KEY, 0x14a);
    sim_input_axis(in, 0x2f, 0, 9);
    sim_input_axis(in, 0x35, 0, 32767);
    sim_input_axis(in, 0x36, 0, 32767);
    sim_input_axis(in, 0x39, 0, 9);
    sim_input_property(in, 1);
}
