/* SPDX-License-Identifier: Apache-2.0 */
/* The input engine's frames: whole, in order, or not at all (5.8.6, DP-INPUT-02, DP-INPUT-03, HZ-INPUT-06). */

#include "fixture_input.h"

/* Records from `at` on are the frame that begins with the event number `first`. */
static void assert_frame(const struct input_fixture *c, unsigned int at, uint32_t first, unsigned int events)
{
    assert_true(at + events <= c->count);
    for (unsigned int i = 0; i < events; i++)
    {
        bool end = i == events - 1;

        assert_record(&c->records[at + i], end ? VIRTIO_INPUT_EV_SYN : VIRTIO_INPUT_EV_KEY,
                      end ? VIRTIO_INPUT_SYN_REPORT : VIRTIO_INPUT_KEY_A, (int32_t)(first + i));
        assert_true(c->records[at + i].time_us == c->records[at].time_us);
    }
}

/* Everything that was received went somewhere; `read` records, markers among them, were read. */
static void assert_sum(const struct input_fixture *c, uint64_t read)
{
    const struct virtio_input_stats *stats = &c->in.stats;

    assert_int_equal(read + virtio_input_readable(&c->in) + stats->dropped, stats->received + 2 * stats->markers);
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

static void test_frame(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    assert_int_equal(virtio_input_read(&c->in, c->records, 16), 0);
    assert_int_equal(virtio_input_next(&c->in), 0);
    in_part(c, 2);
    in_run(c);
    assert_int_equal(virtio_input_readable(&c->in), 0); /* not before it is whole */
    assert_int_equal(virtio_input_next(&c->in), 0);
    assert_int_equal(virtio_input_read(&c->in, c->records, 16), 0);
    assert_int_equal(c->readables, 0);
    in_frame(c, 2);
    in_run(c);
    assert_int_equal(c->readables, 1);
    assert_int_equal(virtio_input_readable(&c->in), 4);
    assert_int_equal(virtio_input_next(&c->in), 4);
    in_read_all(c);
    assert_int_equal(c->count, 4);
    assert_frame(c, 0, 0, 4);
    assert_int_equal(c->in.stats.received, 4);
    assert_in_works(c);
    in_down(c);
}

static void test_times(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    in_frame(c, 3);
    in_frame(c, 3);
    host.clock_us = 1000000;
    in_run(c);
    in_read_all(c);
    assert_int_equal(c->count, 6);
    assert_frame(c, 0, 0, 3);
    assert_frame(c, 3, 3, 3);
    assert_true(c->records[0].time_us >= 1000000);
    assert_true(c->records[3].time_us > c->records[0].time_us);
    in_down(c);
}

static void test_values_have_a_sign(void **state)
{
    struct input_fixture *c = *state;

    sim_input_mouse(&c->host);
    in_up(c);
    sim_input_event(&c->host, VIRTIO_INPUT_EV_REL, VIRTIO_INPUT_REL_X, (uint32_t)-7);
    sim_input_event(&c->host, VIRTIO_INPUT_EV_SYN, VIRTIO_INPUT_SYN_REPORT, 0);
    in_run(c);
    in_read_all(c);
    assert_record(&c->records[0], VIRTIO_INPUT_EV_REL, VIRTIO_INPUT_REL_X, -7);
    in_down(c);
}

static void test_read_takes_whole_frames_only(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    in_frame(c, 3);
    in_frame(c, 4);
    in_frame(c, 1);
    in_run(c);
    assert_int_equal(virtio_input_next(&c->in), 3);
    assert_int_equal(virtio_input_read(&c->in, c->records, 0), -VIRTIO_EMSGSIZE);
    assert_int_equal(virtio_input_read(&c->in, c->records, 2), -VIRTIO_EMSGSIZE);
    assert_int_equal(virtio_input_readable(&c->in), 8);
    assert_int_equal(virtio_input_read(&c->in, c->records, 6), 3);
    assert_int_equal(virtio_input_next(&c->in), 4);
    assert_int_equal(virtio_input_read(&c->in, c->records + 3, 4), 4);
    c->count = 7;
    assert_frame(c, 0, 0, 3);
    assert_frame(c, 3, 3, 4);
    assert_int_equal(virtio_input_read(&c->in, c->records, 16), 1);
    assert_sum(c, 8);
    in_down(c);
}

static void test_drop_a_frame_that_is_too_long(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    assert_int_equal(virtio_input_drop(&c->in), 0);
    in_frame(c, 9);
    in_frame(c, 3);
    in_run(c);
    assert_int_equal(virtio_input_read(&c->in, c->records, 4), -VIRTIO_EMSGSIZE);
    assert_int_equal(virtio_input_drop(&c->in), 9);
    assert_int_equal(virtio_input_read(&c->in, c->records, 4), 3);
    c->count = 3;
    assert_frame(c, 0, 9, 3);
    assert_int_equal(c->in.stats.frames, 1);
    assert_sum(c, 3);
    in_down(c);
}

static void test_flush(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    in_frame(c, 15);
    in_frame(c, 9); /* does not fit: a marker is owed */
    in_part(c, 1);
    in_run(c);
    assert_true(c->in.fifo.owes);
    assert_int_equal(virtio_input_flush(&c->in), 15);
    assert_int_equal(virtio_input_flush(&c->in), 0);
    /* The frame that had begun is incomplete; the next one is the first that this reader sees. */
    in_frame(c, 2);
    in_frame(c, 2);
    in_run(c);
    in_read_all(c);
    assert_int_equal(c->count, 2);
    assert_frame(c, 0, 27, 2);
    in_down(c);
}

static void test_flush_keeps_the_frame_that_comes_in(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    in_frame(c, 2);
    in_part(c, 2);
    in_run(c);
    assert_int_equal(virtio_input_flush(&c->in), 2);
    in_frame(c, 1);
    in_run(c);
    in_read_all(c);
    assert_int_equal(c->count, 3);
    assert_int_equal(c->records[0].value, 2);
    in_down(c);
}

/* --- callbacks -------------------------------------------------------------------------------------------------- */

static void read_now(struct input_fixture *c)
{
    in_read_all(c);
    assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_LED, VIRTIO_INPUT_LED_NUML, 1), 0);
}

