/* SPDX-License-Identifier: Apache-2.0 */
/* A GPU that answers wrongly, or says nonsense of itself: an error, and it works afterwards. */

#include "fixture_gpu.h"

static struct frame frame;

static void frame_up(struct gpu_fixture *g)
{
    gpu_up(g);
    frame_init(&frame, 30, 20, 0);
    frame_create(g, &frame);
    assert_int_equal(virtio_gpu_show(&g->gpu, 0, &frame.resource, NULL, NULL), 0);
    gpu_run(g);
}

/* It works. */
static void frame_check(struct gpu_fixture *g, uint32_t seed)
{
    struct gpu_request request;

    request_init(&request);
    frame_fill(&frame, seed);
    assert_int_equal(virtio_gpu_show(&g->gpu, 0, &frame.resource, NULL, NULL), 0);
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, &request.request), 0);
    gpu_run(g);
    assert_done(&request, 0);
    assert_shown(g, 0, &frame, 0, 0);
}

static void frame_down(struct gpu_fixture *g)
{
    assert_int_equal(virtio_gpu_show(&g->gpu, 0, NULL, NULL, NULL), 0);
    gpu_run(g);
    frame_destroy(g, &frame);
    gpu_down(g);
}

/* --- What it says of itself --- */

static void test_no_scanout(void **state)
{
    struct gpu_fixture *g = *state;

    sim_config32(&g->f.sim, SIM_GPU_NUM_SCANOUTS, 0);
    assert_int_equal(gpu_start(g), -VIRTIO_EPROTO);
    assert_true(host_log_has("no scanout"));
    assert_true(host_all_returned());
}

static void test_too_many_scanouts(void **state)
{
    static const uint32_t counts[] = {17, 0x10001, 0xffffffff};
    struct gpu_fixture *g = *state;

    for (unsigned int i = 0; i < LENGTH(counts); i++)
    {
        memset(&g->gpu, 0, sizeof(g->gpu));
        g->f.dev.started = false;
        sim_config32(&g->f.sim, SIM_GPU_NUM_SCANOUTS, counts[i]);
        gpu_up(g);
        assert_int_equal(g->gpu.scanout_count, 16);
        assert_true(host_log_has("the first 16 are used"));
        gpu_down(g);
    }
}

static void test_no_display(void **state)
{
    struct gpu_fixture *g = *state;

    g->host.scanout[0].enabled = 0;
    gpu_up(g);
    assert_int_equal(g->event_count, 0);
    assert_int_equal(g->gpu.info_result, 0);
    assert_int_equal(gpu_executed(g, SIM_GPU_GET_EDID), 0);
    /* It can be drawn all the same. */
    frame_init(&frame, 30, 20, 0);
    frame_create(g, &frame);
    frame_check(g, 1);
    frame_down(g);
}

static void test_modes(void **state)
{
    static const uint32_t bad[][2] = {{0, 0},     {0, 600},   {800, 0},       {65535, 65535},
                                      {16385, 1}, {1, 16385}, {0xffffffff, 1}};
    struct gpu_fixture *g = *state;
    const struct virtio_gpu_scanout *scanout = &g->gpu.scanouts[0];

    for (unsigned int i = 0; i < LENGTH(bad); i++)
    {
        memset(&g->gpu, 0, sizeof(g->gpu));
        g->f.dev.started = false;
        g->host.scanout[0].mode.width = bad[i][0];
        g->host.scanout[0].mode.height = bad[i][1];
        g->host.scanout[0].enabled = 0xdeadbeef; /* whatever is not 0 */
        gpu_up(g);
        assert_true(scanout->enabled);
        assert_true(scanout->guessed);
        assert_int_equal(scanout->width, VIRTIO_GPU_DEFAULT_WIDTH);
        assert_int_equal(scanout->height, VIRTIO_GPU_DEFAULT_HEIGHT);
        gpu_down(g);
    }
    memset(&g->gpu, 0, sizeof(g->gpu));
    g->f.dev.started = false;
    sim_gpu_display(&g->f.sim, 0, 16384, 1);
    gpu_up(g);
    assert_false(scanout->guessed);
    assert_int_equal(scanout->width, 16384);
    gpu_down(g);
}

