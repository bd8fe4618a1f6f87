/* SPDX-License-Identifier: Apache-2.0 */
/* Cursors: images that are confirmed before they are shown, positions of which the last counts. */

#include "fixture_gpu.h"

static struct frame image;

/* A cursor image that the device has, and a GPU that runs. */
static void cursor_up(struct gpu_fixture *g)
{
    gpu_up(g);
    frame_init(&image, 64, 64, 1000);
    frame_create(g, &image);
    frame_fill(&image, 1);
    gpu_run(g);
}

static void cursor_down(struct gpu_fixture *g)
{
    assert_int_equal(virtio_gpu_cursor_set(&g->gpu, 0, NULL, 0, 0), 0);
    gpu_run(g);
    frame_destroy(g, &image);
    gpu_down(g);
}

static void assert_image(struct gpu_fixture *g, struct frame *frame)
{
    for (uint32_t i = 0; i < 64 * 64; i++)
    {
        assert_int_equal(g->host.scanout[0].image[i], *frame_at(frame, i % 64, i / 64));
    }
}

static void test_show_move_hide(void **state)
{
    struct gpu_fixture *g = *state;
    struct sim_gpu_scanout *screen = &g->host.scanout[0];

    cursor_up(g);
    assert_int_equal(virtio_gpu_cursor_move(&g->gpu, 0, 5, 6), 0); /* noted: nothing to be moved */
    gpu_run(g);
    assert_int_equal(gpu_executed(g, SIM_GPU_MOVE_CURSOR), 0);
    assert_int_equal(virtio_gpu_cursor_set(&g->gpu, 0, &image.resource, 3, 63), 0);
    assert_true(virtio_gpu_busy(&g->gpu));
    gpu_run(g);
    assert_false(virtio_gpu_busy(&g->gpu));
    assert_int_equal(screen->cursor, image.resource.id);
    assert_int_equal(screen->hot_x, 3);
    assert_int_equal(screen->hot_y, 63);
    assert_int_equal(screen->x, 5);
    assert_int_equal(screen->y, 6);
    assert_image(g, &image);

    assert_int_equal(virtio_gpu_cursor_move(&g->gpu, 0, -7, 2000), 0);
    gpu_run(g);
    assert_int_equal(screen->x, (uint32_t)-7);
    assert_int_equal(screen->y, 2000);
    assert_int_equal(screen->cursor, image.resource.id);
    assert_int_equal(gpu_executed(g, SIM_GPU_MOVE_CURSOR), 1);

    assert_int_equal(virtio_gpu_cursor_set(&g->gpu, 0, NULL, 0, 0), 0);
    gpu_run(g);
    assert_int_equal(screen->cursor, 0);
    assert_int_equal(g->gpu.cursor.ring.stats.errors, 0);
    cursor_down(g);
}

/* A device that answers nothing to cursor commands. */
static void test_mute(void **state)
{
    struct gpu_fixture *g = *state;

    g->host.cursor_mute = true;
    test_show_move_hide(state);
    assert_int_equal(g->failures, 0);
}

/* A new image in the same memory. */
static void test_new_image(void **state)
{
    struct gpu_fixture *g = *state;

    cursor_up(g);
    assert_int_equal(virtio_gpu_cursor_set(&g->gpu, 0, &image.resource, 0, 0), 0);
    gpu_run(g);
    frame_fill(&image, 2);
    assert_int_equal(virtio_gpu_cursor_set(&g->gpu, 0, &image.resource, 1, 0), 0);
    gpu_run(g);
    assert_image(g, &image);
    assert_int_equal(g->host.scanout[0].hot_x, 1);
    assert_int_equal(gpu_executed(g, SIM_GPU_UPDATE_CURSOR), 2);
    cursor_down(g);
}

static void test_bad_calls(void **state)
{
    struct gpu_fixture *g = *state;
    struct virtio_gpu *gpu = &g->gpu;
    struct frame other;

    cursor_up(g);
    assert_int_equal(virtio_gpu_cursor_set(gpu, 2, &image.resource, 0, 0), -VIRTIO_EINVAL);
    assert_int_equal(virtio_gpu_cursor_set(gpu, 2, NULL, 0, 0), -VIRTIO_EINVAL);
    assert_int_equal(virtio_gpu_cursor_move(gpu, 2, 0, 0), -VIRTIO_EINVAL);
    assert_int_equal(virtio_gpu_cursor_set(gpu, 0, &image.resource, 64, 0), -VIRTIO_EINVAL);
    assert_int_equal(virtio_gpu_cursor_set(gpu, 0, &image.resource, 0, 64), -VIRTIO_EINVAL);
    for (unsigned int i = 0; i < 3; i++)
    {
        frame_init(&other, i == 0 ? 63 : 64, i == 1 ? 65 : 64, 0);
        other.resource.blob = i == 2;
        assert_int_equal(virtio_gpu_cursor_set(gpu, 0, &other.resource, 0, 0), -VIRTIO_EINVAL);
        frame_create(g, &other);
        assert_int_equal(virtio_gpu_cursor_set(gpu, 0, &other.resource, 0, 0), -VIRTIO_EINVAL);
        gpu_run(g);
        frame_destroy(g, &other);
    }
    cursor_down(g);
}

