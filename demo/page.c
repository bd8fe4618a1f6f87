/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The demo's page: the VirtIO devices, what was negotiated with them, and what they have done so far. As HTML without
 * outside resources, and as JSON.
 */

#include <rtthread.h>

#ifdef RT_USING_LWIP

#include "devices.h"
#include "page.h"

struct text
{
    char *buffer;
    int size;
    int length; /* of all of it, if there were room */
};

static void add(struct text *text, const char *format, ...)
{
    va_list args;
    int room = text->length < text->size ? text->size - text->length : 0;
    int added;

    va_start(args, format);
    added = rt_vsnprintf(room > 0 ? text->buffer + text->length : RT_NULL, (rt_size_t)room, format, args);
    va_end(args);
    text->length += added > 0 ? added : 0;
}

static void add_number(struct text *text, rt_uint64_t value)
{
    char digits[DEMO_DIGITS];

    add(text, "%s", demo_number(digits, value));
}

/* ---- what both forms show ---- */

/* Names of the features, with `between` between them. */
static void add_features(struct text *text, const struct rt_virtio_device *device, const char *quote,
                         const char *between)
{
    const struct virtio_feature *table = device->class != RT_NULL ? device->class->features : RT_NULL;
    rt_bool_t first = RT_TRUE;
    unsigned int bit;

    for (bit = 0; bit < VIRTIO_FEATURE_BITS; bit++)
    {
        const char *name;

        if (!virtio_features_has(&device->core.features, bit))
        {
            continue;
        }
        name = virtio_feature_name(table, bit);
        add(text, "%s%s", first ? "" : between, quote);
        if (name != RT_NULL)
        {
            add(text, "%s", name);
        }
        else
        {
            add(text, "bit%u", bit);
        }
        add(text, "%s", quote);
        first = RT_FALSE;
    }
}

/* ---- HTML ---- */