/* Information about displays that there are no scanouts for. */
static void test_extra_displays(void **state)
{
    struct gpu_fixture *g = *state;

    for (unsigned int i = 0; i < SIM_GPU_SCANOUTS; i++)
    {
        g->host.scanout[i].enabled = 0xffffffff;
        g->host.scanout[i].mode.width = g->host.scanout[i].mode.height = 0xffffffff;
        g->host.scanout[i].mode.x = g->host.scanout[i].mode.y = 0xffffffff;
    }
    gpu_up(g);
    assert_int_equal(gpu_executed(g, SIM_GPU_GET_EDID), 2);
    assert_false(g->gpu.scanouts[2].enabled);
    gpu_down(g);
}

static void test_edids(void **state)
{
    struct gpu_fixture *g = *state;
    struct sim_gpu_scanout *host_side = &g->host.scanout[0];
    const struct virtio_gpu_edid *edid = &g->gpu.scanouts[0].edid;
    uint64_t errors;

    gpu_up(g);
    assert_true(edid->valid);

    /* Of no bytes. */
    errors = g->gpu.control.ring.stats.errors;
    gpu_forget_events(g);
    host_side->edid_size = 0;
    virtio_gpu_query(&g->gpu);
    gpu_run(g);
    assert_false(edid->valid);
    assert_int_equal(gpu_events(g, 0, VIRTIO_GPU_DESCRIBED), 1);
    assert_int_equal(g->gpu.control.ring.stats.errors, errors + 1);

    /* Of more than there are: what there is is read. */
    host_side->edid_size = 0xffffffff;
    virtio_gpu_query(&g->gpu);
    gpu_run(g);
    assert_true(edid->valid);
    host_side->edid_size = 1025;
    virtio_gpu_query(&g->gpu);
    gpu_run(g);
    assert_true(edid->valid);

    /* Of blocks that do not fit. */
    host_side->edid[126] = 8;
    sim_gpu_edid_sum(host_side->edid);
    virtio_gpu_query(&g->gpu);
    gpu_run(g);
    assert_false(edid->valid);
    host_side->edid[126] = 0;
    sim_gpu_edid_sum(host_side->edid);
    virtio_gpu_query(&g->gpu);
    gpu_run(g);
    assert_true(edid->valid);

    /* Of a wrong sum. */
    host_side->edid[127]++;
    virtio_gpu_query(&g->gpu);
    gpu_run(g);
    assert_false(edid->valid);
    host_side->edid[127]--;

    /* None at all, by an error or by an answer of another kind. */
    virtio_gpu_query(&g->gpu);
    gpu_run(g);
    assert_true(edid->valid);
    g->host.only = SIM_GPU_GET_EDID;
    g->host.refused = true;
    g->host.response = SIM_GPU_ERR_UNSPEC;
    virtio_gpu_query(&g->gpu);
    gpu_run(g);
    assert_false(edid->valid);
    g->host.refused = false;
    virtio_gpu_query(&g->gpu);
    gpu_run(g);
    assert_true(edid->valid);
    g->host.response_replaced = true;
    g->host.response = SIM_GPU_OK;
    virtio_gpu_query(&g->gpu);
    gpu_run(g);
    assert_false(edid->valid);
    assert_true(g->gpu.scanouts[0].enabled);
    gpu_down(g);
}

