/* SPDX-License-Identifier: Apache-2.0 */
/* Start, pixels (what was drawn is what is seen), and displays that change. */

#include "fixture_gpu.h"

/* --- Start --- */

static void test_start(void **state)
{
    struct gpu_fixture *g = *state;
    const struct virtio_gpu_scanout *scanout = &g->gpu.scanouts[0];

    assert_int_equal(gpu_start(g), 0);
    assert_int_equal(g->gpu.info_result, -VIRTIO_EAGAIN);
    assert_int_equal(g->event_count, 0);
    assert_true(virtio_gpu_busy(&g->gpu));
    assert_true(gpu_run(g) == 2);
    assert_false(virtio_gpu_busy(&g->gpu));
    assert_int_equal(g->gpu.info_result, 0);
    assert_int_equal(g->gpu.scanout_count, 2);
    assert_true(scanout->enabled);
    assert_false(scanout->guessed);
    assert_int_equal(scanout->width, 100);
    assert_int_equal(scanout->height, 80);
    assert_false(g->gpu.scanouts[1].enabled);
    assert_int_equal(gpu_events(g, 0, VIRTIO_GPU_APPEARED), 1);
    assert_int_equal(gpu_events(g, 0, VIRTIO_GPU_DESCRIBED), 1);
    assert_int_equal(g->event_count, 2);
    assert_true(scanout->edid.valid);
    assert_string_equal(scanout->edid.name, "screen");
    assert_int_equal(g->gpu.answers, 2);
    assert_int_equal(g->gpu.control.ring.stats.errors, 0);
    gpu_down(g);
}

static void test_features(void **state)
{
    struct gpu_fixture *g = *state;

    for (unsigned int bit = SIM_GPU_F_VIRGL; bit <= SIM_GPU_F_BLOB_ALIGNMENT; bit++)
    {
        sim_offer(&g->f.sim, bit);
    }
    gpu_up(g); /* the simulated device objects to what is not ours */
    assert_true(virtio_device_has(&g->f.dev, VIRTIO_GPU_F_EDID));
    assert_true(virtio_device_has(&g->f.dev, VIRTIO_GPU_F_RESOURCE_BLOB));
    assert_false(virtio_device_has(&g->f.dev, VIRTIO_GPU_F_VIRGL));
    assert_string_equal(virtio_feature_name(virtio_gpu_features, VIRTIO_GPU_F_VIRGL), "VIRGL");
    assert_string_equal(virtio_feature_name(virtio_gpu_features, VIRTIO_GPU_F_CONTEXT_INIT), "CONTEXT_INIT");
    gpu_down(g);
}

static void test_no_edid_feature(void **state)
{
    struct gpu_fixture *g = *state;

    sim_withdraw(&g->f.sim, SIM_GPU_F_EDID);
    gpu_up(g);
    assert_int_equal(gpu_executed(g, SIM_GPU_GET_EDID), 0);
    assert_true(g->gpu.scanouts[0].enabled);
    assert_false(g->gpu.scanouts[0].edid.valid);
    gpu_down(g);
}

static void test_no_memory(void **state)
{
    struct gpu_fixture *g = *state;

    for (int i = 1;; i++)
    {
        int error;

        memset(&g->gpu, 0, sizeof(g->gpu));
        host.fail_alloc_at = i;
        error = gpu_start(g);
        if (error == 0)
        {
            host.fail_alloc_at = 0;
            assert_true(i > 10);
            break;
        }
        assert_int_equal(error, -VIRTIO_ENOMEM);
        assert_true(host_all_returned());
        g->f.dev.started = false;
    }
    gpu_down(g);
}

static void test_small_queues(void **state)
{
    struct gpu_fixture *g = *state;

    /* Two commands belong together; without indirect tables each takes two descriptors. */
    g->f.sim.queue[0].size_max = 2;
    assert_int_equal(gpu_start(g), g->f.variant->indirect ? 0 : -VIRTIO_EPROTO);
    if (g->f.variant->indirect)
    {
        assert_int_equal(gpu_run(g), 2);
        gpu_down(g);
    }
    assert_true(host_all_returned());
}

static void test_no_queues(void **state)
{
    struct gpu_fixture *g = *state;

    g->f.sim.queue[1].size_max = 0;
    assert_int_equal(gpu_start(g), -VIRTIO_ENODEV);
    assert_true(host_all_returned());
    g->f.sim.queue[0].size_max = 0;
    memset(&g->gpu, 0, sizeof(g->gpu));
    assert_int_equal(gpu_start(g), -VIRTIO_ENODEV);
}