/* Without script the page is loaded again, now and then; with it, the script below fetches the numbers. */
static const char head[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\"><head><meta charset=\"utf-8\"><title>rt-virtio</title>\n"
    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
    "<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript><link rel=\"icon\" href=\"data:,\">\n"
    "<style>\n"
    ":root{color-scheme:light dark;--line:#8884;--soft:#8882}\n"
    "body{font:16px/1.45 system-ui,sans-serif;margin:0 auto;padding:1rem;max-width:52rem}\n"
    "h1{font-size:1.4rem;margin:0}p{margin:.2rem 0 1rem;opacity:.75}\n"
    "section{border:1px solid var(--line);border-radius:.6rem;padding:.8rem;margin:0 0 1rem}\n"
    "h2{font-size:1.1rem;margin:0;display:flex;gap:.6rem;flex-wrap:wrap;align-items:center}\n"
    "h2 small{font-weight:400;opacity:.75;font-size:.85rem}\n"
    ".ok,.no{font-size:.8rem;padding:0 .5rem;border-radius:1rem;color:#fff;background:#2a7d3f}\n"
    ".no{background:#777}\n"
    ".f{margin:.6rem 0;display:flex;flex-wrap:wrap;gap:.3rem;list-style:none;padding:0}\n"
    ".f li{font:.75rem ui-monospace,monospace;background:var(--soft);padding:.1rem .4rem;border-radius:.3rem}\n"
    ".t{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.85rem;margin:.4rem 0 0}\n"
    "td,th{text-align:right;padding:.25rem .4rem;border-top:1px solid var(--line);"
    "font-variant-numeric:tabular-nums}th{font-weight:600}\n"
    "td:first-child,th:first-child{text-align:left}.new{animation:new 1s}\n"
    "@keyframes new{from{background:#2a7d3f66}}\n"
    "</style></head><body>\n";

/*
 * Puts the numbers of /virtio.json where they belong, once a second: rows and columns are in the same order in both. If
 * there is a device, a queue or a counter more or less than the page has, it loads the page again.
 */
static const char script[] =
    "<script>\n"
    "var page=document,live=page.getElementById('live'),updates=0;\n"
    "function put(cell,value){if(cell.textContent!=value){cell.textContent=value;"
    "cell.className='';cell.offsetWidth;cell.className='new'}}\n"
    "function column(table,index,values){var row=table?table.rows:[];\n"
    "  if(row.length!=values.length+1)throw'other';\n"
    "  values.forEach((value,i)=>put(row[i+1].cells[index],value))}\n"
    "function show(all){var parts=page.querySelectorAll('section');\n"
    "  if(parts.length!=all.devices.length)throw'other';\n"
    "  page.getElementById('up').textContent=all.uptime;\n"
    "  all.devices.forEach((d,i)=>{var part=parts[i],state=part.querySelector('span');\n"
    "    state.textContent=d.state;state.className=d.state=='ok'?'ok':'no';\n"
    "    d.queues.forEach((q,n)=>column(part.querySelector('.q'),n+1,Object.values(q)));\n"
    "    if(Object.keys(d.counters).length)column(part.querySelector('.c'),1,Object.values(d.counters))});\n"
    "  page.body.dataset.updates=++updates;live.textContent=', live'}\n"
    "function next(){fetch('/virtio.json',{cache:'no-store'}).then(r=>r.json()).then(all=>{\n"
    "  try{show(all)}catch(other){location.reload()}},()=>{live.textContent=', no answer'})\n"
    "  .then(()=>setTimeout(next,1000))}\n"
    "setTimeout(next,1000)\n"
    "</script>\n";

/* A column for each queue, so that it fits on a phone. */
static void add_html_queues(struct text *text, struct rt_virtio_device *device)
{
    struct virtio_queue *queue;
    unsigned int i;
    rt_size_t c;

    if (demo_queue(device, 0) == RT_NULL)
    {
        return;
    }
    add(text, "<div class=\"t\"><table class=\"q\"><tr><th>queue</th>");
    for (i = 0; demo_queue(device, i) != RT_NULL; i++)
    {
        add(text, "<th>%u</th>", i);
    }
    add(text, "</tr>\n<tr><td>size</td>");
    for (i = 0; (queue = demo_queue(device, i)) != RT_NULL; i++)
    {
        add(text, "<td>%u</td>", (unsigned int)queue->size);
    }
    add(text, "</tr>\n");
    for (c = 0; c < DEMO_COUNTERS; c++)
    {
        add(text, "<tr><td>%s</td>", demo_counters[c].name);
        for (i = 0; (queue = demo_queue(device, i)) != RT_NULL; i++)
        {
            add(text, "<td>");
            add_number(text, demo_counter(queue, c));
            add(text, "</td>");
        }
        add(text, "</tr>\n");
    }
    add(text, "</table></div>");
}

static void add_html_counters(struct text *text, struct rt_virtio_device *device)
{
    const char *name;
    rt_uint64_t value;
    unsigned int i;

    for (i = 0; demo_device_counter(device, i, &name, &value); i++)
    {
        add(text, "%s<tr><td>%s</td><td>", i == 0 ? "<table class=\"c\"><tr><th>counter</th><th>value</th></tr>\n" : "",
            name);
        add_number(text, value);
        add(text, "</td></tr>\n");
    }
    if (i > 0)
    {
        add(text, "</table>");
    }
}

int demo_page(char *buffer, int size)
{
    struct text text = {buffer, size, 0};
    struct rt_virtio_device *device;

    add(&text,
        "%s<h1>rt-virtio</h1><p>VirtIO devices of this RT-Thread guest, up for <b id=\"up\">%u</b> s"
        "<span id=\"live\"></span></p>\n",
        head, demo_uptime());
    /* lwIP's thread, which does not hold the list; nothing in the demo removes a device while it is looked at. */
    for (device = rt_virtio_first(); device != RT_NULL; device = device->next)
    {
        add(&text, "<section><h2>%s<span class=\"%s\">%s</span><small>%s, %s interface, irq %d</small></h2>\n",
            device->name, rt_strcmp(device->state, "ok") == 0 ? "ok" : "no", device->state,
            virtio_device_type_name(device->core.id), virtio_device_interface_name(&device->core), device->irq);
        if (device->class != RT_NULL)
        {
            add(&text, "<ul class=\"f\"><li>");
            add_features(&text, device, "", "</li><li>");
            add(&text, "</li></ul>\n");
        }
        add_html_queues(&text, device);
        add_html_counters(&text, device);
        add(&text, "</section>\n");
    }
    add(&text, "<p><a href=\"/virtio.json\">the same as JSON</a></p>\n%s</body></html>\n", script);

    return text.length;
}

/* ---- JSON ---- */

int demo_json(char *buffer, int size)
{
    struct text text = {buffer, size, 0};
    struct rt_virtio_device *device;
    struct virtio_queue *queue;
    const char *name;
    rt_uint64_t value;
    unsigned int i;
    rt_size_t c;

    add(&text, "{\"uptime\":%u,\"devices\":[", demo_uptime());
    for (device = rt_virtio_first(); device != RT_NULL; device = device->next)
    {
        add(&text,
            "%s\n{\"name\":\"%s\",\"type\":\"%s\",\"interface\":\"%s\",\"irq\":%d,\"state\":\"%s\",\"features\":[",
            device == rt_virtio_first() ? "" : ",", device->name, virtio_device_type_name(device->core.id),
            virtio_device_interface_name(&device->core), device->irq, device->state);
        add_features(&text, device, "\"", ",");
        add(&text, "],\"queues\":[");
        for (i = 0; (queue = demo_queue(device, i)) != RT_NULL; i++)
        {
            add(&text, "%s{\"size\":%u", i == 0 ? "" : ",", (unsigned int)queue->size);
            for (c = 0; c < DEMO_COUNTERS; c++)
            {
                add(&text, ",\"%s\":", demo_counters[c].name);
                add_number(&text, demo_counter(queue, c));
            }
            add(&text, "}");
        }
        add(&text, "],\"counters\":{");
        for (i = 0; demo_device_counter(device, i, &name, &value); i++)
        {
            add(&text, "%s\"%s\":", i == 0 ? "" : ",", name);
            add_number(&text, value);
        }
        add(&text, "}}");
    }
    add(&text, "\n]}\n");

    return text.length;
}

#endif /* RT_USING_LWIP */