/* No display information: what was known stays, and the next answer counts. */
static void test_info_refused(void **state)
{
    struct gpu_fixture *g = *state;

    g->host.only = SIM_GPU_GET_DISPLAY_INFO;
    g->host.refused = true;
    g->host.response = SIM_GPU_ERR_UNSPEC;
    gpu_up(g);
    assert_int_equal(g->gpu.info_result, -VIRTIO_EIO);
    assert_int_equal(g->event_count, 0);
    g->host.refused = false;
    virtio_gpu_query(&g->gpu);
    gpu_run(g);
    assert_int_equal(g->gpu.info_result, 0);
    assert_true(g->gpu.scanouts[0].enabled);

    /* Short, of the wrong kind, of a length that is a lie, not written at all. */
    g->host.length_replaced = true;
    g->host.length = 407;
    virtio_gpu_query(&g->gpu);
    gpu_run(g);
    assert_int_equal(g->gpu.info_result, -VIRTIO_EPROTO);
    g->host.length_replaced = false;
    g->host.response_replaced = true;
    g->host.response = SIM_GPU_OK_EDID;
    virtio_gpu_query(&g->gpu);
    gpu_run(g);
    assert_int_equal(g->gpu.info_result, -VIRTIO_EPROTO);
    g->host.response_replaced = false;
    g->host.silent = true;
    virtio_gpu_query(&g->gpu);
    gpu_run(g);
    assert_int_equal(g->gpu.info_result, -VIRTIO_EPROTO);
    assert_true(g->gpu.scanouts[0].enabled);
    assert_int_equal(g->gpu.scanouts[0].width, 100);
    gpu_down(g);
}

/* The same for displays: not what it said the last time. */
static void test_info_not_written(void **state)
{
    struct gpu_fixture *g = *state;

    sim_withdraw(&g->f.sim, SIM_GPU_F_EDID);
    gpu_up(g);
    assert_int_equal(g->gpu.info_result, 0);
    g->host.silent = true;
    virtio_gpu_query(&g->gpu);
    gpu_run(g);
    assert_int_equal(g->gpu.info_result, -VIRTIO_EPROTO);
    assert_true(g->gpu.scanouts[0].enabled);
    gpu_down(g);
}

/* --- Answers --- */

static const struct
{
    uint32_t response;
    int error;
} answers[] = {
    {SIM_GPU_ERR_UNSPEC, -VIRTIO_EIO},
    {SIM_GPU_ERR_MEMORY, -VIRTIO_ENOMEM},
    {SIM_GPU_ERR_SCANOUT, -VIRTIO_ENODEV},
    {SIM_GPU_ERR_RESOURCE, -VIRTIO_ENODEV},
    {SIM_GPU_ERR_CONTEXT, -VIRTIO_EINVAL},
    {SIM_GPU_ERR_PARAMETER, -VIRTIO_EINVAL},
    {0x1206, -VIRTIO_EPROTO},
    {SIM_GPU_OK_EDID, -VIRTIO_EPROTO},
    {0, -VIRTIO_EPROTO},
    {0xffffffff, -VIRTIO_EPROTO},
};

/* Every way to be answered wrongly, of either command of an update; the next one is right. */
static void test_update_answers(void **state)
{
    static const uint32_t commands[] = {SIM_GPU_TRANSFER, SIM_GPU_FLUSH};
    struct gpu_fixture *g = *state;
    uint64_t errors;

    frame_up(g);
    errors = g->gpu.control.ring.stats.errors;
    for (unsigned int i = 0; i < LENGTH(commands) * (LENGTH(answers) + 5); i++)
    {
        unsigned int way = i / 2;
        int error = way < LENGTH(answers) ? answers[way].error : -VIRTIO_EPROTO;
        struct gpu_request request;

        g->host.only = commands[i % 2];
        if (way < LENGTH(answers))
        {
            g->host.response_replaced = true;
            g->host.response = answers[way].response;
        }
        g->host.fence_wrong = way == LENGTH(answers);
        g->host.fence_missing = way == LENGTH(answers) + 1;
        g->host.silent = way == LENGTH(answers) + 2;
        g->host.length_replaced = way >= LENGTH(answers) + 3;
        g->host.length = way == LENGTH(answers) + 3 ? 0 : 23;
        request_init(&request);
        assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, &request.request), 0);
        gpu_run(g);
        assert_done(&request, error);
        assert_int_equal(g->gpu.control.ring.stats.errors, ++errors);
        g->host.response_replaced = g->host.fence_wrong = g->host.fence_missing = g->host.silent = false;
        g->host.length_replaced = false;
        frame_check(g, i);
    }
    assert_int_equal(g->failures, 0);
    frame_down(g);
}

