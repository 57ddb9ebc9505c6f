/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The HDF5 file of `whatwhere saliency`: map, channels, 42 features, scanpath, units. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <math.h>

#include "areas/parts/saliency.h"
#include "cli/command.h"
#include "engine/store/h5.h"
#include "tests/support/folder.h"

TestSuite(cli_saliency, .init = ww_folder_make, .fini = ww_folder_remove);

Test(cli_saliency, a_file_holds_maps_and_scanpath_with_units)
{
    extern const ww_command ww_command_saliency;
    static const char *const nothing[] = {NULL};
    float grey[48 * 64];
    double x[3], map[48 * 64], most = 0;
    int rank;
    int64_t dim[8];
    size_t n;
    const char *const *names, *unit;
    cr_redirect_stdout();
    for (int i = 0; i < 48 * 64; i++)
        grey[i] = i % 64 > 40 && i % 64 < 46 && i / 64 > 20 && i / 64 < 26 ? 1 : 0.2f;
    expect_ok(ww_picture_write_png(ww_path("spot.png"), grey, 1, 48, 64));
    ww_arena *arena = ww_arena_create();
    ww_cli cli = {
        .seed = 1, .output = ww_path("map.h5"), .set = nothing, .command_line = "", .arena = arena};
    void *self = ww_arena_alloc(arena, ww_command_saliency.item.params_size);
    ww_params_defaults(ww_command_saliency.item.params, self);
    ((ww_saliency_params *)self)->side_px = 256;
    ((ww_saliency_params *)self)->fixations = 3;
    const char *picture = ww_path("spot.png");
    expect_ok(ww_command_saliency.run(&cli, self, 1, &picture));
    ww_h5 *file;
    expect_ok(ww_h5_open(&file, cli.output));
    expect_ok(ww_h5_list(file, "/features", &names, &n, arena));
    cr_expect_eq(n, 42);
    expect_ok(ww_h5_list(file, "/channels", &names, &n, arena));
    cr_expect_eq(n, 3);
    expect_ok(ww_h5_shape(file, "/map", &rank, dim));
    cr_expect(rank == 2 && dim[0] == 48 && dim[1] == 64);
    expect_ok(ww_h5_read_doubles(file, "/map", map, 48 * 64));
    for (int i = 0; i < 48 * 64; i++)
        most = fmax(most, map[i]);
    cr_expect(most > 0.8 && most <= 1);
    expect_ok(ww_h5_read_doubles(file, "/fixations/x_px", x, 3));
    cr_expect_float_eq(x[0], 43, 5, "%g", x[0]);
    expect_ok(ww_h5_read_attribute(file, "/fixations/time_ms", "unit", &unit, arena));
    cr_expect_str_eq(unit, "ms");
    cr_expect(ww_h5_has(file, "/provenance"));
    ww_h5_close(file);
    ww_arena_free(arena);
}
