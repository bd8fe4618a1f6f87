/* SPDX-License-Identifier: Apache-2.0 */
/* Stop, restart, resume: the picture comes back by itself, and nobody waits for ever. */

#include "fixture_gpu.h"

static struct frame frame;
static struct frame image;

/* A frame shown, a cursor on it. */
static void picture_up(struct gpu_fixture *g)
{
    gpu_up(g);
    frame_init(&frame, 90, 70, 1000);
    frame_create(g, &frame);
    gpu_run(g);
    frame_fill(&frame, 1);
    assert_int_equal(virtio_gpu_show(&g->gpu, 0, &frame.resource, &(struct virtio_gpu_rect){3, 2, 80, 60}, NULL), 0);
    gpu_run(g);
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, NULL), 0);
    gpu_run(g);
    frame_init(&image, 64, 64, 0);
    frame_create(g, &image);
    gpu_run(g);
    frame_fill(&image, 2);
    assert_int_equal(virtio_gpu_cursor_set(&g->gpu, 0, &image.resource, 1, 2), 0);
    assert_int_equal(virtio_gpu_cursor_move(&g->gpu, 0, 30, 40), 0);
    gpu_run(g);
    assert_shown(g, 0, &frame, 3, 2);
}

static void assert_picture(struct gpu_fixture *g)
{
    const struct sim_gpu_scanout *screen = &g->host.scanout[0];

    assert_int_equal(screen->resource, frame.resource.id);
    assert_int_equal(screen->rect.x, 3);
    assert_int_equal(screen->rect.width, 80);
    assert_shown(g, 0, &frame, 3, 2);
    assert_int_equal(screen->cursor, image.resource.id);
    assert_int_equal(screen->hot_x, 1);
    assert_int_equal(screen->hot_y, 2);
    assert_int_equal(screen->x, 30);
    assert_int_equal(screen->y, 40);
    for (uint32_t i = 0; i < 64 * 64; i++)
    {
        assert_int_equal(screen->image[i], *frame_at(&image, i % 64, i / 64));
    }
}

static void picture_down(struct gpu_fixture *g)
{
    gpu_run(g);
    assert_int_equal(virtio_gpu_show(&g->gpu, 0, NULL, NULL, NULL), 0);
    assert_int_equal(virtio_gpu_cursor_set(&g->gpu, 0, NULL, 0, 0), 0);
    gpu_run(g);
    frame_destroy(g, &frame);
    frame_destroy(g, &image);
    gpu_down(g);
}

static void test_picture_comes_back(void **state)
{
    struct gpu_fixture *g = *state;

    picture_up(g);
    gpu_forget_events(g);
    for (unsigned int i = 0; i < 3; i++)
    {
        assert_int_equal(gpu_recover(g, false), 0);
        assert_picture(g);
        assert_false(g->gpu.replaying);
        assert_int_equal(sim_gpu_resources(&g->host), 2);
    }
    assert_int_equal(g->event_count, 0); /* the displays are the same */
    assert_int_equal(g->failures, 0);
    assert_int_equal(g->gpu.control.ring.stats.resets, 3);
    picture_down(g);
}

/* Displays that changed while the device was away. */
static void test_displays_change_meanwhile(void **state)
{
    struct gpu_fixture *g = *state;

    picture_up(g);
    gpu_forget_events(g);
    virtio_gpu_stop(&g->gpu);
    sim_gpu_display(&g->f.sim, 0, 200, 100);
    sim_gpu_display(&g->f.sim, 1, 50, 50);
    virtio_gpu_query(&g->gpu); /* noted */
    assert_int_equal(virtio_gpu_due(&g->gpu), 0);
    assert_int_equal(virtio_gpu_restart(&g->gpu), 0);
    virtio_gpu_resume(&g->gpu, 0, false);
    gpu_run(g);
    assert_int_equal(gpu_events(g, 0, VIRTIO_GPU_RESIZED), 1);
    assert_int_equal(gpu_events(g, 1, VIRTIO_GPU_APPEARED), 1);
    assert_picture(g);
    picture_down(g);
}

