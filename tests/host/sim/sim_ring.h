/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the simulated device: what the two layouts of a ring do for sim_ring.c, which has all that they share.
 */
#ifndef TEST_SIM_RING_H
#define TEST_SIM_RING_H

#include "sim.h"

/* The three areas, looked up again for each piece of work: they are only there as long as the driver leaves them. */
struct sim_ring
{
    uint8_t *desc, *driver, *device;
    unsigned int size;
};

struct sim_layout
{
    /* Obligations that both layouts have, each by a number of its own. */
    const char *element_id, *order_id, *length_id, *indirect_id;

    size_t (*driver_bytes)(unsigned int size);
    size_t (*device_bytes)(unsigned int size);
    /* Begin with an empty ring, which is checked. */
    void (*start)(struct sim_device *sim, unsigned int index, const struct sim_ring *ring);
    /* Check what the driver wrote beside chains; how many can be there to take, at most. */
    unsigned int (*available)(struct sim_device *sim, unsigned int index, const struct sim_ring *ring);
    /* Take the next one: false if there is none. `*chain` is NULL if it cannot be followed at all. */
    bool (*take)(struct sim_device *sim, unsigned int index, const struct sim_ring *ring, struct sim_chain **chain);
    /* Ask for a notification at the next chain, or for none. */
    void (*ask)(struct sim_device *sim, unsigned int index, const struct sim_ring *ring);
    /* Use a chain, of so many descriptors. */
    void (*use)(struct sim_device *sim, unsigned int index, const struct sim_ring *ring, uint32_t id, uint32_t length,
                unsigned int descriptors);
    /* Does the driver want an interrupt for what was used since sim_queue.signalled? */
    bool (*wanted)(struct sim_device *sim, unsigned int index, const struct sim_ring *ring);
    void (*lie)(struct sim_device *sim, unsigned int index);
};

extern const struct sim_layout sim_split_layout;
extern const struct sim_layout sim_packed_layout;

const struct sim_layout *sim_layout(const struct sim_device *sim);
bool sim_ring_map(struct sim_device *sim, unsigned int index, struct sim_ring *ring);

/* One element of a chain: false if the chain cannot be followed further. `limit`: elements that it can have. */
bool sim_take_element(struct sim_device *sim, struct sim_chain *chain, const uint8_t *desc, bool write,
                      unsigned int limit);
/* The indirect table of a descriptor with these flags, or NULL and a violation. */
const uint8_t *sim_take_table(struct sim_device *sim, struct sim_chain *chain, const uint8_t *desc, unsigned int flags,
                              unsigned int limit, unsigned int *entries);
/* The chain has one more descriptor of the ring, which is `entry` in sim_queue.owner. */
void sim_own(struct sim_queue *queue, struct sim_chain *chain, unsigned int entry);

static inline uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline void put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static inline uint32_t get32(const uint8_t *at)
{
    return get16(at) | (uint32_t)get16(at + 2) << 16;
}

static inline void put32(uint8_t *at, uint32_t value)
{
    put16(at, (uint16_t)value);
    put16(at + 2, (uint16_t)(value >> 16));
}

static inline uint64_t get64(const uint8_t *at)
{
    return get32(at) | (uint64_t)get32(at + 4) << 32;
}

#endif /* TEST_SIM_RING_H */
