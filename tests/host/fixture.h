/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every test starts from: a simulated device, the driver's view of it, and an end that looks for violations and
 * for memory that was not given back. Tests run once for each variant that matters to them.
 */
#ifndef TEST_FIXTURE_H
#define TEST_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <virtio/blk.h>
#include <virtio/device.h>
#include <virtio/queue.h>
#include <virtio/transport.h>

#include "platform_host.h"
#include "sim/sim.h"
#include "sim/sim_blk.h"
#include "sim/violation.h"

struct variant
{
    bool legacy;
    bool indirect;
    bool event_idx;
    bool packed;
};

struct fixture
{
    const struct variant *variant;
    struct sim_device sim;
    struct virtio_device dev;
    bool abandons; /* this test ends with memory that the driver had to leave to the device */

    /* Plain device: what fixture_start() asks for and leaves here. */
    struct virtio_driver driver;
    struct virtio_queue queue;
    uint16_t size_wanted, indirect_max;
    int (*extra_setup)(struct fixture *f);
    unsigned int setups, validates;

    /* Block device. */
    struct sim_blk disk;
    struct virtio_blk blk;
    bool is_blk;
};

extern const struct variant variants[12];

/* Have a device offer what the variant says of its rings. */
void fixture_offer_ring(struct sim_device *sim, const struct variant *variant);

/* A device of no particular type with a config space of a few fields (fixture.c), one queue and INDIRECT, EVENT_IDX. */
int setup_plain(void **state);
/* A block device of 2048 sectors that offers everything. */
int setup_blk(void **state);
int teardown(void **state);

/* Offsets in the config space of the plain device. */
#define PLAIN_U64  0
#define PLAIN_U16  8
#define PLAIN_U8   10
#define PLAIN_RW32 12
#define PLAIN_ID   63

/* Probe only; asserts success. */
void fixture_probe(struct fixture *f);
/* virtio_device_start() with one queue of `size_wanted` (0: 8) descriptors. */
int fixture_start(struct fixture *f);
/* Reset and give the queue back; asserts success. */
void fixture_stop(struct fixture *f);

#define VARIANT(test, setup, text, number)                                      \
    {                                                                           \
#test text, test, setup, teardown, (void *)(uintptr_t)&variants[number] \
    }

/* For what does not depend on the features of the ring: one interface, or one after the other. */
#define LEGACY(test, setup) VARIANT(test, setup, " [legacy]", 0)
#define MODERN(test, setup) VARIANT(test, setup, " [modern]", 4)
#define BOTH(test, setup)   LEGACY(test, setup), MODERN(test, setup)

/* Interface x INDIRECT_DESC x EVENT_IDX, with split rings, with packed ones, and with both. */
#define SPLIT(test, setup)                                                                                         \
    VARIANT(test, setup, " [legacy, indirect, event_idx]", 0), VARIANT(test, setup, " [legacy, indirect]", 1),     \
        VARIANT(test, setup, " [legacy, event_idx]", 2), VARIANT(test, setup, " [legacy, neither]", 3),            \
        VARIANT(test, setup, " [modern, indirect, event_idx]", 4), VARIANT(test, setup, " [modern, indirect]", 5), \
        VARIANT(test, setup, " [modern, event_idx]", 6), VARIANT(test, setup, " [modern, neither]", 7)
#define PACKED(test, setup)                                                                                    \
    VARIANT(test, setup, " [packed, indirect, event_idx]", 8), VARIANT(test, setup, " [packed, indirect]", 9), \
        VARIANT(test, setup, " [packed, event_idx]", 10), VARIANT(test, setup, " [packed, neither]", 11)
#define ALL(test, setup) SPLIT(test, setup), PACKED(test, setup)

/* No violation so far; says which if there is one. */
#define assert_conformant()                         \
    do                                              \
    {                                               \
        if (violation_count() != 0)                 \
        {                                           \
            violation_print();                      \
            assert_int_equal(violation_count(), 0); \
        }                                           \
    } while (0)

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#endif /* TEST_FIXTURE_H */
