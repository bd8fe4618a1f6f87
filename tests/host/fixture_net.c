/* SPDX-License-Identifier: Apache-2.0 */
/* The shortest binding there can be: no locks, no waiting, no stack. */

#include <stdio.h>
#include <unistd.h>

#include "fixture_net.h"

const struct net_variant net_variants[12] = {
    {true, true, true, false, false},   {true, true, false, false, false},   {true, false, true, false, false},
    {true, false, false, false, false}, {false, true, true, false, false},   {false, true, false, false, false},
    {false, false, true, false, false}, {false, false, false, false, false}, {true, true, true, true, false},
    {true, false, true, true, false},   {false, true, true, false, true},    {false, false, false, false, true},
};

int setup_net(void **state)
{
    struct net_fixture *f = calloc(1, sizeof(*f));

    alarm(100); /* a driver that hangs ends here */
    violation_clear();
    host_reset();
    f->variant = *state;
    f->dev.name = "virtio-net0";
    sim_net_init(&f->sim, &f->wire, f->variant->legacy);
    sim_net_offer_all(&f->sim, NET_PAIRS);
    if (!f->variant->mergeable)
    {
        sim_withdraw(&f->sim, SIM_NET_F_MRG_RXBUF);
    }
    if (f->variant->ring_features)
    {
        sim_offer(&f->sim, SIM_F_INDIRECT_DESC);
        sim_offer(&f->sim, SIM_F_EVENT_IDX);
    }
    if (f->variant->packed)
    {
        sim_offer(&f->sim, SIM_F_RING_PACKED);
    }
    if (f->variant->any_layout)
    {
        sim_offer(&f->sim, SIM_F_ANY_LAYOUT);
    }
    *state = f;
    return 0;
}

static void free_pool(struct net_fixture *f)
{
    for (unsigned int i = 0; i < NET_POOL; i++)
    {
        free(f->pool[i].memory);
        f->pool[i].memory = NULL;
    }
    f->spare = NULL;
}

void net_forget(struct net_fixture *f)
{
    for (unsigned int i = 0; i < f->got_count && i < NET_GOT; i++)
    {
        free(f->got[i].data);
    }
    f->got_count = 0;
    sim_net_forget(&f->wire);
}

int teardown_net(void **state)
{
    struct net_fixture *f = *state;
    bool good = true;

    net_forget(f);
    sim_net_fini(&f->sim, &f->wire);
    if (violation_count() != 0)
    {
        violation_print();
        good = false;
    }
    if (!f->abandons && !host_all_returned())
    {
        good = false;
    }
    if (!f->abandons && f->pool[0].memory != NULL && f->spare_count != NET_POOL)
    {
        fprintf(stderr, "%u receive buffers are lost\n", NET_POOL - f->spare_count);
        good = false;
    }
    free_pool(f);
    host_abandon();
    free(f);
    *state = NULL;
    return good ? 0 : -1;
}

void net_pattern(uint8_t *to, uint32_t length, unsigned int seed)
{
    for (uint32_t i = 0; i < length; i++)
    {
        to[i] = (uint8_t)(i * 7 + (i >> 8) * 13 + seed * 29);
    }
    if (length >= 14)
    {
        to[0] = 0x52;
        to[12] = 0x08; /* no tag */
        to[13] = 0x00;
    }
}

/* --- buffers and frames from the wire ---------------------------------------------------------------------------- */

void net_reclaim(struct virtio_net_buffer *buffer)
{
    struct net_fixture *f = buffer->context;

    assert_true(f->locked);
    buffer->next = f->spare;
    f->spare = buffer;
    f->spare_count++;
    assert_in_range(f->spare_count, 1, NET_POOL);
}

static void receive(void *context, uint16_t pair, const struct virtio_net_packet *packet)
{
    struct net_fixture *f = context;
    struct net_got got = {.length = packet->length,
                          .pair = pair,
                          .segment_size = packet->segment_size,
                          .checksum = packet->checksum,
                          .checksum_start = packet->checksum_start,
                          .checksum_offset = packet->checksum_offset};
    uint32_t sum = 0;

    assert_true(f->locked);
    got.data = malloc(packet->length);
    for (struct virtio_net_buffer *buffer = packet->buffers, *next; buffer != NULL; buffer = next)
    {
        next = buffer->next;
        got.buffers++;
        assert_true(buffer->data >= buffer->memory);
        assert_true(buffer->length <= buffer->size - (uint32_t)(buffer->data - buffer->memory));
        assert_true(sum + buffer->length <= packet->length);
        memcpy(got.data + sum, buffer->data, buffer->length);
        sum += buffer->length;
        net_reclaim(buffer);
    }
    assert_int_equal(sum, packet->length);
    if (got.checksum == VIRTIO_NET_CHECKSUM_PARTIAL)
    {
        assert_true((uint32_t)got.checksum_start + got.checksum_offset + 2 <= got.length);
    }
    if (f->got_count < NET_GOT)
    {
        f->got[f->got_count] = got;
    }
    else
    {
        free(got.data);
    }
    f->got_count++;
}

