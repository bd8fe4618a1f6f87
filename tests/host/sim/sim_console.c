/* SPDX-License-Identifier: Apache-2.0 */
/* The console device's side of ports and control (5.3.6), and what drivers owe it. */

#include <stdlib.h>
#include <string.h>

#include "../platform_host.h"
#include "sim_console.h"
#include "violation.h"

#define CONTROL_RX 2u
#define CONTROL_TX 3u

static const struct sim_field fields[] = {
    {SIM_CONSOLE_COLS, 2, SIM_CONSOLE_F_SIZE, false},
    {SIM_CONSOLE_ROWS, 2, SIM_CONSOLE_F_SIZE, false},
    {SIM_CONSOLE_MAX_NR_PORTS, 4, SIM_CONSOLE_F_MULTIPORT, false},
    {SIM_CONSOLE_EMERG_WR, 4, SIM_CONSOLE_F_EMERG_WRITE, true},
};

unsigned int sim_console_rx(unsigned int port)
{
    return port == 0 ? 0 : 2 * port + 2;
}

static bool is_control(const struct sim_device *sim, unsigned int queue)
{
    return sim_has(sim, SIM_CONSOLE_F_MULTIPORT) && queue / 2 == 1;
}

static unsigned int port_of(unsigned int queue)
{
    return queue < 2 ? 0 : queue / 2 - 1;
}

static void put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

void sim_console_raw(struct sim_console *con, const void *bytes, uint32_t length, uint32_t claimed)
{
    struct sim_console_message *message = &con->message[con->end % SIM_CONSOLE_MESSAGES];

    if (con->end - con->first == SIM_CONSOLE_MESSAGES || length > SIM_CONSOLE_LONGEST)
    {
        abort();
    }
    memcpy(message->bytes, bytes, length);
    message->length = length;
    message->claimed = claimed;
    con->end++;
}

void sim_console_message(struct sim_console *con, uint32_t id, uint16_t event, uint16_t value, const void *payload,
                         uint32_t length)
{
    uint8_t bytes[SIM_CONSOLE_LONGEST];

    put16(bytes, (uint16_t)id);
    put16(bytes + 2, (uint16_t)(id >> 16));
    put16(bytes + 4, event);
    put16(bytes + 6, value);
    if (length != 0)
    {
        memcpy(bytes + 8, payload, length);
    }
    sim_console_raw(con, bytes, 8 + length, 8 + length);
}

void sim_console_plug(struct sim_console *con, unsigned int port)
{
    con->port[port].plugged = true;
    if (con->ready)
    {
        con->port[port].added = true;
        sim_console_message(con, port, SIM_CONSOLE_PORT_ADD, 0, NULL, 0);
    }
}

void sim_console_unplug(struct sim_console *con, unsigned int port)
{
    struct sim_console_port *p = &con->port[port];

    p->plugged = false;
    if (p->added)
    {
        p->added = p->ready = p->guest_open = p->open_due = false;
        sim_console_message(con, port, SIM_CONSOLE_PORT_REMOVE, 0, NULL, 0);
    }
}

void sim_console_open(struct sim_console *con, unsigned int port, bool open)
{
    con->port[port].open = open;
    if (con->port[port].ready)
    {
        sim_console_message(con, port, SIM_CONSOLE_PORT_OPEN, open, NULL, 0);
    }
}

void sim_console_resize(struct sim_console *con, unsigned int port, uint16_t cols, uint16_t rows)
{
    uint8_t size[4];

    put16(size, cols);
    put16(size + 2, rows);
    sim_console_message(con, port, SIM_CONSOLE_RESIZE, 0, size, sizeof(size));
}

void sim_console_input(struct sim_console *con, unsigned int port, const void *data, size_t length)
{
    con->port[port].input = data;
    con->port[port].input_length = length;
}

static void port_ready(struct sim_console *con, unsigned int port, uint16_t value)
{
    struct sim_console_port *p = &con->port[port];

    if (!p->added && p->plugged)
    {
        violation("CON-MP-01", "PORT_READY for port %u, which was not announced", port);
    }
    if (value == 0)
    {
        p->refusals++;
        return;
    }
    p->readies++;
    p->ready = p->added;
    if (!p->added || con->quiet)
    {
        return;
    }
    if (p->text)
    {
        p->open_due = true;
        sim_console_message(con, port, SIM_CONSOLE_CONSOLE_PORT, 1, NULL, 0);
    }
    if (p->name != NULL)
    {
        sim_console_message(con, port, SIM_CONSOLE_PORT_NAME, 1, p->name, (uint32_t)strlen(p->name));
    }
    if (p->open)
    {
        sim_console_message(con, port, SIM_CONSOLE_PORT_OPEN, 1, NULL, 0);
    }
}