/* Nobody waits: the callback says so. A wrong fence does not matter then, as none was asked for. */
static void test_update_nobody_waits(void **state)
{
    struct gpu_fixture *g = *state;

    frame_up(g);
    g->host.only = SIM_GPU_FLUSH;
    g->host.fence_wrong = true;
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, NULL), 0);
    gpu_run(g);
    assert_int_equal(g->failures, 0);
    g->host.refused = true;
    g->host.response = SIM_GPU_ERR_UNSPEC;
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, NULL), 0);
    gpu_run(g);
    assert_int_equal(g->failures, 1);
    assert_int_equal(g->failure, -VIRTIO_EIO);
    assert_ptr_equal(g->failed, &frame.resource);
    g->host.refused = g->host.fence_wrong = false;
    /* The answer that is in the memory from the time before is none, whatever the length says. */
    for (unsigned int i = 0; i < 20; i++)
    {
        g->host.silent = true;
        assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, NULL), 0);
        gpu_run(g);
        assert_int_equal(g->failures, 2 + i);
        assert_int_equal(g->failure, -VIRTIO_EPROTO);
        g->host.silent = false;
        frame_check(g, i);
    }
    frame_down(g);
}

/* Creation refused, with show and update right behind it: errors, nothing is shown, and the next try works. */
static void create_refused(struct gpu_fixture *g, uint32_t command, bool blob, bool known)
{
    for (unsigned int i = 0; i < LENGTH(answers); i++)
    {
        struct gpu_request request[4];

        for (unsigned int j = 0; j < 4; j++)
        {
            request_init(&request[j]);
        }
        frame_init(&frame, 30, 20, 100);
        frame.resource.blob = blob;
        g->host.only = command;
        g->host.refused = true;
        g->host.response = answers[i].response;
        assert_int_equal(virtio_gpu_resource_prepare(&g->gpu, &frame.resource), 0);
        assert_int_equal(virtio_gpu_resource_create(&g->gpu, &frame.resource, &request[0].request), 0);
        assert_int_equal(virtio_gpu_show(&g->gpu, 0, &frame.resource, NULL, &request[1].request), 0);
        assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, &request[2].request), 0);
        gpu_run(g);
        assert_done(&request[0], answers[i].error);
        assert_int_equal(request[1].done, 1);
        assert_int_equal(request[2].done, 1);
        assert_int_not_equal(request[2].request.result, 0);
        assert_int_equal(frame.resource.state, VIRTIO_GPU_FAILED);
        assert_null(g->gpu.scanouts[0].resource);
        assert_int_equal(g->host.scanout[0].resource, 0);
        assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, NULL), -VIRTIO_EIO);
        assert_int_equal(virtio_gpu_show(&g->gpu, 0, &frame.resource, NULL, NULL), -VIRTIO_EIO);
        g->host.refused = false;

        /* A clear no: nothing is to be destroyed. Else it may be there. */
        assert_int_equal(virtio_gpu_resource_destroy(&g->gpu, &frame.resource, &request[3].request),
                         known || answers[i].error == -VIRTIO_EPROTO ? 0 : 1);
        gpu_run(g);
        frame_free(&frame);
        frame_init(&frame, 30, 20, 0);
        frame_create(g, &frame);
        frame_check(g, i);
        assert_int_equal(virtio_gpu_show(&g->gpu, 0, NULL, NULL, NULL), 0);
        gpu_run(g);
        frame_destroy(g, &frame);
    }
}

static void test_create_refused(void **state)
{
    struct gpu_fixture *g = *state;

    gpu_up(g);
    g->host.keeps_memory = true;
    create_refused(g, SIM_GPU_CREATE_2D, false, false);
    create_refused(g, SIM_GPU_ATTACH, false, true);
    create_refused(g, SIM_GPU_CREATE_BLOB, true, false);
    assert_true(virtio_gpu_poll(&g->gpu) == 0);
    gpu_down(g);
}

