/* SPDX-License-Identifier: Apache-2.0 */
/* Beginning and end of every test. */

#include <stdio.h>
#include <unistd.h>

#include "fixture.h"

const struct variant variants[12] = {
    {true, true, true, false},  {true, true, false, false},  {true, false, true, false},  {true, false, false, false},
    {false, true, true, false}, {false, true, false, false}, {false, false, true, false}, {false, false, false, false},
    {false, true, true, true},  {false, true, false, true},  {false, false, true, true},  {false, false, false, true},
};

static const struct sim_field plain_fields[] = {
    {PLAIN_U64, 4, SIM_NO_FEATURE, false}, {PLAIN_U64 + 4, 4, SIM_NO_FEATURE, false},
    {PLAIN_U16, 2, SIM_NO_FEATURE, false}, {PLAIN_U8, 1, SIM_NO_FEATURE, false},
    {PLAIN_RW32, 4, SIM_NO_FEATURE, true},
};

/* Writes a byte that tells chains apart: the length of their readable part. */
static uint32_t plain_execute(struct sim_device *sim, unsigned int queue, const struct sim_chain *chain)
{
    uint8_t value = (uint8_t)chain->readable_bytes;

    (void)sim;
    (void)queue;
    for (uint64_t i = 0; i < chain->writable_bytes; i++)
    {
        sim_copy_out(chain, i, &value, 1);
    }
    return (uint32_t)chain->writable_bytes;
}

static const struct sim_model plain_model = {
    .id = PLAIN_ID,
    .fields = plain_fields,
    .field_count = LENGTH(plain_fields),
    .execute = plain_execute,
};

static const struct virtio_feature no_features[] = {{NULL, 0, 0, {0, 0}, {0, 0}}};

static int plain_driver_setup(void *context)
{
    struct fixture *f = context;
    int result;

    f->setups++;
    if (f->queue.ring_memory != NULL)
    {
        result = virtio_queue_reopen(&f->queue);
    }
    else
    {
        result = virtio_queue_create(&f->queue, &f->dev, 0, f->size_wanted == 0 ? 8 : f->size_wanted, f->indirect_max);
    }
    if (result == 0 && f->extra_setup != NULL)
    {
        result = f->extra_setup(f);
    }
    return result;
}

static struct fixture *fixture_new(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    alarm(100); /* a driver that hangs ends here */
    violation_clear();
    host_reset();
    f->variant = *state;
    f->indirect_max = 4;
    f->driver.features = no_features;
    f->driver.setup = plain_driver_setup;
    f->dev.name = "virtio-test0";
    *state = f;
    return f;
}

void fixture_offer_ring(struct sim_device *sim, const struct variant *variant)
{
    if (variant->indirect)
    {
        sim_offer(sim, SIM_F_INDIRECT_DESC);
    }
    if (variant->event_idx)
    {
        sim_offer(sim, SIM_F_EVENT_IDX);
    }
    if (variant->packed)
    {
        sim_offer(sim, SIM_F_RING_PACKED);
    }
}

int setup_plain(void **state)
{
    struct fixture *f = fixture_new(state);

    sim_init(&f->sim, f->variant->legacy, &plain_model, f);
    fixture_offer_ring(&f->sim, f->variant);
    return 0;
}

int setup_blk(void **state)
{
    struct fixture *f = fixture_new(state);

    f->is_blk = true;
    f->dev.name = "virtio-blk0";
    sim_blk_init(&f->sim, &f->disk, f->variant->legacy, 2048);
    sim_blk_offer_all(&f->sim);
    fixture_offer_ring(&f->sim, f->variant);
    return 0;
}

int teardown(void **state)
{
    struct fixture *f = *state;
    bool good = true;

    if (f->is_blk)
    {
        sim_blk_fini(&f->sim, &f->disk);
    }
    else
    {
        sim_fini(&f->sim);
    }
    if (violation_count() != 0)
    {
        violation_print();
        good = false;
    }
    if (!f->abandons && !host_all_returned())
    {
        good = false;
    }
    host_abandon();
    free(f);
    *state = NULL;
    return good ? 0 : -1;
}

void fixture_probe(struct fixture *f)
{
    assert_int_equal(virtio_mmio_probe(&f->dev, f->sim.base), 0);
}

int fixture_start(struct fixture *f)
{
    fixture_probe(f);
    return virtio_device_start(&f->dev, &f->driver, f);
}

void fixture_stop(struct fixture *f)
{
    assert_int_equal(virtio_device_reset(&f->dev), 0);
    while (virtio_queue_detach(&f->queue) != NULL)
    {
    }
    virtio_queue_destroy(&f->queue);
}