static void device_ready(struct sim_device *sim, uint16_t value)
{
    struct sim_console *con = sim->model_data;

    con->device_readies++;
    if (con->ready || value != 1)
    {
        violation("CON-MP-03", "DEVICE_READY %u, %s", value, con->ready ? "again" : "first");
    }
    con->ready = true;
    for (unsigned int port = 0; port < SIM_CONSOLE_PORTS; port++)
    {
        unsigned int queue = sim_console_rx(port);

        if (queue < sim->queue_count && sim->queue[queue].live)
        {
            sim_look(sim, queue);
            /* Later on they can all be full of what the guest has not read. */
            if (sim_pending(sim, queue) == 0 && con->device_readies == 1)
            {
                violation("CON-INIT-01", "port %u has no receive buffers", port);
            }
        }
        else if (queue < sim->queue_count && !con->few_ports)
        {
            violation("CON-INIT-02", "port %u has no queues", port);
        }
        if (con->port[port].plugged && !con->mute)
        {
            con->port[port].added = true;
            sim_console_message(con, port, SIM_CONSOLE_PORT_ADD, 0, NULL, 0);
        }
    }
}

static void obey(struct sim_device *sim, const struct sim_chain *chain)
{
    struct sim_console *con = sim->model_data;
    uint8_t bytes[8] = {0};
    uint32_t id;
    uint16_t event, value;

    if (chain->readable_bytes != 8 || chain->writable != 0)
    {
        violation("CON-OP-03", "a control message of %llu bytes, and room for %llu",
                  (unsigned long long)chain->readable_bytes, (unsigned long long)chain->writable_bytes);
    }
    if (sim->legacy && !sim_has(sim, SIM_F_ANY_LAYOUT) && chain->readable != 1)
    {
        violation("CON-LEG-04", "a control message in %u elements", chain->readable);
    }
    sim_copy_in(chain, 0, bytes, sizeof(bytes));
    id = (uint32_t)(bytes[0] | bytes[1] << 8 | bytes[2] << 16) | (uint32_t)bytes[3] << 24;
    event = (uint16_t)(bytes[4] | bytes[5] << 8);
    value = (uint16_t)(bytes[6] | bytes[7] << 8);
    if (event == SIM_CONSOLE_DEVICE_READY)
    {
        device_ready(sim, value);
        return;
    }
    if (!con->ready || id >= SIM_CONSOLE_PORTS || value > 1)
    {
        violation("CON-MP-01", "event %u, value %u for port %u", event, value, id);
        return;
    }
    switch (event)
    {
    case SIM_CONSOLE_PORT_READY:
        port_ready(con, id, value);
        break;
    case SIM_CONSOLE_PORT_OPEN:
        /* One for a port that goes at the same moment is no fault. */
        if (con->port[id].plugged && !con->port[id].ready)
        {
            violation("CON-MP-01", "port %u opened before PORT_READY", id);
        }
        if (con->port[id].open_due && value != 1)
        {
            violation("CON-MP-06", "the answer to CONSOLE_PORT is %u", value);
        }
        con->port[id].open_due = false;
        con->port[id].guest_open = value != 0 && con->port[id].added;
        *(value != 0 ? &con->port[id].opens : &con->port[id].closes) += 1;
        break;
    default:
        violation("CON-MP-01", "a driver does not send event %u", event);
        break;
    }
}

static uint32_t transmit(struct sim_console *con, unsigned int port, const struct sim_chain *chain)
{
    struct sim_console_port *p = &con->port[port];

    if (chain->writable != 0 || chain->readable_bytes == 0)
    {
        violation("CON-OP-03", "%llu bytes that the device may write in a transmit queue",
                  (unsigned long long)chain->writable_bytes);
    }
    p->requests++;
    if (!p->discarded && p->output_length + chain->readable_bytes <= sizeof(p->output))
    {
        p->output_length += sim_copy_in(chain, 0, p->output + p->output_length, (size_t)chain->readable_bytes);
    }
    return 0;
}

static uint32_t receive(struct sim_console *con, unsigned int port, const struct sim_chain *chain)
{
    struct sim_console_port *p = &con->port[port];
    size_t length = p->input_length < chain->writable_bytes ? p->input_length : (size_t)chain->writable_bytes;

    length = p->largest != 0 && length > p->largest ? p->largest : length;
    if (length != 0)
    {
        sim_copy_out(chain, 0, p->input, length);
        p->input += length;
        p->input_length -= length;
    }
    return con->length_replaced ? con->length : (uint32_t)length;
}

