/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulated console device (5.3): ports that the host plugs, opens, names and removes, and what drivers owe it.
 *
 * The simulated device is to run in SIM_MANUAL: its receive buffers wait for data. sim_console_run() is its turn.
 */
#ifndef TEST_SIM_CONSOLE_H
#define TEST_SIM_CONSOLE_H

#include "sim.h"

/* Offsets in the config space (5.3.4), feature bits (5.3.3). */
enum
{
    SIM_CONSOLE_COLS = 0,
    SIM_CONSOLE_ROWS = 2,
    SIM_CONSOLE_MAX_NR_PORTS = 4,
    SIM_CONSOLE_EMERG_WR = 8,
};

enum
{
    SIM_CONSOLE_F_SIZE = 0,
    SIM_CONSOLE_F_MULTIPORT = 1,
    SIM_CONSOLE_F_EMERG_WRITE = 2,
};

/* Control events (5.3.6.2). */
enum
{
    SIM_CONSOLE_DEVICE_READY = 0,
    SIM_CONSOLE_PORT_ADD = 1,
    SIM_CONSOLE_PORT_REMOVE = 2,
    SIM_CONSOLE_PORT_READY = 3,
    SIM_CONSOLE_CONSOLE_PORT = 4,
    SIM_CONSOLE_RESIZE = 5,
    SIM_CONSOLE_PORT_OPEN = 6,
    SIM_CONSOLE_PORT_NAME = 7,
};

#define SIM_CONSOLE_PORTS    (SIM_QUEUES / 2 - 1)
#define SIM_CONSOLE_BYTES    (1u << 18)
#define SIM_CONSOLE_MESSAGES 1024
#define SIM_CONSOLE_LONGEST  300

struct sim_console_port
{
    /* The host's side; a reset does not change it. */
    bool plugged;
    bool text; /* a console port */
    bool open;
    const char *name;
    const uint8_t *input; /* for the guest; not copied */
    size_t input_length;
    size_t largest; /* bytes in one buffer at most; 0: as many as fit */
    uint8_t output[SIM_CONSOLE_BYTES];
    size_t output_length;

    /* The guest's, as far as it said. */
    bool added;
    bool ready;
    bool guest_open;
    bool open_due; /* PORT_OPEN has to come in answer to CONSOLE_PORT */

    /* Misbehaviour. */
    bool stalled;   /* reads nothing */
    bool hurried;   /* sends data whether the guest opened the port or not */
    bool discarded; /* takes everything and passes nothing on */

    /* What happened. */
    unsigned int readies, refusals, opens, closes;
    unsigned int requests; /* transmit buffers used */
};

struct sim_console_message
{
    uint8_t bytes[SIM_CONSOLE_LONGEST];
    uint32_t length;
    uint32_t claimed; /* what goes into the used element */
};

struct sim_console
{
    struct sim_console_port port[SIM_CONSOLE_PORTS];
    bool ready; /* DEVICE_READY was received */

    struct sim_console_message message[SIM_CONSOLE_MESSAGES]; /* to the guest */
    unsigned int first, end;

    char emergency[256];
    unsigned int emergency_length;

    /* Behaviour. */
    bool few_ports;      /* the driver need not open the queues of all ports */
    bool control_stalls; /* control messages of the guest are not read */
    bool mute;           /* announces nothing after DEVICE_READY */
    bool quiet;          /* does not say what is plugged, console, open: only PORT_ADD */
    bool length_replaced;
    uint32_t length; /* of receive buffers */

    /* What happened. */
    unsigned int device_readies;
};

/* MULTIPORT with three ports, SIZE of 80 x 25, EMERG_WRITE; port 0 is a console. */
void sim_console_init(struct sim_device *sim, struct sim_console *con, bool legacy);
/* The single port device. */
void sim_console_single(struct sim_device *sim);
unsigned int sim_console_rx(unsigned int port);

/* The device's turn: everything that it can do now. True if there was anything. */
bool sim_console_run(struct sim_device *sim);

/* The host's side. */
void sim_console_input(struct sim_console *con, unsigned int port, const void *data, size_t length);
void sim_console_plug(struct sim_console *con, unsigned int port);
void sim_console_unplug(struct sim_console *con, unsigned int port);
void sim_console_open(struct sim_console *con, unsigned int port, bool open);
void sim_console_resize(struct sim_console *con, unsigned int port, uint16_t cols, uint16_t rows);

/* Any message, with any claim about its length. */
void sim_console_message(struct sim_console *con, uint32_t id, uint16_t event, uint16_t value, const void *payload,
                         uint32_t length);
void sim_console_raw(struct sim_console *con, const void *bytes, uint32_t length, uint32_t claimed);

/* Every announcement has its answer: violations if not. */
void sim_console_check(struct sim_device *sim);

#endif /* TEST_SIM_CONSOLE_H */