/* One call for a batch, from which the reader may read and set. */
static void test_readable_once_for_a_batch(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    c->on_readable = read_now;
    in_frame(c, 2);
    in_frame(c, 2);
    in_frame(c, 2);
    sim_input_run(&c->f.sim);
    assert_int_equal(virtio_input_poll(&c->in), 6);
    assert_int_equal(c->readables, 1);
    assert_int_equal(c->count, 6);
    assert_int_equal(virtio_input_poll(&c->in), 0);
    assert_int_equal(c->readables, 1);
    in_run(c);
    assert_int_equal(c->host.status_count, 1);
    in_down(c);
}

static void test_no_callback_at_all(void **state)
{
    struct input_fixture *c = *state;

    c->setup.readable = NULL;
    in_up(c);
    assert_in_works(c);
    assert_int_equal(in_recover(c), 0);
    in_run(c);
    assert_in_works(c);
    in_down(c);
}

/* Each event, at once, whether the reader has room or not. */
static void test_each_event(void **state)
{
    struct input_fixture *c = *state;

    in_each(c);
    in_up(c);
    in_part(c, 100);
    in_run(c);
    assert_int_equal(c->each_count, 100);
    in_frame(c, 2);
    in_run(c);
    assert_int_equal(c->each_count, 102);
    for (unsigned int i = 0; i < 102; i++)
    {
        assert_int_equal(c->each[i].value, i);
        assert_true(c->each[i].time_us == c->each[0].time_us);
    }
    assert_record(&c->each[101], VIRTIO_INPUT_EV_SYN, VIRTIO_INPUT_SYN_REPORT, 101);
    in_down(c);
}

/* --- no room ---------------------------------------------------------------------------------------------------- */

static void test_all_of_the_fifo_is_usable(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    for (unsigned int round = 0; round < 50; round++)
    {
        c->count = 0;
        in_frame(c, 7);
        in_frame(c, 9);
        in_run(c);
        assert_int_equal(virtio_input_readable(&c->in), 16);
        in_read_all(c);
        assert_int_equal(c->count, 16);
        assert_frame(c, 0, 16 * round, 7);
        assert_frame(c, 7, 16 * round + 7, 9);
    }
    assert_int_equal(c->in.stats.dropped, 0);
    assert_int_equal(c->in.stats.markers, 0);
    /* A frame as long as all of it. */
    c->count = 0;
    in_frame(c, 16);
    in_run(c);
    in_read_all(c);
    assert_frame(c, 0, 800, 16);
    in_down(c);
}

