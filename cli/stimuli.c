/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contact sheets. Stimuli are linear RGB; a screen expects sRGB (IEC 61966-2-1), whose curve is
 *
 *     12.92 l  for l <= 0.0031308,   1.055 l^(1/2.4) - 0.055  above,
 *
 * so that on the sheet mean luminance (0.5) is the grey 188 of 255. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/command.h"
#include "cli/parts/listing.h"
#include "engine/store/picture.h"
#include "stimuli/parts/sheet.h"

enum { LONGEST_SIDE = 32768 };

struct stimuli {
    int items, columns, zoom;
    bool all_frames;
    int width_px, height_px, frames;
    double width_deg, frame_ms;
};

static const ww_param params[] = {
    WW_INT(struct stimuli, items, 24, 1, 10000, "", "how many items", ""),
    WW_INT(struct stimuli, columns, 6, 1, 1000, "", "items in a row", ""),
    WW_INT(struct stimuli, zoom, 1, 1, 64, "", "draw each pixel as zoom x zoom", ""),
    WW_BOOL(struct stimuli, all_frames, false, "all frames side by side, not the last one", ""),
    WW_INT(struct stimuli, width_px, 128, 8, 4096, "px", "width of the view", ""),
    WW_INT(struct stimuli, height_px, 128, 8, 4096, "px", "height of the view", ""),
    WW_REAL(struct stimuli, width_deg, 8, 0.1, 180, "deg", "width of the view on the retina", ""),
    WW_INT(struct stimuli, frames, 4, 1, 1000, "", "frames of an item", ""),
    WW_REAL(struct stimuli, frame_ms, 50, 0.1, 10000, "ms", "time from frame to frame", ""),
    WW_PARAM_END};

static void encode_srgb(float *pixel, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double l = pixel[i];
        pixel[i] = (float)(l <= 0.0031308 ? 12.92 * l : 1.055 * pow(l, 1 / 2.4) - 0.055);
    }
}

static ww_status check_output(const char *output)
{
    if (output == NULL)
        return ww_usage_error("-o is missing; name the picture, as -o sheet.png");
    size_t length = strlen(output);
    if (length < 4 || strcasecmp(output + length - 4, ".png") != 0)
        return ww_usage_error("-o %s: a contact sheet is a PNG; let its name end with .png",
                              output);
    return WW_OK;
}

static ww_status draw(const ww_cli *cli, const struct stimuli *p, const ww_stimulus *stimulus,
                      const void *settings)
{
    int width, height;
    ww_view view = {p->width_px, p->height_px, p->frames, p->width_deg / p->width_px, p->frame_ms};
    ww_sheet sheet = {.items = p->items,
                      .columns = p->columns < p->items ? p->columns : p->items,
                      .all_frames = p->all_frames,
                      .gap_px = 2,
                      .zoom = p->zoom};
    ww_sheet_size(&sheet, &view, &width, &height);
    if (width > LONGEST_SIDE || height > LONGEST_SIDE)
        return ww_usage_error("the sheet would be %d x %d pixels; %d a side is the most", width,
                              height, LONGEST_SIDE);
    size_t n = 3 * (size_t)width * (size_t)height;
    float *rgb = malloc(n * sizeof *rgb);
    if (rgb == NULL)
        return WW_FAIL(WW_ENOMEM, "no memory for a sheet of %d x %d pixels", width, height);
    ww_status status = ww_sheet_draw(&sheet, stimulus, settings, &view, cli->seed, rgb);
    if (status == WW_OK) {
        encode_srgb(rgb, n);
        status = ww_picture_write_png(cli->output, rgb, 3, height, width);
    }
    free(rgb);
    return status;
}

static ww_status run(ww_cli *cli, const void *self, int argc, const char *const *argv)
{
    const ww_family *family;
    size_t index;
    WW_TRY(ww_usage_count(argc, argv, 1, 2, "list, or show NAME"));
    WW_TRY(ww_family_find(&family, "stimuli"));
    if (strcmp(argv[0], "list") == 0) {
        WW_TRY(ww_usage_count(argc, argv, 1, 1, "list"));
        WW_TRY(ww_refuse(cli,
                         "set output seed items columns zoom all-frames width-px height-px "
                         "width-deg frames frame-ms",
                         "it goes with 'show', not with 'list'"));
        ww_list_items(family, false);
        return WW_OK;
    }
    if (strcmp(argv[0], "show") != 0)
        return ww_usage_error("unknown word '%s'; wanted: list, or show NAME", argv[0]);
    WW_TRY(ww_usage_count(argc, argv, 2, 2, "show NAME"));
    WW_TRY(ww_usage(ww_item_find(&index, family, argv[1])));
    WW_TRY(check_output(cli->output));
    const ww_stimulus *stimulus = ww_stimuli[index];
    void *settings = ww_arena_alloc(cli->arena, stimulus->item.params_size + 1);
    if (settings == NULL)
        return WW_ENOMEM;
    ww_params_defaults(stimulus->item.params, settings);
    WW_TRY(ww_set_all(cli, stimulus->item.params, settings));
    return draw(cli, self, stimulus, settings);
}

const ww_command ww_command_stimuli = {
    .item = {.name = "stimuli",
             .summary = "lists the stimuli, or draws a contact sheet of one",
             .example = "whatwhere stimuli show grating --set frequency_cpd=2 -o sheet.png",
             .params = params,
             .params_size = sizeof(struct stimuli)},
    .synopsis = "list\nshow NAME -o SHEET.png",
    .sets = "a parameter of the stimulus",
    .writes = "the contact sheet, a PNG",
    .draws = true,
    .run = run};