/* A blob, a part of a frame on two scanouts, a resource that nobody shows, one that failed. */
static void test_all_kinds(void **state)
{
    struct gpu_fixture *g = *state;
    struct frame blob;
    struct frame failed;

    picture_up(g);
    frame_init(&blob, 40, 40, 300);
    blob.resource.blob = true;
    frame_create(g, &blob);
    frame_fill(&blob, 5);
    assert_int_equal(virtio_gpu_show(&g->gpu, 1, &blob.resource, NULL, NULL), 0);
    gpu_run(g);
    g->host.only = SIM_GPU_CREATE_2D;
    g->host.refused = true;
    g->host.response = SIM_GPU_ERR_MEMORY;
    frame_init(&failed, 10, 10, 0);
    frame_create(g, &failed);
    gpu_run(g);
    assert_int_equal(g->failures, 1);
    assert_ptr_equal(g->failed, &failed.resource);
    g->host.refused = false;

    assert_int_equal(gpu_recover(g, false), 0);
    assert_picture(g);
    assert_shown(g, 1, &blob, 0, 0);
    assert_int_equal(sim_gpu_resources(&g->host), 3);
    assert_int_equal(failed.resource.state, VIRTIO_GPU_FAILED);
    frame_destroy(g, &failed);
    assert_int_equal(virtio_gpu_show(&g->gpu, 1, NULL, NULL, NULL), 0);
    gpu_run(g);
    frame_destroy(g, &blob);
    picture_down(g);
}

/* More than the ring holds has to be told: as room comes. */
static void test_many_resources(void **state)
{
    struct gpu_fixture *g = *state;
    struct frame many[20];

    g->control_size = 4;
    picture_up(g);
    for (unsigned int i = 0; i < LENGTH(many); i++)
    {
        frame_init(&many[i], 5, 5, 0);
        frame_create(g, &many[i]);
        frame_fill(&many[i], i);
        gpu_run(g);
    }
    assert_int_equal(gpu_recover(g, false), 0);
    assert_picture(g);
    assert_int_equal(sim_gpu_resources(&g->host), LENGTH(many) + 2);
    for (unsigned int i = 0; i < LENGTH(many); i++)
    {
        assert_int_equal(sim_gpu_resource(&g->host, many[i].resource.id)->pixels[24], *frame_at(&many[i], 4, 4));
        frame_destroy(g, &many[i]);
    }
    picture_down(g);
}

/* While it comes back, nothing else is taken; cursors are noted. Any order of answers. */
static void test_calls_while_it_comes_back(void **state)
{
    struct gpu_fixture *g = *state;
    struct virtio_gpu *gpu = &g->gpu;
    struct gpu_request request;
    struct frame other;
    uint64_t notifications;

    picture_up(g);
    frame_init(&other, 10, 10, 0);
    assert_int_equal(virtio_gpu_resource_prepare(gpu, &other.resource), 0);
    request_init(&request);
    virtio_gpu_stop(gpu);
    notifications = g->f.sim.queue[0].notifications;
    virtio_gpu_notify(gpu, 3); /* somebody comes late */
    assert_int_equal(g->f.sim.queue[0].notifications, notifications);
    assert_int_equal(virtio_gpu_poll(gpu), 0);
    for (unsigned int i = 0; i < 2; i++)
    {
        assert_int_equal(virtio_gpu_update(gpu, &frame.resource, NULL, &request.request), -VIRTIO_EAGAIN);
        assert_int_equal(virtio_gpu_show(gpu, 0, NULL, NULL, &request.request), -VIRTIO_EAGAIN);
        assert_int_equal(virtio_gpu_resource_create(gpu, &other.resource, &request.request), -VIRTIO_EAGAIN);
        assert_int_equal(virtio_gpu_cursor_move(gpu, 0, 30, 40), 0);
        if (i == 0)
        {
            assert_int_equal(virtio_gpu_restart(gpu), 0);
            g->f.sim.mode = SIM_MANUAL;
            g->f.sim.order = SIM_LIFO;
            virtio_gpu_resume(gpu, 0, true);
            assert_true(gpu->replaying);
        }
    }
    g->f.sim.order = SIM_FIFO;
    g->f.sim.mode = SIM_AUTO;
    sim_step(&g->f.sim, 0, 100);
    gpu_run(g);
    assert_false(gpu->replaying);
    assert_picture(g);
    assert_int_equal(request.done, 0);
    frame_free(&other);
    picture_down(g);
}

/* --- Requests in flight --- */

