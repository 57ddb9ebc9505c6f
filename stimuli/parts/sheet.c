/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contact sheets. */
#include "stimuli/parts/sheet.h"

#include <stdlib.h>

#include "engine/base/progress.h"
#include "stimuli/parts/frame.h"

static int cell_width(const ww_sheet *sheet, const ww_view *view)
{
    int frames = sheet->all_frames ? view->frames : 1;
    return frames * view->width_px * sheet->zoom + sheet->gap_px;
}

void ww_sheet_size(const ww_sheet *sheet, const ww_view *view, int *width, int *height)
{
    int rows = (sheet->items + sheet->columns - 1) / sheet->columns;
    *width = sheet->columns * cell_width(sheet, view) + sheet->gap_px;
    *height = rows * (view->height_px * sheet->zoom + sheet->gap_px) + sheet->gap_px;
}

static void place(const ww_sheet *sheet, const ww_view *view, const float *frame, int left, int top,
                  float *rgb)
{
    int width, height, zoom = sheet->zoom;
    ww_sheet_size(sheet, view, &width, &height);
    for (int c = 0; c < 3; c++)
        for (int row = 0; row < view->height_px * zoom; row++) {
            const float *from = frame + (c * view->height_px + row / zoom) * view->width_px;
            float *to = rgb + ((size_t)c * (size_t)height + (size_t)(top + row)) * (size_t)width;
            for (int column = 0; column < view->width_px * zoom; column++)
                to[left + column] = from[column / zoom];
        }
}

ww_status ww_sheet_draw(const ww_sheet *sheet, const ww_stimulus *stimulus, const void *params,
                        const ww_view *view, uint64_t seed, float *rgb)
{
    int width, height;
    void *state = NULL;
    if (sheet->items < 1 || sheet->columns < 1 || sheet->zoom < 1 || sheet->gap_px < 0)
        return WW_FAIL(WW_EINVAL, "a contact sheet needs items, columns and a zoom of at least 1");
    ww_sheet_size(sheet, view, &width, &height);
    memset(rgb, 0, 3 * (size_t)width * (size_t)height * sizeof *rgb);
    float *film = malloc(3 * ww_frame_plane(view) * (size_t)view->frames * sizeof *film);
    if (!film)
        return WW_FAIL(WW_ENOMEM, "no memory for %d frames", view->frames);
    ww_status status = stimulus->open ? stimulus->open(&state, params, view) : WW_OK;
    int first = sheet->all_frames ? 0 : view->frames - 1;
    for (int i = 0; i < sheet->items && status == WW_OK; i++) {
        ww_truth truth;
        if (ww_interrupted()) {
            status = WW_FAIL(WW_EINTERRUPTED, "interrupted after %d of %d items", i, sheet->items);
            break;
        }
        status = stimulus->draw(state, params, view, seed, (uint64_t)i, film, NULL, &truth);
        int left = sheet->gap_px + i % sheet->columns * cell_width(sheet, view);
        int top =
            sheet->gap_px + i / sheet->columns * (view->height_px * sheet->zoom + sheet->gap_px);
        for (int f = first; f < view->frames && status == WW_OK; f++)
            place(sheet, view, ww_frame_at(film, view, f),
                  left + (f - first) * view->width_px * sheet->zoom, top, rgb);
    }
    if (stimulus->close)
        stimulus->close(state);
    free(film);
    return status;
}
