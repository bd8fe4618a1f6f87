/* SPDX-License-Identifier: Apache-2.0 */
/* What a binding does with the GPU engine, in its shortest form. */
#ifndef TEST_FIXTURE_GPU_H
#define TEST_FIXTURE_GPU_H

#include <virtio/gpu.h>

#include "fixture.h"
#include "sim/sim_gpu.h"

#define FRAME_PIECES 64
#define GPU_EVENTS   64

struct gpu_fixture
{
    struct fixture f; /* first: teardown() knows only this */
    struct sim_gpu host;
    struct virtio_gpu gpu;
    uint16_t control_size, cursor_size;

    struct
    {
        uint16_t scanout;
        enum virtio_gpu_event event;
    } events[GPU_EVENTS];
    unsigned int event_count;

    unsigned int failures;
    struct virtio_gpu_resource *failed;
    int failure;
};

/* A resource with its memory, in pieces of so many pixels. */
struct frame
{
    struct virtio_gpu_resource resource;
    struct virtio_sg sg[FRAME_PIECES];
    uint32_t *memory[FRAME_PIECES];
    uint32_t pieces;
    uint32_t piece; /* pixels */
    uint32_t pixels;
};

struct gpu_request
{
    struct virtio_gpu_request request;
    unsigned int done;
};

/* Two scanouts, a display of 100 x 80 on the first; everything offered. */
int setup_gpu(void **state);
int teardown_gpu(void **state);

#define GPU_VARIANT(test, text, number)                                                 \
    {                                                                                   \
#test text, test, setup_gpu, teardown_gpu, (void *)(uintptr_t)&variants[number] \
    }
#define GPU_LEGACY(test) GPU_VARIANT(test, " [legacy]", 0)
#define GPU_MODERN(test) GPU_VARIANT(test, " [modern]", 4)
#define GPU_BOTH(test)   GPU_LEGACY(test), GPU_MODERN(test)
#define GPU_SPLIT(test)                                                                                      \
    GPU_VARIANT(test, " [legacy, indirect, event_idx]", 0), GPU_VARIANT(test, " [legacy, indirect]", 1),     \
        GPU_VARIANT(test, " [legacy, event_idx]", 2), GPU_VARIANT(test, " [legacy, neither]", 3),            \
        GPU_VARIANT(test, " [modern, indirect, event_idx]", 4), GPU_VARIANT(test, " [modern, indirect]", 5), \
        GPU_VARIANT(test, " [modern, event_idx]", 6), GPU_VARIANT(test, " [modern, neither]", 7)
#define GPU_PACKED(test)                                                                                 \
    GPU_VARIANT(test, " [packed, indirect, event_idx]", 8), GPU_VARIANT(test, " [packed, indirect]", 9), \
        GPU_VARIANT(test, " [packed, event_idx]", 10), GPU_VARIANT(test, " [packed, neither]", 11)
#define GPU_ALL(test) GPU_SPLIT(test), GPU_PACKED(test)

/* Probe and start. */
int gpu_start(struct gpu_fixture *g);
/* The same, asserting success, and everything that follows of itself. */
void gpu_up(struct gpu_fixture *g);
void gpu_down(struct gpu_fixture *g);
/* Send what is due. */
void gpu_notify(struct gpu_fixture *g);
/* Notify and poll, until nothing is due any more. The last poll's result if negative, else the answers. */
int gpu_run(struct gpu_fixture *g);
/* Stop, restart, resume, and what follows of itself. Returns the restart's result. */
int gpu_recover(struct gpu_fixture *g, bool blame);

unsigned int gpu_events(struct gpu_fixture *g, uint16_t scanout, enum virtio_gpu_event event);
void gpu_forget_events(struct gpu_fixture *g);
uint64_t gpu_executed(const struct gpu_fixture *g, uint32_t command);

/* A frame of `width` x `height` in pieces of `piece` pixels (0: one piece), B8G8R8X8, not prepared. */
void frame_init(struct frame *frame, uint32_t width, uint32_t height, uint32_t piece);
/* prepare and create, asserting success. */
void frame_create(struct gpu_fixture *g, struct frame *frame);
/* The memory of a pixel. */
uint32_t *frame_at(struct frame *frame, uint32_t x, uint32_t y);
/* A pattern in all of it, or in a rectangle; different for each `seed`. */
void frame_fill(struct frame *frame, uint32_t seed);
void frame_draw(struct frame *frame, uint32_t x, uint32_t y, uint32_t width, uint32_t height, uint32_t seed);
/* Destroy on the device, asserting success; release; free the memory. */
void frame_destroy(struct gpu_fixture *g, struct frame *frame);
/* Release and free one that the device does not have. */
void frame_free(struct frame *frame);
/* Asserts that a scanout shows the frame's memory, from a place of it on. */
void assert_shown(struct gpu_fixture *g, uint16_t scanout, struct frame *frame, uint32_t x, uint32_t y);

void request_init(struct gpu_request *request);
/* Asserts that it is done once, with this result. */
void assert_done(struct gpu_request *request, int result);

#endif /* TEST_FIXTURE_GPU_H */
