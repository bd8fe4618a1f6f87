/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The demo's web server: lwIP's httpd on port 80, with pages that are made when they are asked for.
 */

#include <rtthread.h>

#ifdef RT_USING_LWIP

#include <lwip/apps/fs.h>
#include <lwip/apps/httpd.h>
#include <lwip/tcpip.h>

#include "page.h"

#define HEADER_MAX 256

/* By how much a page may grow between the measuring and the writing: its numbers do. */
#define GROWTH_MAX 1024

static int not_found(char *buffer, int size)
{
    return rt_snprintf(buffer, (rt_size_t)size, "There is no such page here.\n");
}

static int bad_request(char *buffer, int size)
{
    return rt_snprintf(buffer, (rt_size_t)size, "This request was not understood.\n");
}

static const struct
{
    const char *path;
    const char *status;
    const char *type;
    int (*write)(char *buffer, int size);
} pages[] = {{"/index.html", "200 OK", "text/html; charset=utf-8", demo_page}, /* which httpd makes of "/" */
             {"/", "200 OK", "text/html; charset=utf-8", demo_page},           /* but not of "/?" */
             {"/virtio.json", "200 OK", "application/json", demo_json},
             {"/404.html", "404 Not Found", "text/plain", not_found},
             {"/400.html", "400 Bad Request", "text/plain", bad_request},
             {"/501.html", "501 Not Implemented", "text/plain", bad_request}};

/* httpd's hooks; called by the thread "tcpip". A file is header and body in one piece of memory. */

int fs_open_custom(struct fs_file *file, const char *name);
void fs_close_custom(struct fs_file *file);

int fs_open_custom(struct fs_file *file, const char *name)
{
    char *buffer;
    char *body;
    int header;
    int length;
    int room;
    rt_size_t path = 0; /* length of the path, which a query may follow */
    rt_size_t i;

    while (name[path] != '\0' && name[path] != '?')
    {
        path++;
    }
    for (i = 0; i < RT_ARRAY_SIZE(pages); i++)
    {
        if (rt_strlen(pages[i].path) == path && rt_strncmp(pages[i].path, name, path) == 0)
        {
            break;
        }
    }
    if (i == RT_ARRAY_SIZE(pages))
    {
        return 0;
    }
    room = pages[i].write(RT_NULL, 0) + GROWTH_MAX;
    buffer = (char *)rt_malloc(HEADER_MAX + (rt_size_t)room);
    if (buffer == RT_NULL)
    {
        return 0;
    }
    /* The header tells the length of the body, so it comes second and is moved up against it. */
    body = buffer + HEADER_MAX;
    length = pages[i].write(body, room);
    length = RT_MIN(length, room - 1);
    header = rt_snprintf(buffer, HEADER_MAX,
                         "HTTP/1.0 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nCache-Control: no-store\r\n"
                         "Connection: close\r\n\r\n",
                         pages[i].status, pages[i].type, length);
    rt_memmove(body - header, buffer, (rt_size_t)header);

    rt_memset(file, 0, sizeof(*file));
    file->data = body - header;
    file->len = header + length;
    file->index = file->len;
    file->pextension = buffer;
    file->flags = FS_FILE_FLAGS_HEADER_INCLUDED;

    return 1;
}

void fs_close_custom(struct fs_file *file)
{
    rt_free(file->pextension);
    file->pextension = RT_NULL;
}

static int web_init(void)
{
    LOCK_TCPIP_CORE();
    httpd_init();
    UNLOCK_TCPIP_CORE();

    return 0;
}
INIT_APP_EXPORT(web_init);

#endif /* RT_USING_LWIP */