static void test_requests_in_flight(void **state)
{
    struct gpu_fixture *g = *state;
    struct virtio_gpu *gpu = &g->gpu;
    struct gpu_request update;
    struct gpu_request show;
    struct gpu_request create;
    struct gpu_request destroy;
    struct frame other;
    struct frame doomed;

    picture_up(g);
    frame_init(&doomed, 8, 8, 0);
    frame_create(g, &doomed);
    gpu_run(g);
    request_init(&update);
    request_init(&show);
    request_init(&create);
    request_init(&destroy);
    g->f.sim.mode = SIM_MANUAL;
    assert_int_equal(virtio_gpu_resource_destroy(gpu, &doomed.resource, &destroy.request), 0);
    frame_init(&other, 20, 20, 0);
    frame_fill(&other, 4);
    assert_int_equal(virtio_gpu_resource_prepare(gpu, &other.resource), 0);
    assert_int_equal(virtio_gpu_resource_create(gpu, &other.resource, &create.request), 0);
    assert_int_equal(virtio_gpu_show(gpu, 1, &other.resource, NULL, &show.request), 0);
    gpu_notify(g);
    sim_step(&g->f.sim, 0, 3); /* up to half of the creation */
    assert_int_equal(virtio_gpu_poll(gpu), 3);
    assert_done(&destroy, 0);
    assert_int_equal(create.done, 0);
    assert_int_equal(virtio_gpu_update(gpu, &frame.resource, NULL, &update.request), 0);
    frame_fill(&frame, 3);
    virtio_gpu_stop(gpu);
    assert_int_equal(virtio_gpu_restart(gpu), 0);
    virtio_gpu_resume(gpu, 0, true);
    assert_int_equal(update.done + show.done + create.done, 0);
    g->f.sim.mode = SIM_AUTO;
    gpu_run(g);
    assert_done(&update, 0);
    assert_done(&show, 0);
    assert_done(&create, 0);
    assert_picture(g);
    assert_shown(g, 1, &other, 0, 0);
    frame_free(&doomed);
    assert_int_equal(virtio_gpu_show(gpu, 1, NULL, NULL, &show.request), 0);
    gpu_run(g);
    frame_destroy(g, &other);
    picture_down(g);
}

/* What was to be taken off the device is off it. Even if somebody lost patience. */
static void test_destroy_in_flight(void **state)
{
    struct gpu_fixture *g = *state;
    struct gpu_request destroy;
    struct frame doomed;

    picture_up(g);
    for (unsigned int answered = 0; answered < 2; answered++)
    {
        frame_init(&doomed, 8, 8, 0);
        frame_create(g, &doomed);
        gpu_run(g);
        request_init(&destroy);
        g->f.sim.mode = SIM_MANUAL;
        assert_int_equal(virtio_gpu_resource_destroy(&g->gpu, &doomed.resource, &destroy.request), 0);
        gpu_notify(g);
        sim_step(&g->f.sim, 0, answered);
        assert_int_equal(virtio_gpu_poll(&g->gpu), answered);
        destroy.request.expired = true;
        g->f.sim.mode = SIM_AUTO;
        assert_int_equal(gpu_recover(g, true), 0);
        assert_done(&destroy, 0);
        frame_free(&doomed);
        assert_int_equal(sim_gpu_resources(&g->host), 2);
        assert_picture(g);
    }
    picture_down(g);
}

/* A fence that never comes: the caller's patience ends, and the reset gives him his request back. */
static void test_fence_never_comes(void **state)
{
    struct gpu_fixture *g = *state;
    struct gpu_request late;
    struct gpu_request patient;

    picture_up(g);
    request_init(&late);
    request_init(&patient);
    g->f.sim.mode = SIM_MANUAL;
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, &late.request), 0);
    assert_int_equal(virtio_gpu_show(&g->gpu, 1, NULL, NULL, &patient.request), 0);
    gpu_notify(g);
    sim_drop(&g->f.sim, 0, 1); /* the flush is lost */
    g->f.sim.mode = SIM_AUTO;
    sim_step(&g->f.sim, 0, 1);
    sim_drop(&g->f.sim, 0, 0);
    gpu_run(g);
    assert_int_equal(late.done, 0);
    assert_true(virtio_gpu_busy(&g->gpu));
    late.request.expired = true;
    assert_int_equal(virtio_gpu_poll(&g->gpu), 0);
    assert_int_equal(late.done, 0); /* not before the device has forgotten it */
    virtio_gpu_stop(&g->gpu);
    assert_int_equal(virtio_gpu_restart(&g->gpu), 0);
    virtio_gpu_resume(&g->gpu, 0, true);
    assert_done(&late, -VIRTIO_ETIMEDOUT);
    assert_int_equal(patient.done, 0);
    gpu_run(g);
    assert_done(&patient, 0);
    assert_picture(g);
    picture_down(g);
}