static void test_frame_without_room_is_dropped_whole(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    in_frame(c, 10);
    in_frame(c, 7); /* one too many */
    in_run(c);
    assert_int_equal(c->in.stats.frames, 1);
    assert_int_equal(c->in.stats.dropped, 7);
    in_frame(c, 3); /* after the marker, so there is room for both */
    in_run(c);
    in_read_all(c);
    assert_int_equal(c->count, 15);
    assert_frame(c, 0, 0, 10);
    assert_marker(&c->records[10]);
    assert_frame(c, 12, 17, 3);
    assert_int_equal(c->in.stats.markers, 1);
    assert_sum(c, c->count);
    assert_in_works(c);
    in_down(c);
}

/* Losses one after the other are one marker; it comes even if no event does any more. */
static void test_marker_waits_for_room(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    in_frame(c, 8);
    in_frame(c, 7);
    in_frame(c, 2); /* 15 are there */
    in_frame(c, 1); /* would fit, but not behind the marker */
    in_run(c);
    assert_int_equal(c->in.stats.frames, 2);
    assert_int_equal(c->in.stats.dropped, 3);
    assert_int_equal(c->in.stats.markers, 0);
    assert_int_equal(virtio_input_readable(&c->in), 15);
    assert_int_equal(virtio_input_read(&c->in, c->records, 8), 8);
    assert_int_equal(virtio_input_readable(&c->in), 9); /* and there is room for it now */
    c->count = 8;
    in_read_all(c);
    assert_int_equal(c->count, 17);
    assert_frame(c, 8, 8, 7);
    assert_marker(&c->records[15]);
    assert_sum(c, c->count);
    assert_in_works(c);
    in_down(c);
}

/* Losses behind a marker that nobody has read yet take no more room. */
static void test_one_marker_for_all_losses(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    for (unsigned int i = 0; i < 20; i++)
    {
        in_part(c, 16);
        in_frame(c, 1);
    }
    in_run(c);
    assert_int_equal(c->in.stats.frames, 20);
    assert_int_equal(c->in.stats.markers, 1);
    assert_int_equal(c->readables, 1);
    in_frame(c, 14); /* all the rest of the room */
    in_run(c);
    in_read_all(c);
    assert_int_equal(c->count, 16);
    assert_marker(&c->records[0]);
    assert_frame(c, 2, 340, 14);
    assert_sum(c, 16);
    in_down(c);
}

static void test_marker_after_a_drop(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    in_frame(c, 15);
    in_frame(c, 2);
    in_run(c);
    assert_int_equal(virtio_input_drop(&c->in), 15);
    in_read_all(c);
    assert_int_equal(c->count, 2);
    assert_marker(&c->records[0]);
    assert_sum(c, 2);
    in_down(c);
}

/* Room comes while a frame is being dropped: the marker takes its place at once, the rest of the frame is still lost.
 */
static void test_marker_in_the_middle_of_its_frame(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    in_frame(c, 15);
    in_part(c, 5);
    in_run(c);
    in_read_all(c);
    in_read_all(c);
    assert_int_equal(c->count, 17);
    assert_marker(&c->records[15]);
    in_frame(c, 3);
    in_frame(c, 4);
    in_run(c);
    in_read_all(c);
    assert_int_equal(c->count, 21);
    assert_frame(c, 17, 23, 4);
    assert_int_equal(c->in.stats.dropped, 8);
    assert_int_equal(c->in.stats.frames, 1);
    in_down(c);
}

static void test_frame_that_never_ends_HZ_INPUT_06(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    in_part(c, 10000);
    in_run(c);
    assert_int_equal(c->in.stats.received, 10000);
    assert_int_equal(c->in.stats.dropped, 10000);
    assert_int_equal(c->in.stats.frames, 1);
    assert_int_equal(c->readables, 1); /* the marker */
    in_read_all(c);
    assert_int_equal(c->count, 2);
    assert_marker(&c->records[0]);
    in_frame(c, 5); /* its end at last */
    in_run(c);
    in_read_all(c);
    assert_int_equal(c->count, 2);
    assert_in_works(c);
    in_down(c);
}

