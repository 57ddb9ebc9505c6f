/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_AREAS_AREA_H
#define WW_AREAS_AREA_H

/* Cortical areas (and retina and LGN): what each does with what arrives.
 *
 * One area or family of sub-areas a file; the last thing in it is its descriptor
 * `const ww_area ww_area_<file>`. An area is a function from the maps of its afferent pathways to
 * its own maps. The brain (connectome/brain.h) decides who projects to whom, brings every afferent
 * map onto the area's own grid, puts the pathway's lesion gate before it, and calls `build` once
 * per time step; parameters of the same name are the same at every step. */

#include "engine/base/registry.h"
#include "engine/tensor/ops.h"
#include "stimuli/stimulus.h"

typedef enum ww_stream {
    WW_STREAM_EARLY, /* retina to V2: both streams */
    WW_STREAM_VENTRAL,
    WW_STREAM_DORSAL,
    WW_STREAM_FRONTAL,
    WW_STREAM_LIMBIC
} ww_stream;

extern const char *const ww_stream_names[]; /* "early", "ventral", ..., NULL */

/** One pathway that arrives at an area in this time step. */
typedef struct ww_afferent {
    const char *source; /* the area it comes from: "V1" */
    const char *port;   /* which of its outputs: "4B"; "" if it has only one */
    ww_var map;         /* [N, C, H, W], gated; on the grid of the area that is built */
    int span;           /* hierarchical levels it climbs: negative for feedback */
    double cost;        /* wiring-cost weight of this pathway; 0: free */
} ww_afferent;

enum { WW_AREA_PORTS = 8, WW_AREA_COSTS = 64 };

/** What `build` sees and fills. The graph's scope is already the area's name. */
typedef struct ww_area_site {
    ww_graph *graph;
    const char *name; /* which area is built; a file may serve several */
    const ww_view *view;
    int height, width; /* its grid */
    double rf_deg;     /* receptive-field diameter at 5 deg, 0 if unknown */
    int level;         /* hierarchical level, retina 0 */
    int step, steps;   /* time step of `steps` */
    int n_afferents;
    const ww_afferent *afferent;
    ww_var movie; /* [N, 3 * frames, H, W] linear RGB, frame by frame; read by the retina alone */

    int n_ports; /* filled through ww_area_emit */
    struct {
        const char *name;
        ww_var map;
    } port[WW_AREA_PORTS];
    int n_costs; /* wiring costs, filled through ww_area_cost */
    struct {
        ww_var weights;
        double cost;
    } cost[WW_AREA_COSTS];
} ww_area_site;

/** The first fields of the parameter struct of every area. */
typedef struct ww_area_common {
    int grid;     /* units across the width of the view */
    int channels; /* of its main output */
} ww_area_common;

/* Rows for fields that lie in a nested struct */
#define WW_AREA_INT(S, name, field, value, low, high, help)                                        \
    {                                                                                              \
        name, WW_PARAM_INT, WW_FIELD(S, field, int), value, low, high, NULL, NULL, "", help, ""    \
    }
#define WW_AREA_GRID(S, field, value)                                                              \
    WW_AREA_INT(S, "grid", field.grid, value, 1, 4096, "units across the width of the view")
#define WW_AREA_CHANNELS(S, field, value)                                                          \
    WW_AREA_INT(S, "channels", field.channels, value, 1, 4096, "channels of its main output")

typedef struct ww_area {
    ww_item item; /* members: all the areas that this file serves, blank-separated */
    ww_stream stream;
    /** How maps of a finer grid are brought onto this area's grid: WW_POOL_MAX (tolerance to
     * position, ventral) or WW_POOL_AVERAGE. Coarser ones are interpolated. */
    ww_pool_kind convergence;
    bool native; /* takes its afferents on the grids of their sources instead */
    /** Which outputs of this area a pathway to `target` carries, blank-separated ("4B" for V1 to
     * MT, "interblob blob 4B" for V1 to V2); NULL: the first. */
    const char *(*port_to)(const void *params, const char *target);
    /** The grid of an area whose sampling follows from other parameters: its first output's, in
     * units. NULL: `grid` across the width of the view, the height in proportion. */
    void (*sampling)(const void *params, const ww_view *view, int *height, int *width);
    /** The types of areas whose maps it understands, blank-separated; NULL: any. */
    const char *reads;
    /** Its arrays "AREA/prototype.N" [count, C, N, N] may become pieces of the map that it reads.
     */
    bool imprinted;
    /** Builds the area; failures stick in the graph. */
    void (*build)(ww_area_site *site, const void *params);
    /** Names of the unit classes that can be lesioned apart ("P M K"), or NULL. */
    const char *classes;
} ww_area;

extern const ww_area *const ww_areas[];
extern const size_t ww_areas_count;

/** Puts the lesion gate of a unit class on a map [N, C, H, W] inside the area: controls
 * "AREA/gate.CLASS/gain" and ".../noise" of shape [C, H, W] ("AREA/gate/gain" for class ""). */
ww_var ww_area_gate(ww_area_site *site, const char *unit_class, ww_var map);

/** Gates a map with class `port` and makes it an output of the area under that name ("" for an area
 * with one output). */
void ww_area_emit(ww_area_site *site, const char *port, ww_var map);

/** The luminance of the movie's last frame, [N, 1, H, W] (ITU-R BT.709, on values as stored), with
 * the fixed array "AREA/luminance". */
ww_var ww_area_luminance(ww_area_site *site);

/** A map brought onto another grid: pooled (`kind`) where it is finer by a whole factor, else
 * interpolated. */
ww_var ww_area_regrid(ww_graph *graph, ww_var map, int height, int width, ww_pool_kind kind);

/** Charges the wire of a pathway: adds cost * sum of |weights| to the loss; cost 0: nothing. */
void ww_area_cost(ww_area_site *site, ww_var weights, double cost);

#endif