/* The device takes its time: of all positions the last counts, and the image is waited for. */
static void test_slow_device(void **state)
{
    struct gpu_fixture *g = *state;
    struct virtio_gpu *gpu = &g->gpu;

    cursor_up(g);
    g->f.sim.mode = SIM_MANUAL;
    assert_int_equal(virtio_gpu_cursor_set(gpu, 0, &image.resource, 0, 0), 0);
    assert_int_equal(virtio_gpu_cursor_move(gpu, 0, 1, 1), 0);
    gpu_notify(g);
    assert_int_equal(sim_pending(&g->f.sim, 0), 1);
    assert_int_equal(sim_pending(&g->f.sim, 1), 0);
    /* Asked for again while the image is on its way: that one is shown, then the other transferred. */
    assert_int_equal(virtio_gpu_cursor_set(gpu, 0, &image.resource, 2, 2), 0);
    assert_int_equal(virtio_gpu_due(gpu), 0);
    assert_int_equal(sim_step(&g->f.sim, 0, 1), 1);
    assert_int_equal(virtio_gpu_poll(gpu), 1);
    gpu_notify(g);
    assert_int_equal(sim_pending(&g->f.sim, 0), 1);
    assert_int_equal(sim_pending(&g->f.sim, 1), 1);
    for (int32_t i = 0; i < 50; i++)
    {
        assert_int_equal(virtio_gpu_cursor_move(gpu, 0, i, i), 0);
    }
    gpu_notify(g);
    assert_int_equal(sim_pending(&g->f.sim, 1), 1);
    g->f.sim.mode = SIM_AUTO;
    assert_int_equal(sim_step(&g->f.sim, 0, 1), 1);
    assert_int_equal(sim_step(&g->f.sim, 1, 1), 1);
    gpu_run(g);
    assert_int_equal(g->host.scanout[0].x, 49);
    assert_int_equal(g->host.scanout[0].hot_x, 2);
    /* The position went with the second image. */
    assert_int_equal(gpu_executed(g, SIM_GPU_MOVE_CURSOR), 0);
    assert_int_equal(gpu_executed(g, SIM_GPU_UPDATE_CURSOR), 2);
    cursor_down(g);
}

/* Another image, or none, while the first is on its way. */
static void test_change_of_mind(void **state)
{
    struct gpu_fixture *g = *state;
    struct virtio_gpu *gpu = &g->gpu;
    struct gpu_request request;
    struct frame other;

    cursor_up(g);
    frame_init(&other, 64, 64, 0);
    frame_create(g, &other);
    frame_fill(&other, 9);
    gpu_run(g);
    g->f.sim.mode = SIM_MANUAL;
    assert_int_equal(virtio_gpu_cursor_set(gpu, 0, &image.resource, 0, 0), 0);
    assert_int_equal(virtio_gpu_cursor_set(gpu, 0, &other.resource, 0, 0), 0);
    request_init(&request);
    /* Its memory is being read. */
    assert_int_equal(virtio_gpu_resource_destroy(gpu, &image.resource, &request.request), -VIRTIO_EAGAIN);
    g->f.sim.mode = SIM_AUTO;
    gpu_run(g);
    assert_image(g, &other);
    assert_int_equal(g->host.scanout[0].cursor, other.resource.id);
    assert_int_equal(gpu_executed(g, SIM_GPU_UPDATE_CURSOR), 1);

    g->f.sim.mode = SIM_MANUAL;
    assert_int_equal(virtio_gpu_cursor_set(gpu, 0, &image.resource, 0, 0), 0);
    assert_int_equal(virtio_gpu_cursor_set(gpu, 0, NULL, 0, 0), 0);
    g->f.sim.mode = SIM_AUTO;
    gpu_run(g);
    assert_int_equal(g->host.scanout[0].cursor, 0);

    /* An update to one is owed when another is chosen. */
    assert_int_equal(virtio_gpu_cursor_set(gpu, 0, &image.resource, 0, 0), 0);
    gpu_run(g);
    g->f.sim.mode = SIM_MANUAL;
    assert_int_equal(virtio_gpu_cursor_move(gpu, 0, 3, 3), 0);
    assert_int_equal(virtio_gpu_cursor_set(gpu, 0, NULL, 0, 0), 0);
    assert_int_equal(virtio_gpu_cursor_set(gpu, 0, &other.resource, 0, 0), 0);
    gpu_notify(g);
    sim_step(&g->f.sim, 1, 9);
    assert_true(virtio_gpu_poll(gpu) > 0);
    assert_int_equal(g->host.scanout[0].cursor, image.resource.id);
    /* The device still has the first, until it has confirmed the other. */
    assert_int_equal(virtio_gpu_resource_destroy(gpu, &image.resource, &request.request), -VIRTIO_EAGAIN);
    g->f.sim.mode = SIM_AUTO;
    sim_step(&g->f.sim, 0, 9);
    gpu_run(g);
    assert_int_equal(g->host.scanout[0].cursor, other.resource.id);

    /* Nor may go what the device is being told of. */
    g->f.sim.mode = SIM_MANUAL;
    assert_int_equal(virtio_gpu_cursor_set(gpu, 0, &image.resource, 0, 0), 0);
    gpu_notify(g);
    sim_step(&g->f.sim, 0, 1);
    assert_int_equal(virtio_gpu_poll(gpu), 1);
    assert_int_equal(virtio_gpu_cursor_set(gpu, 0, NULL, 0, 0), 0);
    assert_int_equal(virtio_gpu_resource_destroy(gpu, &image.resource, &request.request), -VIRTIO_EAGAIN);
    g->f.sim.mode = SIM_AUTO;
    gpu_run(g);
    assert_int_equal(g->host.scanout[0].cursor, 0);
    frame_destroy(g, &other);
    cursor_down(g);
}