/* The device says itself that it lost something: what evdev asks of a reader is done for him. */
static void test_device_says_dropped_DP_INPUT_02(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    in_part(c, 2);
    sim_input_event(&c->host, VIRTIO_INPUT_EV_SYN, VIRTIO_INPUT_SYN_DROPPED, 0);
    in_frame(c, 3);
    in_frame(c, 2);
    in_run(c);
    in_read_all(c);
    assert_int_equal(c->count, 4);
    assert_marker(&c->records[0]);
    assert_frame(c, 2, 5, 2);
    assert_int_equal(c->in.stats.dropped, 6);
    assert_sum(c, 4);
    in_down(c);
}

/* --- floods ----------------------------------------------------------------------------------------------------- */

/* Frames in order, none of them cut, and nothing missing but where a marker says so. Returns the markers. */
static unsigned int check_stream(const struct input_fixture *c)
{
    unsigned int markers = 0;
    uint32_t next = 0;
    bool lost = false;

    for (unsigned int i = 0; i < c->count; i++)
    {
        const struct virtio_input_record *record = &c->records[i];

        if (record->type == VIRTIO_INPUT_EV_SYN && record->code == VIRTIO_INPUT_SYN_DROPPED)
        {
            assert_marker(record);
            markers++;
            lost = true;
            i++;
            continue;
        }
        assert_true((uint32_t)record->value == next || (lost && (uint32_t)record->value > next));
        assert_true(!lost || record->value % 5 == 0); /* frames have five events */
        assert_int_equal(record->type, record->value % 5 == 4 ? VIRTIO_INPUT_EV_SYN : VIRTIO_INPUT_EV_KEY);
        next = (uint32_t)record->value + 1;
        lost = false;
    }
    return markers;
}

static void test_burst_without_a_reader(void **state)
{
    struct input_fixture *c = *state;

    c->setup.buffers = 64;
    c->setup.fifo = 1024;
    in_up(c);
    for (unsigned int i = 0; i < 2000; i++)
    {
        in_frame(c, 5);
    }
    in_run(c);
    in_read_all(c);
    assert_int_equal(check_stream(c), c->in.stats.markers);
    assert_int_equal(c->in.stats.received, 10000);
    assert_int_equal(c->count - 2 * c->in.stats.markers + c->in.stats.dropped, 10000);
    assert_int_equal(c->count, 1022); /* 204 frames, and the marker */
    assert_int_equal(c->in.stats.markers, 1);
    assert_int_equal(c->in.stats.frames, 2000 - 204);
    c->next = 10000;
    assert_in_works(c);
    in_down(c);
}

static void test_burst_with_a_slow_reader(void **state)
{
    struct input_fixture *c = *state;
    int result;

    c->setup.fifo = 64;
    in_up(c);
    for (unsigned int i = 0; i < 2000; i++)
    {
        in_frame(c, 5);
    }
    while (c->in.stats.received != 10000)
    {
        unsigned int batch = 1 + host_random() % 8;

        in_notify(c);
        sim_step(&c->f.sim, 0, batch < c->host.end - c->host.first ? batch : c->host.end - c->host.first);
        assert_true(virtio_input_poll(&c->in) >= 0);
        if (host_random() % 4 == 0)
        {
            result = virtio_input_read(&c->in, c->records + c->count, 5 + host_random() % 11);
            assert_true(result >= 0);
            c->count += (unsigned int)result;
        }
    }
    in_read_all(c);
    assert_true(c->in.stats.markers > 10);
    assert_true(c->in.stats.dropped > 100 && c->in.stats.dropped < 9900);
    assert_int_equal(check_stream(c), c->in.stats.markers);
    assert_int_equal(c->count - 2 * c->in.stats.markers + c->in.stats.dropped, 10000);
    assert_in_works(c);
    in_down(c);
}

static void test_burst_with_a_fast_reader(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    c->on_readable = in_read_all;
    for (unsigned int i = 0; i < 2000; i++)
    {
        in_frame(c, 5);
    }
    in_run(c);
    assert_int_equal(c->count, 10000);
    assert_int_equal(c->in.stats.dropped, 0);
    assert_int_equal(check_stream(c), 0);
    in_down(c);
}

