/* SPDX-License-Identifier: Apache-2.0 */
/* Calls: what is refused, ids, many pieces of memory, and how commands go into the ring. */

#include "fixture_gpu.h"

/* --- What the caller does wrong --- */

static void test_sizes(void **state)
{
    struct gpu_fixture *g = *state;
    struct virtio_sg huge[4] = {
        {4096, 0xfffff000}, {0x200000000ull, 0xfffff000}, {4096, 0xfffff000}, {4096, 0xfffff000}};
    struct virtio_gpu_resource resource = {.format = 1, .backing = huge};

    gpu_up(g);
    resource.width = 65535;
    resource.height = 65535;
    /* 17 GB: not within three pieces of 4 GiB, but within four. */
    resource.backing_count = 3;
    assert_int_equal(virtio_gpu_resource_prepare(&g->gpu, &resource), -VIRTIO_EINVAL);
    resource.backing_count = 4;
    assert_int_equal(virtio_gpu_resource_prepare(&g->gpu, &resource), 0);
    assert_int_equal(virtio_gpu_resource_prepare(&g->gpu, &resource), -VIRTIO_EINVAL); /* again */
    assert_int_equal(virtio_gpu_resource_release(&resource), 0);
    assert_int_equal(virtio_gpu_resource_release(&resource), 0);

    resource.width = 65536;
    assert_int_equal(virtio_gpu_resource_prepare(&g->gpu, &resource), -VIRTIO_EINVAL);
    resource.width = 0;
    assert_int_equal(virtio_gpu_resource_prepare(&g->gpu, &resource), -VIRTIO_EINVAL);
    resource.width = 65535;
    resource.height = 65536;
    assert_int_equal(virtio_gpu_resource_prepare(&g->gpu, &resource), -VIRTIO_EINVAL);
    resource.height = 0;
    assert_int_equal(virtio_gpu_resource_prepare(&g->gpu, &resource), -VIRTIO_EINVAL);
    resource.width = resource.height = 10;
    resource.backing_count = VIRTIO_GPU_ENTRIES_MAX + 1;
    assert_int_equal(virtio_gpu_resource_prepare(&g->gpu, &resource), -VIRTIO_EMSGSIZE);
    resource.backing_count = 0;
    assert_int_equal(virtio_gpu_resource_prepare(&g->gpu, &resource), -VIRTIO_EINVAL);
    resource.backing_count = 2;
    huge[1].length = 0;
    assert_int_equal(virtio_gpu_resource_prepare(&g->gpu, &resource), -VIRTIO_EINVAL);
    huge[0].length = 399;
    resource.backing_count = 1;
    assert_int_equal(virtio_gpu_resource_prepare(&g->gpu, &resource), -VIRTIO_EINVAL);
    huge[0].length = 400;
    host.fail_alloc_at = 1;
    assert_int_equal(virtio_gpu_resource_prepare(&g->gpu, &resource), -VIRTIO_ENOMEM);
    gpu_down(g);
}

/* The offset of the last pixel of the largest resource is more than 32 bits. */
static void test_far_offset(void **state)
{
    struct gpu_fixture *g = *state;
    struct virtio_sg huge[4] = {{4096, 0xfffff000}, {4096, 0xfffff000}, {4096, 0xfffff000}, {4096, 0xfffff000}};
    struct virtio_gpu_resource resource = {.format = 1, .backing = huge, .backing_count = 4};
    uint8_t message[56];

    gpu_up(g);
    resource.width = resource.height = 65535;
    assert_int_equal(virtio_gpu_resource_prepare(&g->gpu, &resource), 0);
    /* Not shown to the device, which would object to such memory. */
    g->f.sim.mode = SIM_MANUAL;
    assert_int_equal(virtio_gpu_resource_create(&g->gpu, &resource, NULL), 0);
    assert_int_equal(virtio_gpu_update(&g->gpu, &resource, &(struct virtio_gpu_rect){65534, 65534, 1, 1}, NULL), 0);
    gpu_notify(g);
    assert_int_equal(sim_pending(&g->f.sim, 0), 4);
    assert_int_equal(sim_copy_in(sim_pending_chain(&g->f.sim, 0, 2), 0, message, sizeof(message)), sizeof(message));
    /* 65534 * 65536 * 4 */
    assert_memory_equal(message + 40, "\x00\x00\xf8\xff\x03\x00\x00\x00", 8);
    virtio_gpu_destroy(&g->gpu);
    assert_int_equal(virtio_gpu_resource_release(&resource), 0);
}

