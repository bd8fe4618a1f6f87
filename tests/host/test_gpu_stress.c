/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random work: resources that come and go, are shown and updated, cursors, displays, errors, and resets at any moment.
 * Every request is done once, and what is shown in the end is what was drawn. The same in every run.
 */

#include "fixture_gpu.h"

#define OPERATIONS 30000
#define FRAMES     6
#define REQUESTS   64

static struct frame frames[FRAMES];
static bool there[FRAMES]; /* prepared and, as far as we know, created */
static struct gpu_request requests[REQUESTS];
static bool in_use[REQUESTS];
static struct gpu_request destroys[FRAMES];
static bool dying[FRAMES];
static unsigned int completed, failed, timed_out, resets, shown;

static unsigned int below(unsigned int n)
{
    return host_random() % n;
}

static struct gpu_request *new_request(void)
{
    unsigned int i = below(REQUESTS);

    if (in_use[i] || below(3) == 0)
    {
        return NULL; /* who does not care */
    }
    request_init(&requests[i]);
    return &requests[i];
}

static void submitted(struct gpu_request *request, int error)
{
    if (error == 0 && request != NULL)
    {
        in_use[request - requests] = true;
    }
    if (error != 0)
    {
        assert_true(error == -VIRTIO_EAGAIN || error == -VIRTIO_EIO || error == -VIRTIO_EPROTO ||
                    error == -VIRTIO_EINVAL);
    }
}

static void collect(void)
{
    for (unsigned int i = 0; i < REQUESTS; i++)
    {
        assert_true(requests[i].done <= 1);
        if (in_use[i] && requests[i].done == 1)
        {
            in_use[i] = false;
            *(requests[i].request.result == 0                   ? &completed
              : requests[i].request.result == -VIRTIO_ETIMEDOUT ? &timed_out
                                                                : &failed) += 1;
        }
    }
    for (unsigned int i = 0; i < FRAMES; i++)
    {
        assert_true(destroys[i].done <= 1);
        if (dying[i] && destroys[i].done == 1)
        {
            assert_int_equal(destroys[i].request.result, 0);
            dying[i] = false;
            there[i] = false;
            frame_free(&frames[i]);
        }
    }
}

static void create(struct gpu_fixture *g, unsigned int i)
{
    struct gpu_request *request = new_request();
    int error;

    frame_init(&frames[i], 64, i % 2 == 0 ? 64 : 1 + below(60), below(2) == 0 ? 0 : 100 + below(900));
    frames[i].resource.blob = i == 3;
    frame_fill(&frames[i], below(200));
    assert_int_equal(virtio_gpu_resource_prepare(&g->gpu, &frames[i].resource), 0);
    error = virtio_gpu_resource_create(&g->gpu, &frames[i].resource, request == NULL ? NULL : &request->request);
    submitted(request, error);
    there[i] = error == 0;
    if (error != 0)
    {
        frame_free(&frames[i]);
    }
}

static void destroy(struct gpu_fixture *g, unsigned int i)
{
    int result;

    request_init(&destroys[i]);
    result = virtio_gpu_resource_destroy(&g->gpu, &frames[i].resource, &destroys[i].request);
    dying[i] = result == 0;
    if (result == 1)
    {
        there[i] = false;
        frame_free(&frames[i]);
    }
    else
    {
        submitted(NULL, result);
    }
}

static void work(struct gpu_fixture *g, unsigned int i)
{
    struct virtio_gpu_resource *resource = &frames[i].resource;
    struct gpu_request *request;
    int result;
    struct virtio_gpu_rect rect;

    if (!there[i])
    {
        create(g, i);
        return;
    }
    if (dying[i])
    {
        return;
    }
    rect.x = below(resource->width);
    rect.y = below(resource->height);
    rect.width = 1 + below(resource->width - rect.x);
    rect.height = 1 + below(resource->height - rect.y);
    request = new_request();
    switch (below(6))
    {
    case 0:
        destroy(g, i);
        break;
    case 1:
        submitted(request, virtio_gpu_show(&g->gpu, (uint16_t)below(2), below(4) == 0 ? NULL : resource, &rect,
                                           request == NULL ? NULL : &request->request));
        break;
    case 2:
        submitted(NULL, virtio_gpu_cursor_set(&g->gpu, (uint16_t)below(2), below(3) == 0 ? NULL : resource, below(64),
                                              below(64)));
        break;
    default:
        frame_draw(&frames[i], rect.x, rect.y, rect.width, rect.height, below(200));
        result = virtio_gpu_update(&g->gpu, resource, &rect, request == NULL ? NULL : &request->request);
        if (result != 1 || !resource->blob) /* of which nothing may be shown */
        {
            submitted(request, result);
        }
        break;
    }
}

/* Not SET_SCANOUT and UPDATE_CURSOR: a device that refuses to hide something shows what the driver thinks it does not.
 */