/* The hide is answered before the memory goes. */
static void test_destroy(void **state)
{
    struct gpu_fixture *g = *state;
    struct virtio_gpu *gpu = &g->gpu;
    struct gpu_request request;

    cursor_up(g);
    request_init(&request);
    assert_int_equal(virtio_gpu_cursor_set(gpu, 0, &image.resource, 0, 0), 0);
    gpu_run(g);
    assert_int_equal(virtio_gpu_resource_destroy(gpu, &image.resource, &request.request), -VIRTIO_EINVAL);
    g->f.sim.mode = SIM_MANUAL;
    assert_int_equal(virtio_gpu_cursor_move(gpu, 0, 1, 2), 0);
    assert_int_equal(virtio_gpu_cursor_set(gpu, 0, NULL, 0, 0), 0);
    assert_int_equal(virtio_gpu_resource_destroy(gpu, &image.resource, &request.request), -VIRTIO_EAGAIN);
    gpu_notify(g);
    assert_true(virtio_gpu_busy(gpu));
    sim_step(&g->f.sim, 1, 1); /* the move */
    assert_int_equal(virtio_gpu_poll(gpu), 1);
    assert_int_equal(virtio_gpu_resource_destroy(gpu, &image.resource, &request.request), -VIRTIO_EAGAIN);
    gpu_notify(g);
    sim_step(&g->f.sim, 1, 1); /* the hide */
    assert_int_equal(virtio_gpu_poll(gpu), 1);
    g->f.sim.mode = SIM_AUTO;
    assert_int_equal(virtio_gpu_resource_destroy(gpu, &image.resource, &request.request), 0);
    gpu_run(g);
    assert_done(&request, 0);
    frame_free(&image);
    gpu_down(g);
}

/* One on each scanout, of the same image; and no room in either ring. */
static void test_two_and_no_room(void **state)
{
    struct gpu_fixture *g = *state;
    struct virtio_gpu *gpu = &g->gpu;

    g->cursor_size = 2; /* one command, without indirect tables */
    g->control_size = 4;
    cursor_up(g);
    g->f.sim.mode = SIM_MANUAL;
    while (virtio_gpu_update(gpu, &image.resource, NULL, NULL) == 0)
    {
    }
    for (uint16_t i = 0; i < 2; i++)
    {
        assert_int_equal(virtio_gpu_cursor_set(gpu, i, &image.resource, i, 0), 0);
        assert_int_equal(virtio_gpu_cursor_move(gpu, i, i, i), 0);
    }
    g->f.sim.mode = SIM_AUTO;
    gpu_run(g);
    for (uint16_t i = 0; i < 2; i++)
    {
        assert_int_equal(g->host.scanout[i].cursor, image.resource.id);
        assert_int_equal(g->host.scanout[i].hot_x, i);
        assert_int_equal(g->host.scanout[i].x, i);
    }
    for (uint16_t i = 0; i < 2; i++)
    {
        assert_int_equal(virtio_gpu_cursor_set(gpu, i, NULL, 0, 0), 0);
    }
    gpu_run(g);
    cursor_down(g);
}