/* What breaks the device again and again is not repeated for ever. */
static void test_blame(void **state)
{
    struct gpu_fixture *g = *state;
    struct gpu_request request;

    picture_up(g);
    request_init(&request);
    g->f.sim.mode = SIM_MANUAL;
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, &request.request), 0);
    for (unsigned int i = 0; i < 10; i++)
    {
        assert_int_equal(gpu_recover(g, false), 0); /* somebody else's fault */
    }
    for (unsigned int i = 0; i < VIRTIO_GPU_REPLAYS_MAX; i++)
    {
        assert_int_equal(gpu_recover(g, true), 0);
        assert_int_equal(request.done, 0);
    }
    assert_int_equal(gpu_recover(g, true), 0);
    assert_done(&request, -VIRTIO_EIO);
    g->f.sim.mode = SIM_AUTO;
    sim_step(&g->f.sim, 0, 100);
    gpu_run(g);
    assert_picture(g);
    picture_down(g);
}

/* A reset with a cursor command and a question in flight. */
static void test_cursor_in_flight(void **state)
{
    struct gpu_fixture *g = *state;

    picture_up(g);
    g->f.sim.mode = SIM_MANUAL;
    assert_int_equal(virtio_gpu_cursor_move(&g->gpu, 0, 1, 1), 0);
    virtio_gpu_query(&g->gpu);
    gpu_notify(g);
    assert_int_equal(virtio_gpu_cursor_move(&g->gpu, 0, 30, 40), 0);
    g->f.sim.mode = SIM_AUTO;
    sim_gpu_display(&g->f.sim, 1, 20, 20);
    assert_int_equal(gpu_recover(g, true), 0);
    assert_picture(g);
    assert_true(g->gpu.scanouts[1].enabled);
    /* And with the image in flight. */
    g->f.sim.mode = SIM_MANUAL;
    frame_fill(&image, 8);
    assert_int_equal(virtio_gpu_cursor_set(&g->gpu, 0, &image.resource, 1, 2), 0);
    g->f.sim.mode = SIM_AUTO;
    assert_int_equal(gpu_recover(g, true), 0);
    assert_picture(g);
    picture_down(g);
}

/* --- It does not come back --- */

/* The device refuses something it had taken before. */
static void refused_this_time(struct gpu_fixture *g, uint32_t command, bool waits)
{
    struct gpu_request request;

    request_init(&request);
    if (waits)
    {
        g->f.sim.mode = SIM_MANUAL;
        assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, &request.request), 0);
        g->f.sim.mode = SIM_AUTO;
    }
    g->failures = 0;
    g->host.only = command;
    g->host.refused = true;
    g->host.response = SIM_GPU_ERR_MEMORY;
    assert_int_equal(gpu_recover(g, true), 0);
    assert_false(g->gpu.replaying);
    assert_true(g->failures > 0);
    if (waits)
    {
        assert_done(&request, -VIRTIO_ENOMEM);
    }
    g->host.refused = false;
}

static void test_refused_this_time(void **state)
{
    struct gpu_fixture *g = *state;
    struct gpu_request request;

    for (unsigned int waits = 0; waits < 2; waits++)
    {
        memset(&g->gpu, 0, sizeof(g->gpu));
        g->f.dev.started = false;
        picture_up(g);
        refused_this_time(g, SIM_GPU_FLUSH, waits != 0);
        assert_ptr_equal(g->gpu.scanouts[0].resource, &frame.resource);
        /* The next time nothing of that is left. */
        request_init(&request);
        g->f.sim.mode = SIM_MANUAL;
        assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, &request.request), 0);
        g->f.sim.mode = SIM_AUTO;
        assert_int_equal(gpu_recover(g, true), 0);
        assert_done(&request, 0);
        assert_picture(g);
        refused_this_time(g, SIM_GPU_SET_SCANOUT, waits != 0);
        assert_null(g->gpu.scanouts[0].resource);
        assert_int_equal(virtio_gpu_show(&g->gpu, 0, &frame.resource, &(struct virtio_gpu_rect){3, 2, 80, 60}, NULL),
                         0);
        assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, NULL), 0);
        gpu_run(g);
        assert_picture(g);
        refused_this_time(g, SIM_GPU_CREATE_2D, waits != 0);
        assert_int_equal(frame.resource.state, VIRTIO_GPU_FAILED);
        assert_int_equal(image.resource.state, VIRTIO_GPU_FAILED);
        assert_null(g->gpu.scanouts[0].cursor.resource);
        picture_down(g);
    }
}