static void test_bad_calls(void **state)
{
    struct gpu_fixture *g = *state;
    struct virtio_gpu *gpu = &g->gpu;
    struct gpu_request request;
    struct frame frame;

    gpu_up(g);
    request_init(&request);
    frame_init(&frame, 20, 10, 0);
    /* Not prepared, not created. */
    assert_int_equal(virtio_gpu_resource_create(gpu, &frame.resource, NULL), -VIRTIO_EINVAL);
    assert_int_equal(virtio_gpu_resource_destroy(gpu, &frame.resource, &request.request), -VIRTIO_EINVAL);
    assert_int_equal(virtio_gpu_resource_prepare(gpu, &frame.resource), 0);
    assert_int_equal(virtio_gpu_show(gpu, 0, &frame.resource, NULL, NULL), -VIRTIO_EINVAL);
    assert_int_equal(virtio_gpu_update(gpu, &frame.resource, NULL, NULL), -VIRTIO_EINVAL);
    assert_int_equal(virtio_gpu_resource_create(gpu, &frame.resource, NULL), 0);
    assert_int_equal(virtio_gpu_resource_create(gpu, &frame.resource, NULL), -VIRTIO_EINVAL);
    assert_int_equal(virtio_gpu_resource_prepare(gpu, &frame.resource), -VIRTIO_EINVAL);
    assert_int_equal(virtio_gpu_resource_release(&frame.resource), -VIRTIO_EAGAIN);

    /* Rectangles. */
    for (unsigned int i = 0; i < 2; i++)
    {
        static const struct virtio_gpu_rect bad[] = {
            {0, 0, 0, 1},  {0, 0, 1, 0},          {0, 0, 21, 1},         {0, 0, 1, 11},         {20, 0, 1, 1},
            {0, 10, 1, 1}, {0xffffffff, 0, 2, 1}, {0, 0xffffffff, 1, 2}, {1, 0, 0xffffffff, 1}, {0, 1, 1, 0xffffffff},
        };

        for (unsigned int j = 0; j < LENGTH(bad); j++)
        {
            assert_int_equal(i == 0 ? virtio_gpu_update(gpu, &frame.resource, &bad[j], NULL)
                                    : virtio_gpu_show(gpu, 0, &frame.resource, &bad[j], NULL),
                             -VIRTIO_EINVAL);
        }
    }
    assert_int_equal(virtio_gpu_show(gpu, 2, &frame.resource, NULL, NULL), -VIRTIO_EINVAL);
    assert_int_equal(virtio_gpu_show(gpu, 2, NULL, NULL, NULL), -VIRTIO_EINVAL);

    /* In use, or on its way. */
    assert_int_equal(virtio_gpu_resource_destroy(gpu, &frame.resource, &request.request), -VIRTIO_EAGAIN);
    gpu_run(g);
    assert_int_equal(virtio_gpu_resource_destroy(gpu, &frame.resource, NULL), -VIRTIO_EINVAL);
    assert_int_equal(virtio_gpu_show(gpu, 1, &frame.resource, NULL, NULL), 0);
    assert_int_equal(virtio_gpu_resource_destroy(gpu, &frame.resource, &request.request), -VIRTIO_EINVAL);
    gpu_run(g);
    assert_int_equal(virtio_gpu_show(gpu, 1, NULL, NULL, NULL), 0);
    assert_int_equal(virtio_gpu_resource_destroy(gpu, &frame.resource, &request.request), -VIRTIO_EAGAIN);
    gpu_run(g);
    assert_int_equal(virtio_gpu_resource_destroy(gpu, &frame.resource, &request.request), 0);
    assert_int_equal(virtio_gpu_resource_destroy(gpu, &frame.resource, &request.request), -VIRTIO_EINVAL);
    assert_int_equal(virtio_gpu_update(gpu, &frame.resource, NULL, NULL), -VIRTIO_EINVAL);
    gpu_run(g);
    assert_done(&request, 0);
    frame_free(&frame);
    gpu_down(g);
}