/* It refuses to create, but takes the memory, or so it says. */
static void test_create_half_refused(void **state)
{
    struct gpu_fixture *g = *state;

    gpu_up(g);
    g->f.sim.mode = SIM_MANUAL;
    frame_init(&frame, 30, 20, 0);
    frame_create(g, &frame);
    gpu_notify(g);
    g->host.refused = true;
    g->host.response = SIM_GPU_ERR_MEMORY;
    sim_step(&g->f.sim, 0, 1);
    g->host.response = SIM_GPU_OK;
    sim_step(&g->f.sim, 0, 1);
    assert_int_equal(virtio_gpu_poll(&g->gpu), 2);
    assert_int_equal(g->failure, -VIRTIO_ENOMEM);
    g->host.refused = false;
    g->f.sim.mode = SIM_AUTO;
    assert_true(frame.resource.known);
    frame_destroy(g, &frame);
    gpu_down(g);
}

/* A scanout that cannot be set shows nothing, and the driver thinks so too; whatever else was shown before. */
static void test_show_refused(void **state)
{
    struct gpu_fixture *g = *state;
    struct gpu_request request;
    struct frame other;

    frame_up(g);
    frame_init(&other, 10, 10, 0);
    frame_create(g, &other);
    gpu_run(g);
    g->host.only = SIM_GPU_SET_SCANOUT;
    for (unsigned int i = 0; i < LENGTH(answers); i++)
    {
        request_init(&request);
        g->host.refused = true;
        g->host.response = answers[i].response;
        assert_int_equal(virtio_gpu_show(&g->gpu, 0, &other.resource, NULL, &request.request), 0);
        gpu_notify(g);
        g->host.refused = false;
        gpu_run(g);
        assert_done(&request, answers[i].error);
        assert_null(g->gpu.scanouts[0].resource);
        assert_int_equal(g->host.scanout[0].resource, 0);
        frame_check(g, i);
    }
    /* Nobody waited. Not even off works: the driver does not insist. */
    g->host.refused = true;
    assert_int_equal(virtio_gpu_show(&g->gpu, 0, &other.resource, NULL, NULL), 0);
    gpu_run(g);
    assert_int_equal(g->failures, 2);
    g->host.refused = false;
    /* The one before failed, the last one counts. */
    g->host.refused = true;
    g->f.sim.mode = SIM_MANUAL;
    assert_int_equal(virtio_gpu_show(&g->gpu, 0, &other.resource, NULL, NULL), 0);
    gpu_notify(g);
    sim_step(&g->f.sim, 0, 1);
    g->host.refused = false;
    assert_int_equal(virtio_gpu_show(&g->gpu, 0, &frame.resource, NULL, NULL), 0);
    g->f.sim.mode = SIM_AUTO;
    gpu_run(g);
    assert_ptr_equal(g->gpu.scanouts[0].resource, &frame.resource);
    frame_check(g, 99);
    frame_destroy(g, &other);
    frame_down(g);
}

/* No room yet to say that nothing is shown. */
static void test_show_refused_in_full_ring(void **state)
{
    struct gpu_fixture *g = *state;
    struct gpu_request request;
    struct frame other;

    frame_up(g);
    frame_init(&other, 10, 10, 0);
    frame_create(g, &other);
    gpu_run(g);
    g->f.sim.mode = SIM_MANUAL;
    assert_int_equal(virtio_gpu_show(&g->gpu, 0, &frame.resource, NULL, NULL), 0);
    while (virtio_gpu_update(&g->gpu, &frame.resource, NULL, NULL) == 0)
    {
    }
    virtio_gpu_query(&g->gpu);
    gpu_notify(g);
    g->host.refused = true;
    g->host.only = SIM_GPU_SET_SCANOUT;
    g->host.response = SIM_GPU_ERR_UNSPEC;
    sim_step(&g->f.sim, 0, 1);
    g->host.refused = false;
    virtio_gpu_query(&g->gpu);
    assert_int_equal(virtio_gpu_poll(&g->gpu), 1);
    request_init(&request);
    /* Until then, what is shown is unsure. */
    assert_int_equal(virtio_gpu_resource_destroy(&g->gpu, &other.resource, &request.request), -VIRTIO_EAGAIN);
    g->f.sim.mode = SIM_AUTO;
    sim_step(&g->f.sim, 0, 100);
    gpu_run(g);
    assert_int_equal(g->host.scanout[0].resource, 0);
    frame_check(g, 1);
    frame_destroy(g, &other);
    frame_down(g);
}