static void test_reset_not_confirmed(void **state)
{
    struct gpu_fixture *g = *state;
    struct frame frame;

    gpu_up(g);
    frame_init(&frame, 10, 10, 0);
    frame_create(g, &frame);
    gpu_run(g);
    g->f.sim.reset_stuck = true;
    virtio_gpu_destroy(&g->gpu);
    assert_true(host_log_has("its memory is left to it"));
    /* Neither the list nor the pixels may be freed. */
    assert_int_equal(virtio_gpu_resource_release(&frame.resource), -VIRTIO_ETIMEDOUT);
    g->f.abandons = true;
}

static void hang_at_failed(struct sim_device *sim, uint32_t value)
{
    sim->reset_stuck = (value & SIM_FAILED) != 0;
}

static void test_start_reset_not_confirmed(void **state)
{
    struct gpu_fixture *g = *state;

    /* The device begins to hang when it has a queue. */
    g->f.sim.queue[1].size_max = 0;
    g->f.sim.status_written = hang_at_failed;
    assert_int_equal(gpu_start(g), -VIRTIO_ENODEV);
    assert_false(g->f.dev.quiet);
    assert_int_equal(host_dma_count(), g->f.variant->indirect ? 3 : 2);
    g->f.abandons = true;
}

/* --- Pixels --- */

static void test_frame(void **state)
{
    struct gpu_fixture *g = *state;
    struct gpu_request request;
    struct frame frame;

    gpu_up(g);
    frame_init(&frame, 100, 80, 0);
    frame_create(g, &frame);
    assert_int_equal(frame.resource.id, 1);
    assert_int_equal(virtio_gpu_show(&g->gpu, 0, &frame.resource, NULL, NULL), 0);
    frame_fill(&frame, 1);
    request_init(&request);
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, &request.request), 0);
    assert_int_equal(request.done, 0);
    gpu_run(g);
    assert_done(&request, 0);
    assert_shown(g, 0, &frame, 0, 0);

    assert_int_equal(virtio_gpu_show(&g->gpu, 0, NULL, NULL, NULL), 0);
    gpu_run(g);
    assert_int_equal(g->host.scanout[0].resource, 0);
    frame_destroy(g, &frame);
    assert_int_equal(sim_gpu_resources(&g->host), 0);
    assert_int_equal(g->gpu.control.ring.stats.errors, 0);
    gpu_down(g);
}

/* Partial rectangles at odd places, of memory in pieces that end within lines. */
static void test_rectangles(void **state)
{
    static const struct virtio_gpu_rect rects[] = {
        {0, 0, 1, 1},   {99, 79, 1, 1}, {13, 7, 31, 17},  {0, 79, 100, 1},
        {99, 0, 1, 80}, {1, 1, 98, 78}, {50, 40, 50, 40},
    };
    struct gpu_fixture *g = *state;
    struct frame frame;

    gpu_up(g);
    frame_init(&frame, 100, 80, 777);
    frame_create(g, &frame);
    assert_int_equal(virtio_gpu_show(&g->gpu, 0, &frame.resource, NULL, NULL), 0);
    frame_fill(&frame, 1);
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, NULL), 0);
    gpu_run(g);
    assert_int_equal(g->host.last_entries, 11);
    assert_shown(g, 0, &frame, 0, 0);
    g->host.pixels_transferred = 0;
    for (uint32_t i = 0; i < LENGTH(rects); i++)
    {
        const struct virtio_gpu_rect *r = &rects[i];

        frame_draw(&frame, r->x, r->y, r->width, r->height, i + 2);
        assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, r, NULL), 0);
        gpu_run(g);
        assert_int_equal(g->host.last_offset, (r->y * 100 + r->x) * 4);
        assert_int_equal(g->host.pixels_transferred, r->width * r->height);
        g->host.pixels_transferred = 0;
        assert_shown(g, 0, &frame, 0, 0);
    }
    /* What was drawn beside the rectangle is not seen. */
    frame_draw(&frame, 20, 20, 5, 5, 99);
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, &(struct virtio_gpu_rect){20, 20, 4, 5}, NULL), 0);
    gpu_run(g);
    assert_int_equal(sim_gpu_pixel(&g->host, 0, 23, 24), *frame_at(&frame, 23, 24));
    assert_int_not_equal(sim_gpu_pixel(&g->host, 0, 24, 24), *frame_at(&frame, 24, 24));
    assert_int_equal(virtio_gpu_show(&g->gpu, 0, NULL, NULL, NULL), 0);
    gpu_run(g);
    frame_destroy(g, &frame);
    gpu_down(g);
}