static void misbehave(struct gpu_fixture *g)
{
    static const uint32_t responses[] = {SIM_GPU_ERR_UNSPEC, SIM_GPU_ERR_MEMORY, SIM_GPU_ERR_RESOURCE, SIM_GPU_OK_EDID};
    static const uint32_t commands[] = {SIM_GPU_GET_DISPLAY_INFO, SIM_GPU_GET_EDID,   SIM_GPU_CREATE_2D, SIM_GPU_ATTACH,
                                        SIM_GPU_TRANSFER,         SIM_GPU_FLUSH,      SIM_GPU_DETACH,    SIM_GPU_UNREF,
                                        SIM_GPU_CREATE_BLOB,      SIM_GPU_MOVE_CURSOR};

    g->host.only = commands[below(LENGTH(commands))];
    g->host.refused = below(4) == 0;
    g->host.fence_wrong = below(8) == 0;
    g->host.response = responses[below(LENGTH(responses))];
}

static void behave(struct gpu_fixture *g)
{
    g->host.refused = g->host.fence_wrong = false;
}

static void step(struct gpu_fixture *g)
{
    switch (below(8))
    {
    case 0:
        submitted(NULL, virtio_gpu_cursor_move(&g->gpu, (uint16_t)below(2), (int32_t)below(100), -1));
        break;
    case 1:
        sim_gpu_display(&g->f.sim, below(2), below(3) * 100, 100);
        (void)virtio_gpu_refresh(&g->gpu);
        virtio_gpu_query(&g->gpu);
        break;
    case 2:
        gpu_notify(g);
        break;
    case 3:
        misbehave(g);
        (void)sim_step(&g->f.sim, 0, 1 + below(6));
        (void)sim_step(&g->f.sim, 1, 1 + below(2));
        behave(g);
        break;
    case 4:
        if (virtio_gpu_poll(&g->gpu) < 0 || below(50) == 0)
        {
            for (unsigned int i = 0; i < REQUESTS; i++)
            {
                requests[i].request.expired = in_use[i] && below(4) == 0;
            }
            resets++;
            assert_int_equal(gpu_recover(g, below(2) == 0), 0);
        }
        break;
    default:
        work(g, below(FRAMES));
        break;
    }
    collect();
}

/* Let everything come to rest. */
static void settle(struct gpu_fixture *g)
{
    int result;

    do
    {
        gpu_notify(g);
        (void)sim_step(&g->f.sim, 0, 1000);
        (void)sim_step(&g->f.sim, 1, 1000);
        result = gpu_run(g);
        if (result < 0)
        {
            assert_int_equal(gpu_recover(g, true), 0);
        }
    } while (result != 0 || virtio_gpu_busy(&g->gpu));
    collect();
    for (unsigned int i = 0; i < REQUESTS; i++)
    {
        assert_false(in_use[i]);
    }
}

static void check(struct gpu_fixture *g)
{
    for (unsigned int i = 0; i < FRAMES; i++)
    {
        if (there[i] && virtio_gpu_update(&g->gpu, &frames[i].resource, NULL, NULL) == 0)
        {
            settle(g);
        }
    }
    for (uint16_t i = 0; i < 2; i++)
    {
        const struct virtio_gpu_scanout *scanout = &g->gpu.scanouts[i];
        struct sim_gpu_scanout *screen = &g->host.scanout[i];

        assert_int_equal(screen->resource, scanout->resource == NULL ? 0 : scanout->resource->id);
        if (scanout->resource != NULL)
        {
            /* The resource is the frame's first member. */
            assert_shown(g, i, (struct frame *)(void *)scanout->resource, scanout->rect.x, scanout->rect.y);
            shown++;
        }
    }
}

static void test_stress(void **state)
{
    struct gpu_fixture *g = *state;

    memset(there, 0, sizeof(there));
    memset(in_use, 0, sizeof(in_use));
    memset(dying, 0, sizeof(dying));
    memset(requests, 0, sizeof(requests));
    memset(destroys, 0, sizeof(destroys));
    completed = failed = timed_out = resets = shown = 0;
    g->host.keeps_memory = true;
    gpu_up(g);
    g->f.sim.mode = SIM_MANUAL;
    for (unsigned int i = 0; i < OPERATIONS; i++)
    {
        step(g);
        if (i % 500 == 499)
        {
            settle(g);
            check(g);
        }
    }
    settle(g);
    for (uint16_t i = 0; i < 2; i++)
    {
        assert_int_equal(virtio_gpu_show(&g->gpu, i, NULL, NULL, NULL), 0);
        assert_int_equal(virtio_gpu_cursor_set(&g->gpu, i, NULL, 0, 0), 0);
    }
    settle(g);
    for (unsigned int i = 0; i < FRAMES; i++)
    {
        if (there[i])
        {
            destroy(g, i);
            settle(g);
            assert_false(there[i]);
        }
    }
    assert_int_equal(sim_gpu_resources(&g->host), 0);
    assert_true(completed > 500 && failed > 50 && timed_out > 5 && resets > 20 && shown > 20);
    gpu_down(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GPU_ALL(test_stress),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