static void refused(void *context, const char *what)
{
    struct net_fixture *f = context;

    assert_true(f->locked);
    f->refusals++;
    f->refused = what;
}

static const struct virtio_net_callbacks callbacks = {receive, refused};

unsigned int net_post(struct net_fixture *f, uint16_t pair, unsigned int count)
{
    unsigned int posted = 0;

    while (posted < count && f->spare != NULL)
    {
        struct virtio_net_buffer *buffer = f->spare;

        if (virtio_net_post(&f->net, pair, buffer) != 0)
        {
            break;
        }
        f->spare = buffer->next;
        f->spare_count--;
        posted++;
    }
    if (virtio_net_publish_rx(&f->net, pair) == 1)
    {
        virtio_net_notify_rx(&f->net, pair);
    }
    return posted;
}

int net_poll(struct net_fixture *f)
{
    int count = 0;

    for (uint16_t i = 0; i < f->net.pair_count; i++)
    {
        unsigned int spare = f->spare_count;
        int result;

        f->locked = true;
        result = virtio_net_poll_rx(&f->net, i, 1000);
        f->locked = false;
        if (result < 0)
        {
            return result;
        }
        count += result;
        net_post(f, i, f->spare_count - spare);
    }
    return count;
}

void net_expect(struct net_fixture *f, uint16_t pair, uint32_t length, const struct sim_net_how *how)
{
    static uint8_t frame[SIM_NET_BYTES];
    static unsigned int seed;
    const struct net_got *got = &f->got[f->got_count];
    unsigned int buffers;

    net_pattern(frame, length, ++seed);
    buffers = sim_net_deliver(&f->sim, pair, frame, length, how);
    assert_int_not_equal(buffers, 0);
    assert_int_equal(net_poll(f), 1);
    assert_int_equal(got->length, length);
    assert_int_equal(got->pair, pair);
    assert_int_equal(got->buffers, buffers);
    assert_memory_equal(got->data, frame, length);
}

void net_expect_drop(struct net_fixture *f, uint32_t length, const struct sim_net_how *how)
{
    static uint8_t frame[SIM_NET_BYTES];
    uint64_t dropped = f->net.rx[0].dropped;
    uint16_t posted = f->net.rx[0].ring.in_flight;
    unsigned int got = f->got_count;

    net_pattern(frame, length, 9);
    assert_int_not_equal(sim_net_deliver(&f->sim, 0, frame, length, how), 0);
    assert_int_equal(net_poll(f), 1);
    assert_int_equal(f->net.rx[0].dropped, dropped + 1);
    assert_int_equal(f->got_count, got);
    assert_int_equal(f->net.rx[0].ring.in_flight, posted);
    net_expect(f, 0, 100, NULL);
    if (f->got_count > NET_GOT / 2)
    {
        net_forget(f);
    }
}

/* --- frames to send ---------------------------------------------------------------------------------------------- */

static void done(struct virtio_net_frame *frame)
{
    struct tx *tx = frame->context;

    assert_true(tx->fixture->locked);
    tx->done++;
}

void tx_init(struct net_fixture *f, struct tx *tx, uint32_t length, unsigned int pieces, unsigned int seed)
{
    uint32_t at = 0;

    memset(tx, 0, sizeof(*tx));
    tx->fixture = f;
    net_pattern(tx->data, length, seed);
    for (unsigned int i = 0; i < pieces; i++)
    {
        uint32_t part = i + 1 < pieces ? length / pieces : length - at;

        tx->frame.pieces[i].data = tx->data + at;
        tx->frame.pieces[i].length = part;
        at += part;
    }
    tx->frame.piece_count = (uint8_t)pieces;
    tx->frame.done = done;
    tx->frame.context = tx;
}

int tx_send(struct net_fixture *f, uint16_t pair, struct tx *tx)
{
    int result = virtio_net_prepare(&f->net, &tx->frame);

    if (result != 0)
    {
        return result;
    }
    result = virtio_net_send(&f->net, pair, &tx->frame, false);
    if (result < 0)
    {
        virtio_net_finish(&tx->frame);
        return result;
    }
    if (result == 1)
    {
        virtio_net_notify_tx(&f->net, pair);
    }
    return 0;
}

int tx_poll(struct net_fixture *f, uint16_t pair)
{
    int result;

    sim_net_work(&f->sim);
    f->locked = true;
    result = virtio_net_poll_tx(&f->net, pair);
    f->locked = false;
    return result;
}

int tx_end(struct tx *tx)
{
    assert_int_equal(tx->done, 1);
    return virtio_net_finish(&tx->frame);
}