/* A part of a resource on each of two scanouts. */
static void test_two_scanouts(void **state)
{
    struct gpu_fixture *g = *state;
    struct frame frame;

    gpu_up(g);
    frame_init(&frame, 120, 60, 0);
    frame_create(g, &frame);
    assert_int_equal(virtio_gpu_show(&g->gpu, 0, &frame.resource, &(struct virtio_gpu_rect){0, 0, 60, 60}, NULL), 0);
    assert_int_equal(virtio_gpu_show(&g->gpu, 1, &frame.resource, &(struct virtio_gpu_rect){61, 3, 59, 57}, NULL), 0);
    frame_fill(&frame, 1);
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, NULL), 0);
    gpu_run(g);
    assert_shown(g, 0, &frame, 0, 0);
    assert_shown(g, 1, &frame, 61, 3);
    assert_int_equal(virtio_gpu_show(&g->gpu, 0, NULL, NULL, NULL), 0);
    assert_int_equal(virtio_gpu_show(&g->gpu, 1, NULL, NULL, NULL), 0);
    gpu_run(g);
    frame_destroy(g, &frame);
    gpu_down(g);
}

/* Two buffers in turn, as a game does it. */
static void test_page_flip(void **state)
{
    struct gpu_fixture *g = *state;
    struct gpu_request request;
    struct frame frame[2];

    gpu_up(g);
    for (unsigned int i = 0; i < 2; i++)
    {
        frame_init(&frame[i], 100, 80, 1000);
        frame_create(g, &frame[i]);
        gpu_run(g);
    }
    for (uint32_t i = 0; i < 10; i++)
    {
        struct frame *now = &frame[i % 2];

        frame_fill(now, i);
        request_init(&request);
        assert_int_equal(virtio_gpu_show(&g->gpu, 0, &now->resource, NULL, NULL), 0);
        assert_int_equal(virtio_gpu_update(&g->gpu, &now->resource, NULL, &request.request), 0);
        gpu_run(g);
        assert_done(&request, 0);
        assert_shown(g, 0, now, 0, 0);
    }
    assert_int_equal(virtio_gpu_show(&g->gpu, 0, NULL, NULL, NULL), 0);
    gpu_run(g);
    frame_destroy(g, &frame[0]);
    frame_destroy(g, &frame[1]);
    gpu_down(g);
}

static void test_formats(void **state)
{
    static const uint32_t formats[] = {1, 2, 3, 4, 67, 68, 121, 134};
    struct gpu_fixture *g = *state;
    struct frame frame;

    gpu_up(g);
    for (uint32_t i = 0; i < LENGTH(formats); i++)
    {
        frame_init(&frame, 8, 8, 0);
        frame.resource.format = formats[i];
        frame_create(g, &frame);
        gpu_run(g);
        assert_int_equal(sim_gpu_resource(&g->host, frame.resource.id)->format, formats[i]);
        frame_destroy(g, &frame);
    }
    frame_init(&frame, 8, 8, 0);
    for (uint32_t format = 0; format < 300; format++)
    {
        bool known = false;

        for (uint32_t i = 0; i < LENGTH(formats); i++)
        {
            known = known || formats[i] == format;
        }
        frame.resource.format = format;
        assert_int_equal(virtio_gpu_resource_prepare(&g->gpu, &frame.resource), known ? 0 : -VIRTIO_EINVAL);
        assert_int_equal(virtio_gpu_resource_release(&frame.resource), 0);
    }
    frame_free(&frame);
    gpu_down(g);
}