/* --- Bad days --- */

static void test_image_refused(void **state)
{
    struct gpu_fixture *g = *state;

    cursor_up(g);
    g->host.only = SIM_GPU_TRANSFER;
    g->host.refused = true;
    g->host.response = SIM_GPU_ERR_UNSPEC;
    assert_int_equal(virtio_gpu_cursor_set(&g->gpu, 0, &image.resource, 0, 0), 0);
    gpu_run(g);
    assert_int_equal(g->failures, 1);
    assert_ptr_equal(g->failed, &image.resource);
    assert_int_equal(g->failure, -VIRTIO_EIO);
    assert_int_equal(gpu_executed(g, SIM_GPU_UPDATE_CURSOR), 0);
    g->host.refused = false;
    assert_int_equal(virtio_gpu_cursor_set(&g->gpu, 0, &image.resource, 0, 0), 0);
    gpu_run(g);
    assert_image(g, &image);
    cursor_down(g);
}

/* The fence of the image is wrong: nobody knows that it is there. */
static void test_image_unconfirmed(void **state)
{
    struct gpu_fixture *g = *state;

    cursor_up(g);
    g->host.only = SIM_GPU_TRANSFER;
    g->host.fence_wrong = true;
    assert_int_equal(virtio_gpu_cursor_set(&g->gpu, 0, &image.resource, 0, 0), 0);
    gpu_run(g);
    assert_int_equal(g->failure, -VIRTIO_EPROTO);
    assert_int_equal(gpu_executed(g, SIM_GPU_UPDATE_CURSOR), 0);
    g->host.fence_wrong = false;
    cursor_down(g);
}

static void test_command_refused(void **state)
{
    struct gpu_fixture *g = *state;

    cursor_up(g);
    g->host.only = SIM_GPU_UPDATE_CURSOR;
    g->host.refused = true;
    g->host.response = SIM_GPU_ERR_PARAMETER;
    assert_int_equal(virtio_gpu_cursor_set(&g->gpu, 0, &image.resource, 0, 0), 0);
    gpu_run(g);
    /* Nor could it be hidden. */
    assert_int_equal(g->failures, 2);
    assert_int_equal(g->failure, -VIRTIO_EINVAL);
    assert_int_equal(g->gpu.cursor.ring.stats.errors, 2);
    assert_null(g->gpu.scanouts[0].cursor.resource);
    assert_int_equal(virtio_gpu_cursor_move(&g->gpu, 0, 1, 1), 0);
    gpu_run(g);
    assert_int_equal(gpu_executed(g, SIM_GPU_MOVE_CURSOR), 0);
    g->host.refused = false;
    /* Short, but not of no length. */
    g->host.length_replaced = true;
    g->host.length = 4;
    assert_int_equal(virtio_gpu_cursor_set(&g->gpu, 0, NULL, 0, 0), 0);
    gpu_run(g);
    assert_int_equal(g->failure, -VIRTIO_EPROTO);
    assert_null(g->failed);
    g->host.length_replaced = false;
    cursor_down(g);
}

/* The image could not be created: no cursor of it, whether asked for before or after that was known. */
static void test_create_refused(void **state)
{
    struct gpu_fixture *g = *state;

    gpu_up(g);
    g->host.only = SIM_GPU_CREATE_2D;
    g->host.refused = true;
    g->host.response = SIM_GPU_ERR_MEMORY;
    frame_init(&image, 64, 64, 0);
    frame_create(g, &image);
    assert_int_equal(virtio_gpu_cursor_set(&g->gpu, 0, &image.resource, 0, 0), 0);
    gpu_run(g);
    assert_true(g->failures >= 1);
    assert_null(g->gpu.scanouts[0].cursor.resource);
    assert_int_equal(virtio_gpu_cursor_set(&g->gpu, 0, &image.resource, 0, 0), -VIRTIO_EIO);
    g->host.refused = false;
    frame_destroy(g, &image);
    gpu_down(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GPU_ALL(test_show_move_hide),   GPU_BOTH(test_mute),
        GPU_BOTH(test_new_image),       GPU_BOTH(test_bad_calls),
        GPU_BOTH(test_slow_device),     GPU_BOTH(test_change_of_mind),
        GPU_BOTH(test_destroy),         GPU_ALL(test_two_and_no_room),
        GPU_BOTH(test_image_refused),   GPU_BOTH(test_image_unconfirmed),
        GPU_BOTH(test_command_refused), GPU_BOTH(test_create_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