/* --- Ids --- */

static void test_ids(void **state)
{
    struct gpu_fixture *g = *state;
    struct frame frame[4];

    gpu_up(g);
    for (unsigned int i = 0; i < 3; i++)
    {
        frame_init(&frame[i], 4, 4, 0);
        frame_create(g, &frame[i]);
        gpu_run(g);
        assert_int_equal(frame[i].resource.id, i + 1);
    }
    frame_destroy(g, &frame[1]);
    /* Neither 0 nor one that is in use, when they begin anew. */
    g->gpu.last_id = UINT32_MAX - 1;
    frame_init(&frame[1], 4, 4, 0);
    frame_create(g, &frame[1]);
    assert_int_equal(frame[1].resource.id, UINT32_MAX);
    gpu_run(g);
    frame_init(&frame[3], 4, 4, 0);
    frame_create(g, &frame[3]);
    assert_int_equal(frame[3].resource.id, 2);
    gpu_run(g);
    for (unsigned int i = 0; i < 4; i++)
    {
        frame_destroy(g, &frame[i]);
    }
    gpu_down(g);
}

/* A resource can be used again and again. */
static void test_create_again(void **state)
{
    struct gpu_fixture *g = *state;
    struct gpu_request request;
    struct frame frame;

    gpu_up(g);
    frame_init(&frame, 4, 4, 0);
    assert_int_equal(virtio_gpu_resource_prepare(&g->gpu, &frame.resource), 0);
    for (unsigned int i = 0; i < 3; i++)
    {
        request_init(&request);
        assert_int_equal(virtio_gpu_resource_create(&g->gpu, &frame.resource, &request.request), 0);
        gpu_run(g);
        assert_done(&request, 0);
        request_init(&request);
        assert_int_equal(virtio_gpu_resource_destroy(&g->gpu, &frame.resource, &request.request), 0);
        gpu_run(g);
        assert_done(&request, 0);
    }
    frame_free(&frame);
    gpu_down(g);
}

/* The most pieces that there can be. */
static void test_many_pieces(void **state)
{
    static struct virtio_sg sg[VIRTIO_GPU_ENTRIES_MAX];
    struct gpu_fixture *g = *state;
    struct virtio_gpu_resource resource = {.format = 2, .width = 128, .height = 128, .backing = sg};
    struct gpu_request request;
    virtio_dma_addr_t address;
    uint32_t *memory;

    gpu_up(g);
    memory = virtio_platform_dma_alloc(VIRTIO_GPU_ENTRIES_MAX * 4, 64, &address);
    for (uint32_t i = 0; i < VIRTIO_GPU_ENTRIES_MAX; i++)
    {
        /* From the end on. */
        sg[i].address = address + (VIRTIO_GPU_ENTRIES_MAX - 1 - i) * 4;
        sg[i].length = 4;
        memory[i] = i;
    }
    resource.backing_count = VIRTIO_GPU_ENTRIES_MAX;
    request_init(&request);
    assert_int_equal(virtio_gpu_resource_prepare(&g->gpu, &resource), 0);
    assert_int_equal(virtio_gpu_resource_create(&g->gpu, &resource, NULL), 0);
    assert_int_equal(virtio_gpu_update(&g->gpu, &resource, NULL, &request.request), 0);
    gpu_run(g);
    assert_done(&request, 0);
    for (uint32_t i = 0; i < 128 * 128; i++)
    {
        assert_int_equal(sim_gpu_resource(&g->host, resource.id)->pixels[i], 128 * 128 - 1 - i);
    }
    request_init(&request);
    assert_int_equal(virtio_gpu_resource_destroy(&g->gpu, &resource, &request.request), 0);
    gpu_run(g);
    assert_done(&request, 0);
    assert_int_equal(virtio_gpu_resource_release(&resource), 0);
    virtio_platform_dma_free(memory, VIRTIO_GPU_ENTRIES_MAX * 4);
    gpu_down(g);
}

/* --- In the ring --- */