static void test_blob(void **state)
{
    struct gpu_fixture *g = *state;
    struct gpu_request request;
    struct frame frame;

    gpu_up(g);
    frame_init(&frame, 64, 40, 500);
    frame.resource.blob = true;
    frame_create(g, &frame);
    request_init(&request);
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, &request.request), 1); /* where to? */
    assert_int_equal(virtio_gpu_show(&g->gpu, 0, &frame.resource, NULL, NULL), 0);
    frame_fill(&frame, 7);
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, &request.request), 0);
    gpu_run(g);
    assert_done(&request, 0);
    assert_shown(g, 0, &frame, 0, 0);
    assert_int_equal(gpu_executed(g, SIM_GPU_TRANSFER), 0);
    assert_int_equal(gpu_executed(g, SIM_GPU_SET_SCANOUT), 0);
    frame_draw(&frame, 11, 3, 5, 9, 8);
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, &(struct virtio_gpu_rect){11, 3, 5, 9}, NULL), 0);
    gpu_run(g);
    assert_shown(g, 0, &frame, 0, 0);
    assert_int_equal(virtio_gpu_show(&g->gpu, 0, NULL, NULL, NULL), 0);
    gpu_run(g);
    frame_destroy(g, &frame);
    assert_int_equal(gpu_executed(g, SIM_GPU_DETACH), 0);
    gpu_down(g);
}

/* The device is told of what is shown of a blob only, before a reset and after. */
static void test_part_of_a_blob(void **state)
{
    static const struct virtio_gpu_rect upper = {0, 0, 64, 20};
    static const struct virtio_gpu_rect lower = {0, 20, 64, 20};
    static const struct virtio_gpu_rect middle = {10, 15, 7, 10};
    static const struct virtio_gpu_rect corner = {0, 0, 10, 10};
    struct gpu_fixture *g = *state;
    struct frame frame;

    gpu_up(g);
    frame_init(&frame, 64, 40, 500);
    frame.resource.blob = true;
    frame_create(g, &frame);
    assert_int_equal(virtio_gpu_show(&g->gpu, 0, &frame.resource, &lower, NULL), 0);
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, NULL), 0);
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, &upper, NULL), 1);
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, &middle, NULL), 0);
    gpu_run(g);
    assert_int_equal(gpu_executed(g, SIM_GPU_FLUSH), 2);
    assert_shown(g, 0, &frame, 0, 20);
    frame_draw(&frame, 10, 15, 7, 10, 8);
    frame_draw(&frame, 0, 0, 64, 20, 9);
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, &middle, NULL), 0);
    gpu_run(g);
    assert_shown(g, 0, &frame, 0, 20);

    /* On two scanouts: what lies between is none's, and harmless. */
    assert_int_equal(virtio_gpu_show(&g->gpu, 1, &frame.resource, &corner, NULL), 0);
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, NULL), 0);
    gpu_run(g);
    assert_shown(g, 0, &frame, 0, 20);
    assert_shown(g, 1, &frame, 0, 0);
    assert_int_equal(gpu_recover(g, false), 0);
    assert_shown(g, 0, &frame, 0, 20);
    assert_shown(g, 1, &frame, 0, 0);

    /* On none. */
    assert_int_equal(virtio_gpu_show(&g->gpu, 0, NULL, NULL, NULL), 0);
    assert_int_equal(virtio_gpu_show(&g->gpu, 1, NULL, NULL, NULL), 0);
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, NULL), 1);
    assert_int_equal(gpu_recover(g, false), 0);
    assert_int_equal(g->failures, 0);
    frame_destroy(g, &frame);
    gpu_down(g);
}

/* Lines with a gap behind them: 50 pixels that are seen of 64 that are there. */
static void test_blob_stride(void **state)
{
    struct gpu_fixture *g = *state;
    struct frame frame;

    gpu_up(g);
    frame_init(&frame, 64, 30, 0);
    frame_fill(&frame, 1);
    frame.resource.blob = true;
    frame.resource.stride = 64 * 4;
    frame.resource.width = 50;
    frame_create(g, &frame);
    assert_int_equal(virtio_gpu_show(&g->gpu, 0, &frame.resource, &(struct virtio_gpu_rect){2, 1, 48, 29}, NULL), 0);
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, NULL), 0);
    gpu_run(g);
    frame.resource.width = 64; /* as it is in memory */
    assert_shown(g, 0, &frame, 2, 1);
    frame.resource.width = 50;
    assert_int_equal(virtio_gpu_show(&g->gpu, 0, NULL, NULL, NULL), 0);
    gpu_run(g);
    frame_destroy(g, &frame);

    frame_init(&frame, 16, 16, 0);
    frame.resource.blob = true;
    frame.resource.stride = 60;
    assert_int_equal(virtio_gpu_resource_prepare(&g->gpu, &frame.resource), -VIRTIO_EINVAL);
    frame.resource.stride = 66;
    assert_int_equal(virtio_gpu_resource_prepare(&g->gpu, &frame.resource), -VIRTIO_EINVAL);
    frame.resource.stride = 68; /* fifteen of those and a line are more than there is */
    assert_int_equal(virtio_gpu_resource_prepare(&g->gpu, &frame.resource), -VIRTIO_EINVAL);
    frame_free(&frame);
    gpu_down(g);
}