/* The device says that it shows what it did not create. */
static void test_lies_about_show(void **state)
{
    struct gpu_fixture *g = *state;

    gpu_up(g);
    for (unsigned int late = 0; late < 2; late++)
    {
        frame_init(&frame, 30, 20, 0);
        g->f.sim.mode = SIM_MANUAL;
        frame_create(g, &frame);
        assert_int_equal(virtio_gpu_show(&g->gpu, 0, &frame.resource, NULL, NULL), 0);
        gpu_notify(g);
        g->host.only = SIM_GPU_SET_SCANOUT;
        g->host.refused = true;
        g->host.response = SIM_GPU_OK;
        /* Answered before or after the creation, which then fails. */
        if (late == 0)
        {
            sim_finish(&g->f.sim, 0, 2);
            assert_int_equal(virtio_gpu_poll(&g->gpu), 1);
        }
        g->host.only = SIM_GPU_CREATE_2D;
        g->host.response = SIM_GPU_ERR_MEMORY;
        sim_finish(&g->f.sim, 0, 0);
        sim_finish(&g->f.sim, 0, 0);
        assert_int_equal(virtio_gpu_poll(&g->gpu), 2);
        g->host.only = SIM_GPU_SET_SCANOUT;
        g->host.response = SIM_GPU_OK;
        if (late == 1)
        {
            sim_finish(&g->f.sim, 0, 0);
        }
        g->f.sim.mode = SIM_AUTO;
        g->host.refused = false;
        gpu_run(g);
        assert_int_equal(g->host.executed[sim_gpu_code(SIM_GPU_SET_SCANOUT)], 2 + 2 * late);
        assert_null(g->gpu.scanouts[0].resource);
        frame_destroy(g, &frame);
    }
    gpu_down(g);
}

/* --- Taking memory back --- */

/* One of the two commands that take it away is enough. */
static void test_destroy_half_refused(void **state)
{
    static const uint32_t commands[] = {SIM_GPU_DETACH, SIM_GPU_UNREF};
    struct gpu_fixture *g = *state;

    gpu_up(g);
    for (unsigned int i = 0; i < 2; i++)
    {
        struct gpu_request request;

        frame_init(&frame, 30, 20, 0);
        frame_create(g, &frame);
        gpu_run(g);
        g->host.only = commands[i];
        g->host.refused = true;
        g->host.keeps_memory = true;
        g->host.response = SIM_GPU_ERR_UNSPEC;
        request_init(&request);
        assert_int_equal(virtio_gpu_resource_destroy(&g->gpu, &frame.resource, &request.request), 0);
        assert_true(gpu_run(g) == 2);
        assert_done(&request, 0);
        frame_free(&frame);
        g->host.refused = false;
    }
    gpu_down(g);
}

/* Neither: the device has to be reset, which does it. */
static void test_destroy_refused(void **state)
{
    struct gpu_fixture *g = *state;

    gpu_up(g);
    for (unsigned int i = 0; i < LENGTH(answers); i++)
    {
        struct gpu_request request;

        if (answers[i].error == -VIRTIO_ENODEV)
        {
            continue; /* that is as good as a yes */
        }
        frame_init(&frame, 30, 20, 0);
        frame_create(g, &frame);
        gpu_run(g);
        g->host.refused = true;
        g->host.response = answers[i].response;
        request_init(&request);
        host_log_clear();
        assert_int_equal(virtio_gpu_resource_destroy(&g->gpu, &frame.resource, &request.request), 0);
        assert_int_equal(gpu_run(g), -VIRTIO_EPROTO);
        assert_true(host_log_has("virtio-gpu0: the device does not give resource"));
        assert_int_equal(request.done, 0);
        assert_int_equal(virtio_gpu_resource_release(&frame.resource), -VIRTIO_EAGAIN);
        assert_int_equal(virtio_gpu_poll(&g->gpu), -VIRTIO_EPROTO);
        assert_int_equal(virtio_gpu_show(&g->gpu, 0, NULL, NULL, NULL), -VIRTIO_EPROTO);
        virtio_gpu_query(&g->gpu);
        g->host.refused = false;
        assert_int_equal(gpu_recover(g, true), 0);
        assert_done(&request, 0);
        frame_free(&frame);
        assert_int_equal(virtio_gpu_poll(&g->gpu), 0);
    }
    /* A device that says that there is no such resource does not have its memory. */
    g->host.refused = true;
    g->host.response = SIM_GPU_ERR_RESOURCE;
    g->host.only = SIM_GPU_UNREF;
    frame_init(&frame, 30, 20, 0);
    frame.resource.blob = true;
    frame_create(g, &frame);
    gpu_run(g);
    frame_destroy(g, &frame);
    gpu_down(g);
}