/* Several commands are published together, with one notification; fences only where somebody waits. */
static void test_one_notification(void **state)
{
    struct gpu_fixture *g = *state;
    struct gpu_request request;
    struct frame frame;
    uint64_t notifications;

    gpu_up(g);
    frame_init(&frame, 10, 10, 0);
    frame_create(g, &frame);
    gpu_run(g);
    notifications = g->f.sim.queue[0].notifications;
    assert_int_equal(g->host.fences, 0);
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, NULL), 0);
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, NULL), 0);
    assert_int_equal(gpu_run(g), 4);
    assert_int_equal(g->f.sim.queue[0].notifications, notifications + 1);
    assert_int_equal(g->host.fences, 0);
    request_init(&request);
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, &request.request), 0);
    gpu_run(g);
    assert_int_equal(g->host.fences, 2);
    assert_int_equal(g->host.last_fence, 2);
    assert_int_equal(virtio_gpu_due(&g->gpu), 0); /* nothing new */
    frame_destroy(g, &frame);
    gpu_down(g);
}

static void test_full_ring(void **state)
{
    struct gpu_fixture *g = *state;
    struct gpu_request request[8];
    struct frame frame;
    unsigned int pairs = g->f.variant->indirect ? 8 : 4;
    struct gpu_request destroy;

    gpu_up(g);
    frame_init(&frame, 10, 10, 0);
    frame_create(g, &frame);
    gpu_run(g);
    g->f.sim.mode = SIM_MANUAL;
    for (unsigned int i = 0; i < pairs; i++)
    {
        request_init(&request[i]);
        assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, &request[i].request), 0);
    }
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, NULL), -VIRTIO_EAGAIN);
    assert_int_equal(virtio_gpu_show(&g->gpu, 0, &frame.resource, NULL, NULL), -VIRTIO_EAGAIN);
    request_init(&destroy);
    assert_int_equal(virtio_gpu_resource_destroy(&g->gpu, &frame.resource, &destroy.request), -VIRTIO_EAGAIN);
    virtio_gpu_query(&g->gpu); /* noted */
    gpu_notify(g);
    /* The transfer alone is not all of it. */
    sim_finish(&g->f.sim, 0, 0);
    assert_int_equal(virtio_gpu_poll(&g->gpu), 1);
    assert_int_equal(request[0].done, 0);
    /* The room that came free went to the question. */
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, NULL), -VIRTIO_EAGAIN);
    gpu_notify(g);
    g->f.sim.order = SIM_RANDOM;
    while (sim_step(&g->f.sim, 0, 1) != 0)
    {
        assert_true(virtio_gpu_poll(&g->gpu) >= 0);
        gpu_notify(g);
    }
    for (unsigned int i = 0; i < pairs; i++)
    {
        assert_done(&request[i], 0);
    }
    assert_int_equal(virtio_gpu_poll(&g->gpu), 0);
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, NULL), 0);
    g->f.sim.mode = SIM_AUTO;
    gpu_notify(g);
    gpu_run(g);
    frame_destroy(g, &frame);
    gpu_down(g);
}

static void finish_another(void *context)
{
    struct gpu_fixture *g = context;

    /* Between the last look and the request for notifications. */
    (void)sim_step(&g->f.sim, 0, 1);
}

static void test_race(void **state)
{
    struct gpu_fixture *g = *state;
    struct gpu_request request[3];
    struct frame frame;

    gpu_up(g);
    frame_init(&frame, 10, 10, 0);
    frame_create(g, &frame);
    gpu_run(g);
    g->f.sim.mode = SIM_MANUAL;
    for (unsigned int i = 0; i < LENGTH(request); i++)
    {
        request_init(&request[i]);
        assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, &request[i].request), 0);
    }
    gpu_notify(g);
    host.on_barrier = finish_another;
    host.barrier_context = g;
    assert_int_equal(virtio_gpu_poll(&g->gpu), 6);
    host.on_barrier = NULL;
    for (unsigned int i = 0; i < LENGTH(request); i++)
    {
        assert_done(&request[i], 0);
    }
    g->f.sim.mode = SIM_AUTO;
    frame_destroy(g, &frame);
    gpu_down(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GPU_BOTH(test_sizes),
        GPU_BOTH(test_far_offset),
        GPU_BOTH(test_bad_calls),
        GPU_BOTH(test_ids),
        GPU_BOTH(test_create_again),
        GPU_BOTH(test_many_pieces),
        GPU_ALL(test_one_notification),
        GPU_ALL(test_full_ring),
        GPU_ALL(test_race),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