static void test_no_blob_feature(void **state)
{
    struct gpu_fixture *g = *state;
    struct frame frame;

    sim_withdraw(&g->f.sim, SIM_GPU_F_RESOURCE_BLOB);
    gpu_up(g);
    frame_init(&frame, 8, 8, 0);
    frame.resource.blob = true;
    assert_int_equal(virtio_gpu_resource_prepare(&g->gpu, &frame.resource), -VIRTIO_ENOTSUP);
    frame_free(&frame);
    gpu_down(g);
}

/* --- Displays that change --- */

static void test_display_events(void **state)
{
    struct gpu_fixture *g = *state;

    gpu_up(g);
    gpu_forget_events(g);
    assert_false(virtio_gpu_refresh(&g->gpu)); /* a config change about nothing that we know */
    sim_config32(&g->f.sim, SIM_GPU_EVENTS_READ, 0xfffffffe);
    assert_false(virtio_gpu_refresh(&g->gpu));

    sim_config32(&g->f.sim, SIM_GPU_EVENTS_READ, 0);
    sim_gpu_display(&g->f.sim, 1, 640, 480);
    sim_gpu_display(&g->f.sim, 0, 200, 80);
    assert_true(virtio_gpu_refresh(&g->gpu));
    assert_false(virtio_gpu_refresh(&g->gpu)); /* acknowledged */
    virtio_gpu_query(&g->gpu);
    gpu_run(g);
    assert_int_equal(gpu_events(g, 1, VIRTIO_GPU_APPEARED), 1);
    assert_int_equal(gpu_events(g, 0, VIRTIO_GPU_RESIZED), 1);
    assert_int_equal(gpu_events(g, 0, VIRTIO_GPU_DESCRIBED), 1);
    assert_int_equal(gpu_events(g, 1, VIRTIO_GPU_DESCRIBED), 1);
    assert_int_equal(g->event_count, 4);
    assert_int_equal(g->gpu.scanouts[1].width, 640);
    assert_int_equal(g->gpu.scanouts[0].width, 200);

    gpu_forget_events(g);
    sim_gpu_display(&g->f.sim, 0, 0, 0);
    sim_gpu_display(&g->f.sim, 1, 640, 400);
    assert_true(virtio_gpu_refresh(&g->gpu));
    virtio_gpu_query(&g->gpu);
    virtio_gpu_query(&g->gpu); /* a storm is one question */
    gpu_run(g);
    assert_int_equal(gpu_events(g, 0, VIRTIO_GPU_VANISHED), 1);
    assert_int_equal(gpu_events(g, 1, VIRTIO_GPU_RESIZED), 1);
    assert_int_equal(gpu_events(g, 1, VIRTIO_GPU_DESCRIBED), 1);
    assert_int_equal(g->event_count, 3);
    assert_false(g->gpu.scanouts[0].edid.valid);

    /* The same again is no news. */
    gpu_forget_events(g);
    virtio_gpu_query(&g->gpu);
    gpu_run(g);
    assert_int_equal(g->event_count, 0);
    gpu_down(g);
}