/* The indices of the FIFO run over at 32 bits. */
static void test_indices_wrap(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    c->in.fifo.tail = c->in.fifo.ready = c->in.fifo.head = UINT32_MAX - 20;
    for (unsigned int i = 0; i < 10; i++)
    {
        in_frame(c, 5);
        in_frame(c, 5);
        in_frame(c, 5);
        in_frame(c, 5); /* does not fit */
        in_run(c);
        in_read_all(c);
    }
    assert_int_equal(check_stream(c), 10);
    assert_int_equal(c->count, 170);
    assert_sum(c, c->count);
    in_down(c);
}

/* Buffers go back in one go, with at most one notification for each time that the driver looked. */
static void test_buffers_go_back_in_batches_INPUT_OP_01(void **state)
{
    struct input_fixture *c = *state;
    uint64_t notifications;

    in_up(c);
    notifications = c->f.sim.queue[0].notifications;
    in_frame(c, 8);
    sim_input_run(&c->f.sim);
    assert_int_equal(sim_pending(&c->f.sim, 0), 0);
    assert_int_equal(virtio_input_poll(&c->in), 8);
    assert_int_equal(virtio_input_due(&c->in), 1);
    assert_int_equal(virtio_input_due(&c->in), 0);
    virtio_input_notify(&c->in, 1);
    assert_int_equal(sim_pending(&c->f.sim, 0), 8);
    assert_int_equal(c->f.sim.queue[0].notifications, notifications + 1);
    assert_int_equal(c->in.events.ring.stats.batches, 1);
    in_down(c);
}

/* The device sends just while notifications are switched on again: it is found by the second look. */
static void one_more(void *context)
{
    struct input_fixture *c = context;

    /* Only when the driver has taken everything, so not at the barriers of taking it. */
    if (c->host.first != c->host.end && c->f.sim.queue[0].used_idx == c->in.events.ring.used_idx)
    {
        sim_step(&c->f.sim, 0, 1);
    }
}

static void test_no_event_is_missed(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    in_frame(c, 8);
    sim_step(&c->f.sim, 0, 1);
    host.on_barrier = one_more;
    host.barrier_context = c;
    assert_int_equal(virtio_input_poll(&c->in), 8);
    host.on_barrier = NULL;
    in_read_all(c);
    assert_int_equal(c->count, 8);
    assert_frame(c, 0, 0, 8);
    in_run(c);
    assert_in_works(c);
    in_down(c);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ALL(test_frame, setup_keyboard),
        BOTH(test_times, setup_keyboard),
        BOTH(test_values_have_a_sign, setup_nothing),
        BOTH(test_read_takes_whole_frames_only, setup_keyboard),
        BOTH(test_drop_a_frame_that_is_too_long, setup_keyboard),
        BOTH(test_flush, setup_keyboard),
        BOTH(test_flush_keeps_the_frame_that_comes_in, setup_keyboard),
        BOTH(test_readable_once_for_a_batch, setup_keyboard),
        BOTH(test_no_callback_at_all, setup_keyboard),
        BOTH(test_each_event, setup_keyboard),
        BOTH(test_all_of_the_fifo_is_usable, setup_keyboard),
        BOTH(test_frame_without_room_is_dropped_whole, setup_keyboard),
        BOTH(test_marker_waits_for_room, setup_keyboard),
        BOTH(test_one_marker_for_all_losses, setup_keyboard),
        BOTH(test_marker_after_a_drop, setup_keyboard),
        BOTH(test_marker_in_the_middle_of_its_frame, setup_keyboard),
        BOTH(test_frame_that_never_ends_HZ_INPUT_06, setup_keyboard),
        BOTH(test_device_says_dropped_DP_INPUT_02, setup_keyboard),
        ALL(test_burst_without_a_reader, setup_keyboard),
        ALL(test_burst_with_a_slow_reader, setup_keyboard),
        ALL(test_burst_with_a_fast_reader, setup_keyboard),
        BOTH(test_indices_wrap, setup_keyboard),
        ALL(test_no_event_is_missed, setup_keyboard),
        BOTH(test_buffers_go_back_in_batches_INPUT_OP_01, setup_keyboard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
