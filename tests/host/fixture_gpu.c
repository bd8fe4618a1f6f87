/* SPDX-License-Identifier: Apache-2.0 */
/* The shortest binding there can be: no locks, no waiting. */

#include <unistd.h>

#include "fixture_gpu.h"

static void on_display(void *context, uint16_t scanout, enum virtio_gpu_event event)
{
    struct gpu_fixture *g = context;

    if (g->event_count < GPU_EVENTS)
    {
        g->events[g->event_count].scanout = scanout;
        g->events[g->event_count].event = event;
    }
    g->event_count++;
}

static void on_failed(void *context, struct virtio_gpu_resource *resource, int error)
{
    struct gpu_fixture *g = context;

    g->failures++;
    g->failed = resource;
    g->failure = error;
}

static const struct virtio_gpu_callbacks callbacks = {.display = on_display, .failed = on_failed};

int setup_gpu(void **state)
{
    struct gpu_fixture *g = calloc(1, sizeof(*g));

    alarm(100); /* a driver that hangs ends here */
    violation_clear();
    host_reset();
    g->f.variant = *state;
    g->f.dev.name = "virtio-gpu0";
    sim_gpu_init(&g->f.sim, &g->host, g->f.variant->legacy);
    fixture_offer_ring(&g->f.sim, g->f.variant);
    g->control_size = 16;
    g->cursor_size = 4;
    *state = g;
    return 0;
}

int teardown_gpu(void **state)
{
    struct gpu_fixture *g = *state;

    sim_gpu_forget(&g->host);
    return teardown(state);
}

int gpu_start(struct gpu_fixture *g)
{
    fixture_probe(&g->f);
    return virtio_gpu_start(&g->gpu, &g->f.dev, &callbacks, g, g->control_size, g->cursor_size);
}

void gpu_up(struct gpu_fixture *g)
{
    assert_int_equal(gpu_start(g), 0);
    assert_true(gpu_run(g) >= 0);
    assert_conformant();
}

void gpu_down(struct gpu_fixture *g)
{
    virtio_gpu_destroy(&g->gpu);
    assert_int_equal(g->f.sim.status, 0);
}

void gpu_notify(struct gpu_fixture *g)
{
    virtio_gpu_notify(&g->gpu, virtio_gpu_due(&g->gpu));
}

int gpu_run(struct gpu_fixture *g)
{
    int answers = 0;
    int result;

    do
    {
        gpu_notify(g);
        result = virtio_gpu_poll(&g->gpu);
        answers += result;
    } while (result > 0);
    return result < 0 ? result : answers;
}

int gpu_recover(struct gpu_fixture *g, bool blame)
{
    int result;

    virtio_gpu_stop(&g->gpu);
    result = virtio_gpu_restart(&g->gpu);
    virtio_gpu_resume(&g->gpu, result, blame);
    (void)gpu_run(g);
    return result;
}

unsigned int gpu_events(struct gpu_fixture *g, uint16_t scanout, enum virtio_gpu_event event)
{
    unsigned int count = 0;

    for (unsigned int i = 0; i < g->event_count && i < GPU_EVENTS; i++)
    {
        count += g->events[i].scanout == scanout && g->events[i].event == event;
    }
    return count;
}

void gpu_forget_events(struct gpu_fixture *g)
{
    g->event_count = 0;
}

uint64_t gpu_executed(const struct gpu_fixture *g, uint32_t command)
{
    return g->host.executed[sim_gpu_code(command)];
}

/* --- Frames --- */

void frame_init(struct frame *frame, uint32_t width, uint32_t height, uint32_t piece)
{
    uint32_t left = width * height;
    virtio_dma_addr_t address;

    memset(frame, 0, sizeof(*frame));
    frame->pixels = left;
    frame->piece = piece != 0 ? piece : left;
    while (left != 0)
    {
        uint32_t pixels = left < frame->piece ? left : frame->piece;

        assert_true(frame->pieces < FRAME_PIECES);
        frame->memory[frame->pieces] = virtio_platform_dma_alloc(pixels * 4, 64, &address);
        frame->sg[frame->pieces].address = address;
        frame->sg[frame->pieces].length = pixels * 4;
        frame->pieces++;
        left -= pixels;
    }
    frame->resource.format = VIRTIO_GPU_FORMAT_B8G8R8X8;
    frame->resource.width = width;
    frame->resource.height = height;
    frame->resource.backing = frame->sg;
    frame->resource.backing_count = frame->pieces;
}

void frame_create(struct gpu_fixture *g, struct frame *frame)
{
    assert_int_equal(virtio_gpu_resource_prepare(&g->gpu, &frame->resource), 0);
    assert_int_equal(virtio_gpu_resource_create(&g->gpu, &frame->resource, NULL), 0);
}

uint32_t *frame_at(struct frame *frame, uint32_t x, uint32_t y)
{
    uint32_t at = y * frame->resource.width + x;

    return &frame->memory[at / frame->piece][at % frame->piece];
}

void frame_draw(struct frame *frame, uint32_t x, uint32_t y, uint32_t width, uint32_t height, uint32_t seed)
{
    for (uint32_t j = y; j < y + height; j++)
    {
        for (uint32_t i = x; i < x + width; i++)
        {
            *frame_at(frame, i, j) = seed << 24 | j << 12 | i;
        }
    }
}

void frame_fill(struct frame *frame, uint32_t seed)
{
    frame_draw(frame, 0, 0, frame->resource.width, frame->resource.height, seed);
}

void frame_free(struct frame *frame)
{
    assert_int_equal(virtio_gpu_resource_release(&frame->resource), 0);
    for (uint32_t i = 0; i < frame->pieces; i++)
    {
        virtio_platform_dma_free(frame->memory[i], frame->sg[i].length);
    }
    frame->pieces = 0;
}

void frame_destroy(struct gpu_fixture *g, struct frame *frame)
{
    struct gpu_request request;
    int result;

    request_init(&request);
    result = virtio_gpu_resource_destroy(&g->gpu, &frame->resource, &request.request);
    assert_in_range(result, 0, 1);
    gpu_run(g);
    if (result == 0)
    {
        assert_done(&request, 0);
    }
    else
    {
        assert_int_equal(request.done, 0);
    }
    frame_free(frame);
}

void assert_shown(struct gpu_fixture *g, uint16_t scanout, struct frame *frame, uint32_t x, uint32_t y)
{
    const struct virtio_gpu_rect *rect = &g->gpu.scanouts[scanout].rect;

    for (uint32_t j = 0; j < rect->height && j < SIM_GPU_SCREEN; j++)
    {
        for (uint32_t i = 0; i < rect->width && i < SIM_GPU_SCREEN; i++)
        {
            uint32_t wanted = *frame_at(frame, x + i, y + j);
            uint32_t seen = sim_gpu_pixel(&g->host, scanout, i, j);

            if (seen != wanted)
            {
                print_message("at %u,%u\n", i, j);
                assert_int_equal(seen, wanted);
            }
        }
    }
}

/* --- Requests --- */

static void on_done(struct virtio_gpu_request *request)
{
    struct gpu_request *r = request->context;

    r->done++;
}

void request_init(struct gpu_request *request)
{
    memset(request, 0, sizeof(*request));
    request->request.done = on_done;
    request->request.context = request;
}

void assert_done(struct gpu_request *request, int result)
{
    assert_int_equal(request->done, 1);
    assert_int_equal(request->request.result, result);
}