/* --- In the ring --- */

static void broken(struct gpu_fixture *g, unsigned int queue)
{
    (void)queue;
    assert_int_equal(virtio_gpu_poll(&g->gpu), -VIRTIO_EPROTO);
    assert_int_equal(virtio_gpu_poll(&g->gpu), -VIRTIO_EPROTO);
    host_log_clear();
    assert_int_equal(gpu_recover(g, true), 0);
    frame_check(g, 3);
}

static void test_ring_violations(void **state)
{
    struct gpu_fixture *g = *state;

    frame_up(g);
    for (unsigned int queue = 0; queue < 2; queue++)
    {
        sim_used_put(&g->f.sim, queue, 3, 24); /* not in flight */
        broken(g, queue);
        sim_used_put(&g->f.sim, queue, 0xffff0000, 24);
        broken(g, queue);
        sim_lie(&g->f.sim, queue);
        broken(g, queue);
    }
    sim_used_put(&g->f.sim, 0, 3, 24);
    assert_int_equal(virtio_gpu_poll(&g->gpu), -VIRTIO_EPROTO);
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, NULL), -VIRTIO_EPROTO);
    /* With the cursor's queue broken, pictures still work; but the device needs a reset. */
    assert_int_equal(gpu_recover(g, true), 0);
    sim_used_put(&g->f.sim, 1, 3, 24);
    assert_int_equal(virtio_gpu_poll(&g->gpu), -VIRTIO_EPROTO);
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, NULL), 0);
    assert_int_equal(virtio_gpu_cursor_set(&g->gpu, 0, NULL, 0, 0), 0);
    gpu_notify(g);
    assert_int_equal(virtio_gpu_poll(&g->gpu), -VIRTIO_EPROTO);
    assert_int_equal(gpu_recover(g, true), 0);
    frame_down(g);
}

/* A used length beyond the answer: modern devices break by it, legacy ones are known for it. */
static void test_long_length(void **state)
{
    struct gpu_fixture *g = *state;
    struct gpu_request request;

    frame_up(g);
    g->host.only = SIM_GPU_FLUSH;
    g->host.length_replaced = true;
    g->host.length = 4096;
    request_init(&request);
    assert_int_equal(virtio_gpu_update(&g->gpu, &frame.resource, NULL, &request.request), 0);
    if (g->f.variant->legacy)
    {
        assert_true(gpu_run(g) > 0);
    }
    else
    {
        assert_int_equal(gpu_run(g), -VIRTIO_EPROTO);
        g->host.length_replaced = false;
        assert_int_equal(gpu_recover(g, true), 0);
    }
    assert_done(&request, 0);
    g->host.length_replaced = false;
    frame_check(g, 1);
    frame_down(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GPU_BOTH(test_no_scanout),
        GPU_BOTH(test_too_many_scanouts),
        GPU_BOTH(test_no_display),
        GPU_BOTH(test_modes),
        GPU_BOTH(test_extra_displays),
        GPU_BOTH(test_edids),
        GPU_BOTH(test_info_refused),
        GPU_BOTH(test_info_not_written),
        GPU_BOTH(test_update_answers),
        GPU_BOTH(test_update_nobody_waits),
        GPU_BOTH(test_create_refused),
        GPU_BOTH(test_create_half_refused),
        GPU_BOTH(test_show_refused),
        GPU_BOTH(test_lies_about_show),
        GPU_BOTH(test_show_refused_in_full_ring),
        GPU_BOTH(test_destroy_half_refused),
        GPU_BOTH(test_destroy_refused),
        GPU_ALL(test_ring_violations),
        GPU_ALL(test_long_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