static uint32_t execute(struct sim_device *sim, unsigned int queue, const struct sim_chain *chain)
{
    struct sim_console *con = sim->model_data;

    if (queue % 2 == 1)
    {
        if (is_control(sim, queue))
        {
            obey(sim, chain);
        }
        else
        {
            transmit(con, port_of(queue), chain);
        }
        /* Legacy devices are known to write anything here (5.3.6.4), and this one writes nothing. */
        return sim->legacy ? host_random() : 0;
    }
    if (chain->readable != 0)
    {
        violation("CON-OP-02", "%llu bytes that the device may only read in a receive queue",
                  (unsigned long long)chain->readable_bytes);
    }
    if (is_control(sim, queue))
    {
        const struct sim_console_message *message = &con->message[con->first++ % SIM_CONSOLE_MESSAGES];

        if (sim->legacy && !sim_has(sim, SIM_F_ANY_LAYOUT) && chain->writable != 1)
        {
            violation("CON-LEG-04", "a control buffer of %u elements", chain->writable);
        }
        sim_copy_out(chain, 0, message->bytes, message->length);
        return message->claimed;
    }
    return receive(con, port_of(queue), chain);
}

/* What the model knows how to do with a queue now. */
static bool can_work(struct sim_device *sim, unsigned int queue)
{
    struct sim_console *con = sim->model_data;
    struct sim_console_port *port = &con->port[port_of(queue)];
    bool multiport = sim_has(sim, SIM_CONSOLE_F_MULTIPORT);

    if (sim_pending(sim, queue) == 0)
    {
        return false;
    }
    if (is_control(sim, queue))
    {
        return queue == CONTROL_RX ? con->first != con->end : !con->control_stalls;
    }
    if (queue % 2 == 1)
    {
        return !port->stalled && (!multiport || port->ready);
    }
    return port->input_length != 0 && (!multiport || port->guest_open || port->hurried);
}

bool sim_console_run(struct sim_device *sim)
{
    bool any = false;
    bool again = true;

    while (again && (sim->status & SIM_DRIVER_OK) != 0)
    {
        again = false;
        for (unsigned int queue = 0; queue < sim->queue_count; queue++)
        {
            if (sim->queue[queue].live && can_work(sim, queue))
            {
                sim_step(sim, queue, 1);
                again = any = true;
            }
        }
    }
    return any;
}

void sim_console_check(struct sim_device *sim)
{
    struct sim_console *con = sim->model_data;

    if (!con->ready)
    {
        violation("CON-MP-03", "no DEVICE_READY");
    }
    for (unsigned int port = 0; port < SIM_CONSOLE_PORTS; port++)
    {
        if (con->port[port].added && !con->port[port].ready && con->port[port].refusals == 0)
        {
            violation("CON-MP-01", "no PORT_READY for port %u", port);
        }
        if (con->port[port].open_due)
        {
            violation("CON-MP-05", "no PORT_OPEN for console port %u", port);
        }
    }
}

static bool check_features(struct sim_device *sim)
{
    for (unsigned int bit = 0; bit < SIM_WORDS * 32; bit++)
    {
        if (sim_has(sim, bit) && ((bit > SIM_CONSOLE_F_EMERG_WRITE && bit < 24) || bit >= 50))
        {
            violation("CORE-FEAT-05", "feature %u of a console", bit);
        }
    }
    return true;
}

static void config_written(struct sim_device *sim, unsigned int offset)
{
    struct sim_console *con = sim->model_data;

    if (con->emergency_length < sizeof(con->emergency) - 1)
    {
        con->emergency[con->emergency_length++] = (char)sim->config[offset];
    }
}

static bool any_time(struct sim_device *sim, unsigned int offset)
{
    (void)sim;
    return offset == SIM_CONSOLE_EMERG_WR;
}

static void reset(struct sim_device *sim)
{
    struct sim_console *con = sim->model_data;

    con->ready = false;
    con->first = con->end = 0;
    for (unsigned int port = 0; port < SIM_CONSOLE_PORTS; port++)
    {
        struct sim_console_port *p = &con->port[port];

        p->added = p->ready = p->guest_open = p->open_due = false;
    }
}

static const struct sim_model model = {
    .id = 3,
    .fields = fields,
    .field_count = sizeof(fields) / sizeof(fields[0]),
    .execute = execute,
    .check_features = check_features,
    .config_written = config_written,
    .reset = reset,
    .any_time = any_time,
};

void sim_console_init(struct sim_device *sim, struct sim_console *con, bool legacy)
{
    memset(con, 0, sizeof(*con));
    sim_init(sim, legacy, &model, con);
    sim->mode = SIM_MANUAL;
    sim->queue_count = 2 * SIM_CONSOLE_PORTS + 2;
    sim_offer(sim, SIM_CONSOLE_F_SIZE);
    sim_offer(sim, SIM_CONSOLE_F_MULTIPORT);
    sim_offer(sim, SIM_CONSOLE_F_EMERG_WRITE);
    sim_config16(sim, SIM_CONSOLE_COLS, 80);
    sim_config16(sim, SIM_CONSOLE_ROWS, 25);
    sim_config32(sim, SIM_CONSOLE_MAX_NR_PORTS, SIM_CONSOLE_PORTS);
    con->port[0].plugged = con->port[0].text = con->port[0].open = true;
}

void sim_console_single(struct sim_device *sim)
{
    sim_withdraw(sim, SIM_CONSOLE_F_MULTIPORT);
    sim->queue_count = 2;
}