void net_works(struct net_fixture *f)
{
    static struct tx tx;

    for (uint16_t i = 0; i < f->net.pair_count; i++)
    {
        unsigned int sent = f->wire.sent_count;

        tx_init(f, &tx, 200 + i, 2, i);
        assert_int_equal(tx_send(f, i, &tx), 0);
        assert_int_equal(tx_poll(f, i), 1);
        assert_int_equal(tx_end(&tx), 0);
        assert_int_equal(f->wire.sent_count, sent + 1);
        if (sent < SIM_NET_TRACE)
        {
            assert_int_equal(f->wire.sent[sent].length, 200 + i);
            assert_memory_equal(f->wire.sent[sent].data, tx.data, 200 + i);
        }
        if (f->got_count == NET_GOT)
        {
            net_forget(f);
        }
        net_expect(f, i, 300 + i, NULL);
    }
}

/* --- life --------------------------------------------------------------------------------------------------------- */

int net_start(struct net_fixture *f, uint16_t pairs, uint16_t size)
{
    struct virtio_net_setup setup = {
        .pairs = pairs,
        .rx_size = size,
        .tx_size = size,
        .large_frames = f->large,
        .callbacks = &callbacks,
        .context = f,
    };
    int error;

    assert_int_equal(virtio_mmio_probe(&f->dev, f->sim.base), 0);
    error = virtio_net_start(&f->net, &f->dev, &setup);
    memset(&setup, 0xff, sizeof(setup)); /* there is a copy */
    if (error == 0)
    {
        uint32_t bytes = virtio_net_buffer_size(&f->net);

        free_pool(f);
        f->spare_count = 0;
        f->locked = true;
        for (unsigned int i = 0; i < NET_POOL; i++)
        {
            f->pool[i] = (struct virtio_net_buffer){.memory = malloc(bytes), .size = bytes, .context = f};
            memset(f->pool[i].memory, 0xa5, bytes);
            net_reclaim(&f->pool[i]);
        }
        f->locked = false;
    }
    return error;
}

void net_up_pairs(struct net_fixture *f, uint16_t pairs)
{
    assert_int_equal(net_start(f, pairs, 16), 0);
    for (uint16_t i = 0; i < f->net.pair_count; i++)
    {
        assert_int_equal(net_post(f, i, 8), 8);
        sim_net_check_posted(&f->sim, i);
    }
    assert_int_equal(net_talk(f), 0);
    sim_net_forget(&f->wire);
}

void net_up(struct net_fixture *f)
{
    net_up_pairs(f, 1);
}

void net_up_large(struct net_fixture *f)
{
    f->large = true;
    assert_int_equal(net_start(f, 1, 128), 0);
    assert_int_equal(net_post(f, 0, 60), 60);
    sim_net_check_posted(&f->sim, 0);
    assert_int_equal(net_talk(f), 0);
    sim_net_forget(&f->wire);
}

void net_stop(struct net_fixture *f)
{
    for (uint16_t i = 0; i < f->net.pair_count; i++)
    {
        virtio_net_stop_rx(&f->net, i);
        virtio_net_stop_tx(&f->net, i);
    }
    virtio_net_stop_control(&f->net);
}

void net_resume(struct net_fixture *f, int error)
{
    f->locked = true;
    /* The control queue first: it says again which pairs are in use. */
    if (virtio_net_resume_control(&f->net, error) == 1)
    {
        virtio_net_notify_control(&f->net);
    }
    for (uint16_t i = 0; i < f->net.pair_count; i++)
    {
        virtio_net_resume_tx(&f->net, i, error);
        if (virtio_net_resume_rx(&f->net, i, error, net_reclaim) == 1)
        {
            virtio_net_notify_rx(&f->net, i);
        }
    }
    f->locked = false;
}

int net_recover(struct net_fixture *f)
{
    int error;

    net_stop(f);
    error = virtio_net_restart(&f->net);
    net_resume(f, error);
    return error;
}

void net_down(struct net_fixture *f)
{
    net_stop(f);
    assert_int_equal(virtio_device_reset(&f->dev), 0);
    net_resume(f, -VIRTIO_EIO);
    virtio_net_destroy(&f->net);
    assert_int_equal(f->sim.status, 0);
}

void net_again(struct net_fixture *f)
{
    net_down(f);
    assert_true(host_all_returned());
    assert_conformant();
    assert_int_equal(f->spare_count, NET_POOL);
    memset(&f->net, 0, sizeof(f->net));
    f->dev.started = false;
    host_log_clear();
    net_forget(f);
}

int net_talk(struct net_fixture *f)
{
    int result = virtio_net_sync(&f->net);

    for (unsigned int turn = 0; turn < 10000; turn++)
    {
        if (result < 0)
        {
            return result;
        }
        if (result == 1)
        {
            virtio_net_notify_control(&f->net);
        }
        if (sim_net_work(&f->sim) == 0 && result == 0)
        {
            return 0;
        }
        f->locked = true;
        result = virtio_net_poll_control(&f->net);
        f->locked = false;
    }
    fail_msg("the control queue does not come to an end");
    return 0;
}