static void test_restart_fails(void **state)
{
    struct gpu_fixture *g = *state;
    struct gpu_request request;
    struct gpu_request destroy;
    struct frame doomed;
    int result;

    picture_up(g);
    frame_init(&doomed, 8, 8, 0);
    frame_create(g, &doomed);
    gpu_run(g);
    request_init(&request);
    request_init(&destroy);
    g->f.sim.mode = SIM_MANUAL;
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, &request.request), 0);
    assert_int_equal(virtio_gpu_resource_destroy(&g->gpu, &doomed.resource, &destroy.request), 0);
    gpu_notify(g);
    /* Features of the first start are gone. */
    sim_withdraw(&g->f.sim, SIM_GPU_F_EDID);
    virtio_gpu_stop(&g->gpu);
    result = virtio_gpu_restart(&g->gpu);
    assert_int_equal(result, -VIRTIO_EPROTO);
    virtio_gpu_resume(&g->gpu, result, true);
    assert_done(&request, -VIRTIO_EPROTO);
    assert_done(&destroy, -VIRTIO_EPROTO);
    assert_int_equal(virtio_gpu_poll(&g->gpu), 0);
    assert_int_equal(virtio_gpu_due(&g->gpu), 0);
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, NULL), -VIRTIO_EINVAL);
    assert_false(virtio_gpu_busy(&g->gpu));
    /* Its memory can be freed. */
    frame_free(&frame);
    frame_free(&image);
    frame_free(&doomed);
    gpu_down(g);
}

static void test_restart_not_confirmed(void **state)
{
    struct gpu_fixture *g = *state;
    struct gpu_request request;
    int result;

    picture_up(g);
    request_init(&request);
    g->f.sim.mode = SIM_MANUAL;
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, &request.request), 0);
    g->f.sim.reset_stuck = true;
    virtio_gpu_stop(&g->gpu);
    result = virtio_gpu_restart(&g->gpu);
    assert_int_equal(result, -VIRTIO_ETIMEDOUT);
    virtio_gpu_resume(&g->gpu, result, true);
    assert_done(&request, -VIRTIO_ETIMEDOUT);
    assert_int_equal(virtio_gpu_resource_release(&frame.resource), -VIRTIO_ETIMEDOUT);
    assert_int_equal(virtio_gpu_resource_release(&image.resource), -VIRTIO_ETIMEDOUT);
    g->f.abandons = true;
}

/* The second queue is gone when the device comes back. */
static void test_queue_gone(void **state)
{
    static const uint32_t sizes[2][2] = {{1024, 1}, {1, 1024}};
    struct gpu_fixture *g = *state;
    int result;

    for (unsigned int i = 0; i < 2; i++)
    {
        memset(&g->gpu, 0, sizeof(g->gpu));
        g->f.dev.started = false;
        picture_up(g);
        g->f.sim.queue[0].size_max = sizes[i][0];
        g->f.sim.queue[1].size_max = sizes[i][1];
        virtio_gpu_stop(&g->gpu);
        result = virtio_gpu_restart(&g->gpu);
        assert_int_equal(result, -VIRTIO_EPROTO);
        virtio_gpu_resume(&g->gpu, result, true);
        frame_free(&frame);
        frame_free(&image);
        g->f.sim.queue[0].size_max = g->f.sim.queue[1].size_max = 1024;
        gpu_down(g);
    }
}

/* It breaks again while the picture comes back, at any moment of that. */
static void test_reset_again_and_again(void **state)
{
    struct gpu_fixture *g = *state;
    struct gpu_request request;

    g->control_size = 8;
    picture_up(g);
    for (unsigned int steps = 0; steps < 12; steps++)
    {
        request_init(&request);
        g->f.sim.mode = SIM_MANUAL;
        assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, &request.request), 0);
        assert_int_equal(gpu_recover(g, false), 0);
        for (unsigned int i = 0; i < steps; i++)
        {
            (void)sim_step(&g->f.sim, 0, 1);
            (void)sim_step(&g->f.sim, 1, 1);
            (void)gpu_run(g);
        }
        g->f.sim.mode = SIM_AUTO;
        assert_int_equal(gpu_recover(g, true), 0);
        assert_done(&request, 0);
        assert_picture(g);
    }
    picture_down(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GPU_ALL(test_picture_comes_back),
        GPU_BOTH(test_displays_change_meanwhile),
        GPU_BOTH(test_all_kinds),
        GPU_ALL(test_many_resources),
        GPU_BOTH(test_calls_while_it_comes_back),
        GPU_BOTH(test_requests_in_flight),
        GPU_BOTH(test_destroy_in_flight),
        GPU_BOTH(test_fence_never_comes),
        GPU_BOTH(test_blame),
        GPU_BOTH(test_cursor_in_flight),
        GPU_BOTH(test_refused_this_time),
        GPU_BOTH(test_restart_fails),
        GPU_BOTH(test_restart_not_confirmed),
        GPU_BOTH(test_queue_gone),
        GPU_ALL(test_reset_again_and_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