/* A display that is unplugged and forgets what it showed: it is told again. One that showed nothing is not. */
static void test_display_comes_back(void **state)
{
    struct gpu_fixture *g = *state;
    struct sim_gpu_scanout *screen = &g->host.scanout[0];
    struct frame frame;
    struct frame image;
    uint64_t told;

    gpu_up(g);
    frame_init(&frame, 100, 80, 0);
    frame_init(&image, 64, 64, 0);
    frame_create(g, &frame);
    frame_create(g, &image);
    frame_fill(&frame, 1);
    assert_int_equal(virtio_gpu_show(&g->gpu, 0, &frame.resource, NULL, NULL), 0);
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, NULL), 0);
    assert_int_equal(virtio_gpu_cursor_set(&g->gpu, 0, &image.resource, 0, 0), 0);
    gpu_run(g);
    assert_int_equal(screen->cursor, image.resource.id);

    sim_gpu_display(&g->f.sim, 0, 0, 0);
    virtio_gpu_query(&g->gpu);
    gpu_run(g);
    assert_int_equal(gpu_events(g, 0, VIRTIO_GPU_VANISHED), 1);
    memset(screen->screen, 0, sizeof(screen->screen));
    screen->resource = 0;
    screen->cursor = 0;
    told = gpu_executed(g, SIM_GPU_SET_SCANOUT);

    sim_gpu_display(&g->f.sim, 0, 100, 80);
    sim_gpu_display(&g->f.sim, 1, 100, 80);
    virtio_gpu_query(&g->gpu);
    gpu_run(g);
    assert_int_equal(gpu_events(g, 0, VIRTIO_GPU_APPEARED), 2);
    assert_int_equal(gpu_events(g, 1, VIRTIO_GPU_APPEARED), 1);
    assert_shown(g, 0, &frame, 0, 0);
    assert_int_equal(screen->cursor, image.resource.id);
    assert_int_equal(gpu_executed(g, SIM_GPU_SET_SCANOUT), told + 1);
    assert_int_equal(g->failures, 0);

    assert_int_equal(virtio_gpu_cursor_set(&g->gpu, 0, NULL, 0, 0), 0);
    assert_int_equal(virtio_gpu_show(&g->gpu, 0, NULL, NULL, NULL), 0);
    gpu_run(g);
    frame_destroy(g, &frame);
    frame_destroy(g, &image);
    gpu_down(g);
}

/* Asked again while the answer is under way: asked again afterwards. */
static void test_question_during_question(void **state)
{
    struct gpu_fixture *g = *state;
    uint64_t edids;

    gpu_up(g);
    g->f.sim.mode = SIM_MANUAL;
    virtio_gpu_query(&g->gpu);
    gpu_notify(g);
    assert_int_equal(sim_step(&g->f.sim, 0, 1), 1);
    sim_gpu_display(&g->f.sim, 1, 300, 300);
    assert_true(virtio_gpu_refresh(&g->gpu));
    virtio_gpu_query(&g->gpu);
    assert_int_equal(virtio_gpu_due(&g->gpu), 0);
    assert_int_equal(virtio_gpu_poll(&g->gpu), 1);
    assert_false(g->gpu.scanouts[1].enabled);
    g->f.sim.mode = SIM_AUTO;
    gpu_run(g);
    assert_true(g->gpu.scanouts[1].enabled);
    assert_true(g->gpu.scanouts[1].edid.valid);

    /* A display that goes before its EDID was asked for. */
    g->f.sim.mode = SIM_MANUAL;
    virtio_gpu_query(&g->gpu);
    gpu_notify(g);
    assert_int_equal(sim_step(&g->f.sim, 0, 1), 1);
    assert_int_equal(virtio_gpu_poll(&g->gpu), 1); /* now it asks for the first display's */
    sim_gpu_display(&g->f.sim, 1, 0, 0);
    virtio_gpu_query(&g->gpu);
    edids = gpu_executed(g, SIM_GPU_GET_EDID);
    gpu_notify(g);
    assert_int_equal(sim_step(&g->f.sim, 0, 1), 1);
    g->f.sim.mode = SIM_AUTO;
    gpu_run(g);
    assert_int_equal(gpu_executed(g, SIM_GPU_GET_EDID), edids + 2);
    assert_false(g->gpu.scanouts[1].edid.valid);
    gpu_down(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GPU_ALL(test_start),
        GPU_BOTH(test_features),
        GPU_BOTH(test_no_edid_feature),
        GPU_ALL(test_no_memory),
        GPU_ALL(test_small_queues),
        GPU_BOTH(test_no_queues),
        GPU_BOTH(test_reset_not_confirmed),
        GPU_BOTH(test_start_reset_not_confirmed),
        GPU_ALL(test_frame),
        GPU_BOTH(test_rectangles),
        GPU_BOTH(test_two_scanouts),
        GPU_BOTH(test_page_flip),
        GPU_BOTH(test_formats),
        GPU_BOTH(test_blob),
        GPU_BOTH(test_part_of_a_blob),
        GPU_BOTH(test_blob_stride),
        GPU_BOTH(test_no_blob_feature),
        GPU_BOTH(test_display_events),
        GPU_BOTH(test_display_comes_back),
        GPU_BOTH(test_question_during_question),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
