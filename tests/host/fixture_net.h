/* SPDX-License-Identifier: Apache-2.0 */
/* What a binding does with the network engine, in its shortest form, and a wire at the other end. */
#ifndef TEST_FIXTURE_NET_H
#define TEST_FIXTURE_NET_H

#include "fixture.h"

#include <virtio/net.h>

#include "sim/sim_net.h"

#define NET_POOL  80
#define NET_GOT   256
#define NET_BYTES 2048
#define NET_PAIRS 3

struct net_variant
{
    bool legacy;
    bool mergeable;
    bool ring_features; /* INDIRECT_DESC and EVENT_IDX */
    bool any_layout;
    bool packed;
};

struct net_got
{
    uint8_t *data;
    uint32_t length;
    uint16_t pair, segment_size;
    unsigned int buffers;
    enum virtio_net_checksum checksum;
    uint16_t checksum_start, checksum_offset;
};

struct net_fixture
{
    const struct net_variant *variant;
    struct sim_device sim;
    struct sim_net wire;
    struct virtio_device dev;
    struct virtio_net net;
    bool large;    /* ask for frames that the device has merged */
    bool abandons; /* this test ends with memory that the driver had to leave to the device */

    struct virtio_net_buffer pool[NET_POOL];
    struct virtio_net_buffer *spare;
    unsigned int spare_count;
    bool locked; /* a callback may come now */

    struct net_got got[NET_GOT];
    unsigned int got_count;
    unsigned int refusals;
    const char *refused;
};

extern const struct net_variant net_variants[12];

/* A device that offers all that a driver may take, with NET_PAIRS queue pairs and an MTU of 1500. */
int setup_net(void **state);
int teardown_net(void **state);

/* A frame to send, in `pieces` pieces of a pattern that depends on `seed`. */
struct tx
{
    struct virtio_net_frame frame;
    struct net_fixture *fixture;
    uint8_t data[NET_BYTES];
    unsigned int done; /* how often `done` was called */
};

/* Fill with a pattern that looks like a frame. */
void net_pattern(uint8_t *to, uint32_t length, unsigned int seed);

/* Probe and start; the buffers of the pool are made as the engine wants them. */
int net_start(struct net_fixture *f, uint16_t pairs, uint16_t size);
/* The same with rings of 16 and `pairs`, 8 buffers posted on each, everything told to the device. */
void net_up_pairs(struct net_fixture *f, uint16_t pairs);
void net_up(struct net_fixture *f);
/* One pair with a receive ring that holds merged frames, which are asked for; 60 buffers posted. */
void net_up_large(struct net_fixture *f);
/* Everything back, and the device's memory too. */
void net_down(struct net_fixture *f);
/* Down, and ready for another start. */
void net_again(struct net_fixture *f);

/* Post up to so many spare buffers and notify. How many. */
unsigned int net_post(struct net_fixture *f, uint16_t pair, unsigned int count);
void net_reclaim(struct virtio_net_buffer *buffer);
/* Receive on all pairs, post what came back, notify. How many frames, or an error. */
int net_poll(struct net_fixture *f);
/* One frame from the wire, which is to arrive as it is. */
void net_expect(struct net_fixture *f, uint16_t pair, uint32_t length, const struct sim_net_how *how);
/* One that is to be dropped and counted, its buffers posted again; a good one comes through behind it. */
void net_expect_drop(struct net_fixture *f, uint32_t length, const struct sim_net_how *how);
/* A frame each way on every pair. */
void net_works(struct net_fixture *f);
void net_forget(struct net_fixture *f);

void tx_init(struct net_fixture *f, struct tx *tx, uint32_t length, unsigned int pieces, unsigned int seed);
/* prepare, send, notify: 0 or what failed; after a failed send the frame is finished. */
int tx_send(struct net_fixture *f, uint16_t pair, struct tx *tx);
/* The device works, and what it sent is taken. */
int tx_poll(struct net_fixture *f, uint16_t pair);
/* Asserts that it is done once; takes the pieces back. */
int tx_end(struct tx *tx);

/* Exchange commands and answers until there is nothing left to say. 0 or an error. */
int net_talk(struct net_fixture *f);

/* Stop, restart, resume everything. Returns the restart's result. */
void net_stop(struct net_fixture *f);
void net_resume(struct net_fixture *f, int error);
int net_recover(struct net_fixture *f);

#define NET(test, text, number)                                                             \
    {                                                                                       \
#test text, test, setup_net, teardown_net, (void *)(uintptr_t)&net_variants[number] \
    }

#define NET_MODERN(test) NET(test, " [modern, mergeable]", 4)
#define NET_BOTH(test)   NET(test, " [legacy, mergeable]", 0), NET_MODERN(test)

/* Interface x MRG_RXBUF, and packed rings. */
#define NET_FOUR(test)                                                                                            \
    NET(test, " [legacy, mergeable]", 0), NET(test, " [legacy]", 2), NET_MODERN(test), NET(test, " [modern]", 6), \
        NET(test, " [packed, mergeable]", 10)

/* Interface x MRG_RXBUF x both features of the ring, and what ANY_LAYOUT changes. */
#define NET_ALL(test)                                                                              \
    NET_FOUR(test), NET(test, " [legacy, mergeable, plain]", 1), NET(test, " [legacy, plain]", 3), \
        NET(test, " [modern, mergeable, plain]", 5), NET(test, " [modern, plain]", 7),             \
        NET(test, " [legacy, mergeable, any_layout]", 8), NET(test, " [legacy, any_layout]", 9),   \
        NET(test, " [packed, plain]", 11)

#endif /* TEST_FIXTURE_NET_H */
