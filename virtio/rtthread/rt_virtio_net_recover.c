/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network device in RT-Thread: recovery from a reset.
 */
#include <rtthread.h>

#if defined(RT_USING_VIRTIO_NET) && defined(RT_USING_LWIP)

#include "rt_virtio_net.h"

static void stop(struct rt_virtio_net *net)
{
    struct rt_virtio_net_pair *pair;
    rt_base_t level;
    rt_uint16_t i;

    for (i = 0; i < net->engine.pair_count; i++)
    {
        pair = &net->pairs[i];
        level = rt_virtio_lock(&pair->rx_lock);
        virtio_net_stop_rx(&net->engine, i);
        rt_virtio_unlock(&pair->rx_lock, level);
        level = rt_virtio_lock(&pair->tx_lock);
        virtio_net_stop_tx(&net->engine, i);
        rt_virtio_unlock(&pair->tx_lock, level);
    }
    level = rt_virtio_lock(&net->control_lock);
    virtio_net_stop_control(&net->engine);
    rt_virtio_unlock(&net->control_lock, level);
}

static void resume(struct rt_virtio_net *net, int error)
{
    rt_base_t level;
    rt_uint16_t i;
    int notify;

    for (i = 0; i < net->engine.pair_count; i++)
    {
        rt_virtio_net_resume_tx(&net->pairs[i], error);
        rt_virtio_net_resume_rx(&net->pairs[i], error);
    }
    level = rt_virtio_lock(&net->control_lock);
    notify = virtio_net_resume_control(&net->engine, error);
    net->asked = rt_tick_get();
    rt_virtio_unlock(&net->control_lock, level);
    if (notify == 1)
    {
        virtio_net_notify_control(&net->engine);
    }
    if (error == 0)
    {
        rt_virtio_net_say(net);
    }
}

static rt_bool_t begin_recovery(struct rt_virtio_net *net)
{
    rt_base_t level = rt_virtio_lock(&net->recovery_lock);
    rt_bool_t mine = !net->recovering;

    net->recovering = RT_TRUE;
    rt_virtio_unlock(&net->recovery_lock, level);
    return mine;
}

int rt_virtio_net_end(struct rt_virtio_net *net)
{
    int error;

    while (!net->device.ended && !begin_recovery(net))
    {
        rt_thread_mdelay(1); /* that has an end */
    }
    net->device.ended = RT_TRUE;
    stop(net);
    net->dead = RT_TRUE;
    error = rt_virtio_retire(&net->device);
    resume(net, error);
    return error == -VIRTIO_ETIMEDOUT ? error : 0;
}

rt_err_t rt_virtio_net_recover(struct rt_virtio_device *device, rt_bool_t broken)
{
    struct rt_virtio_net *net = rt_virtio_net_of(device);
    rt_base_t level;
    int error;

    if (!begin_recovery(net))
    {
        return -RT_EBUSY;
    }

    stop(net);
    net->futile_recoveries = broken ? net->futile_recoveries + 1 : 0;
    net->dead = net->dead || net->futile_recoveries > RT_VIRTIO_FUTILE_RECOVERIES_MAX;
    error = net->dead ? rt_virtio_retire(device) : virtio_net_restart(&net->engine);
    if (error != 0)
    {
        net->dead = RT_TRUE;
        rt_virtio_not_recovered(device, error, "it is down from now on");
    }
    resume(net, error);
    level = rt_virtio_lock(&net->recovery_lock);
    net->recovering = RT_FALSE;
    rt_virtio_unlock(&net->recovery_lock, level);
    if (error == 0)
    {
        rt_virtio_post(device, RT_VIRTIO_EVENT_CONFIG); /* the link may have changed, and frames have come */
    }
    return rt_virtio_error(error);
}

#endif /* RT_USING_VIRTIO_NET && RT_USING_LWIP */
