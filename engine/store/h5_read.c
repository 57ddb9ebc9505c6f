/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Datasets and attributes out of HDF5 files, which may be anyone's: sizes are compared with the
 * file's before memory is taken for them. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/store/h5_file.h"

/* Deflate shrinks at most to 1/1032; an array that claims more than that was never written. */
enum { LARGEST_RATIO = 1032, MOST_RANK = 8 };

bool ww_h5_has(const ww_h5 *file, const char *name)
{
    char way[1024];
    if (name[0] != '/' || strlen(name) >= sizeof way)
        return false;
    for (const char *end = name + 1; *end != '\0'; end += *end == '/') {
        end += strcspn(end, "/"); /* every group on the way must be there before it can be asked */
        memcpy(way, name, (size_t)(end - name));
        way[end - name] = '\0';
        if (H5Lexists(file->id, way, H5P_DEFAULT) <= 0 ||
            H5Oexists_by_name(file->id, way, H5P_DEFAULT) <= 0)
            return false;
    }
    return true;
}

static ww_status check_size(const ww_h5 *file, const char *name, size_t count, size_t item_bytes)
{
    struct stat about;
    if (fstat(file->disk.fd, &about) != 0 || item_bytes == 0 ||
        count / LARGEST_RATIO > (size_t)about.st_size / item_bytes)
        return WW_FAIL(WW_EPARSE, "%s: %s: more data than the file can hold", file->path, name);
    return WW_OK;
}

/* An open dataset or attribute with its type and shape. */
struct source {
    hid_t id, type, space;
    H5T_class_t class;
    size_t count;
};

static void close_source(struct source *s)
{
    ww_h5_drop(s->space);
    ww_h5_drop(s->type);
    ww_h5_drop(s->id);
}

/* Takes the type and the shape of what `id` opens; closes all on failure. */
static ww_status look_at(struct source *s, hid_t id, bool dataset, const ww_h5 *file,
                         const char *name)
{
    *s = (struct source){.id = id, .type = -1, .space = -1};
    s->type = dataset ? H5Dget_type(id) : H5Aget_type(id);
    s->space = dataset ? H5Dget_space(id) : H5Aget_space(id);
    hssize_t count = H5Sget_simple_extent_npoints(s->space);
    if (id < 0 || s->type < 0 || s->space < 0 || count < 0) {
        ww_status status = ww_h5_fail(file, WW_EPARSE, name, "cannot be read");
        close_source(s);
        return status;
    }
    s->class = H5Tget_class(s->type);
    s->count = (size_t)count;
    return WW_OK;
}

static ww_status open_dataset(struct source *s, const ww_h5 *file, const char *name)
{
    if (!ww_h5_has(file, name))
        return WW_FAIL(WW_ENOTFOUND, "%s: %s: not there", file->path, name);
    hid_t id = H5Oopen(file->id, name, H5P_DEFAULT);
    if (id >= 0 && H5Iget_type(id) != H5I_DATASET) {
        ww_h5_drop(id);
        return WW_FAIL(WW_EPARSE, "%s: %s: no dataset", file->path, name);
    }
    return look_at(s, id, true, file, name);
}

static ww_status open_attribute(struct source *s, const ww_h5 *file, const char *name,
                                const char *key)
{
    if (!ww_h5_has(file, name))
        return WW_FAIL(WW_ENOTFOUND, "%s: %s: not there", file->path, name);
    hid_t object = H5Oopen(file->id, name, H5P_DEFAULT);
    if (H5Aexists(object, key) <= 0) {
        ww_h5_drop(object);
        return WW_FAIL(WW_ENOTFOUND, "%s: %s: no attribute '%s'", file->path, name, key);
    }
    ww_status status = look_at(s, H5Aopen(object, key, H5P_DEFAULT), false, file, name);
    ww_h5_drop(object);
    if (status == WW_OK && s->count != 1) {
        status = WW_FAIL(WW_EPARSE, "%s: %s: attribute '%s': one value is wanted", file->path, name,
                         key);
        close_source(s);
    }
    return status;
}

ww_status ww_h5_shape(const ww_h5 *file, const char *name, int *rank, int64_t dim[8])
{
    struct source s;
    WW_TRY(open_dataset(&s, file, name));
    hsize_t size[H5S_MAX_RANK] = {0};
    int n = H5Sget_simple_extent_dims(s.space, size, NULL);
    ww_status status = check_size(file, name, s.count, H5Tget_size(s.type));
    if (status == WW_OK && (n < 0 || n > MOST_RANK))
        status =
            WW_FAIL(WW_EPARSE, "%s: %s: %d dimensions; at most 8 are wanted", file->path, name, n);
    close_source(&s);
    WW_TRY(status);
    *rank = n;
    for (int i = 0; i < n; i++)
        dim[i] = (int64_t)size[i];
    return WW_OK;
}

/* HDF5 asks what to do with a number that the wanted type cannot hold. */
static H5T_conv_ret_t refuse(H5T_conv_except_t what, hid_t from, hid_t to, void *value,
                             void *converted, void *refused)
{
    (void)from, (void)to, (void)value, (void)converted;
    if (what == H5T_CONV_EXCEPT_PRECISION)
        return H5T_CONV_UNHANDLED;
    *(bool *)refused = true;
    return H5T_CONV_ABORT;
}

/* Floating-point numbers as whole ones. By way of native doubles: HDF5 1.10 finds fractions that
 * are not there when it converts the other byte order to integers. */
static herr_t read_whole(const struct source *s, hid_t type, hid_t transfer, void *data)
{
    double *number = calloc(s->count, sizeof *number);
    herr_t result = -1;
    if (number != NULL)
        result = H5Dread(s->id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, number);
    if (result >= 0)
        result = H5Tconvert(H5T_NATIVE_DOUBLE, type, s->count, number, NULL, transfer);
    if (result >= 0)
        memcpy(data, number, s->count * H5Tget_size(type));
    free(number);
    return result;
}

/* Reads numbers as `type`. If these are integers, `whole` says which, and one that does not fit is
 * an error. */
static ww_status read_numbers(const ww_h5 *file, const char *name, hid_t type, void *data,
                              size_t count, const char *whole)
{
    struct source s;
    bool refused = false;
    herr_t result = 0;
    WW_TRY(open_dataset(&s, file, name));
    ww_status status = WW_OK;
    hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
    if (whole != NULL)
        H5Pset_type_conv_cb(transfer, refuse, &refused);
    if (s.class != H5T_INTEGER && s.class != H5T_FLOAT)
        status = WW_FAIL(WW_EPARSE, "%s: %s: no numbers", file->path, name);
    else if (s.count != count)
        status = WW_FAIL(WW_ESHAPE, "%s: %s: %zu numbers in the file, %zu wanted", file->path, name,
                         s.count, count);
    else if (count > 0 && whole != NULL && s.class == H5T_FLOAT)
        result = read_whole(&s, type, transfer, data);
    else if (count > 0)
        result = H5Dread(s.id, type, H5S_ALL, H5S_ALL, transfer, data);
    if (result < 0)
        status = refused
                     ? WW_FAIL(WW_EPARSE, "%s: %s: a number that is no %s", file->path, name, whole)
                     : ww_h5_fail(file, WW_EPARSE, name, "cannot be read");
    ww_h5_drop(transfer);
    close_source(&s);
    return status;
}

ww_status ww_h5_read_floats(const ww_h5 *file, const char *name, float *data, size_t count)
{
    return read_numbers(file, name, H5T_NATIVE_FLOAT, data, count, NULL);
}

ww_status ww_h5_read_doubles(const ww_h5 *file, const char *name, double *data, size_t count)
{
    return read_numbers(file, name, H5T_NATIVE_DOUBLE, data, count, NULL);
}

ww_status ww_h5_read_ints(const ww_h5 *file, const char *name, int64_t *data, size_t count)
{
    return read_numbers(file, name, H5T_NATIVE_INT64, data, count, "integer of 64 bits");
}

ww_status ww_h5_read_bytes(const ww_h5 *file, const char *name, unsigned char *data, size_t count)
{
    return read_numbers(file, name, H5T_NATIVE_UCHAR, data, count, "integer from 0 to 255");
}

/* A type in memory for the texts of `s`: with a length of its own, or one longer than in the file,
 * so that each text ends with a NUL. The character set is left as it is: HDF5 converts none. */
static hid_t memory_text(const struct source *s)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5Tis_variable_str(s->type) > 0 ? H5T_VARIABLE : H5Tget_size(s->type) + 1);
    H5Tset_cset(type, H5Tget_cset(s->type));
    return type;
}

static herr_t read_source(const struct source *s, bool dataset, hid_t type, void *data)
{
    return dataset ? H5Dread(s->id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data)
                   : H5Aread(s->id, type, data);
}

/* Reads all texts of a dataset or an attribute; closes nothing. */
static ww_status read_texts(const struct source *s, bool dataset, const ww_h5 *file,
                            const char *name, const char **texts, ww_arena *arena)
{
    if (s->class != H5T_STRING)
        return WW_FAIL(WW_EPARSE, "%s: %s: no text", file->path, name);
    WW_TRY(check_size(file, name, s->count, H5Tget_size(s->type)));
    bool variable = H5Tis_variable_str(s->type) > 0;
    hid_t type = memory_text(s);
    size_t item = H5Tget_size(type);
    char *raw = calloc(s->count + 1, item);
    ww_status status = WW_OK;
    if (raw == NULL)
        status = WW_FAIL(WW_ENOMEM, "%s: out of memory", file->path);
    else if (s->count > 0 && read_source(s, dataset, type, raw) < 0)
        status = ww_h5_fail(file, WW_EPARSE, name, "cannot be read");
    for (size_t i = 0; status == WW_OK && i < s->count; i++) {
        const char *text = raw + i * item;
        if (variable)
            memcpy(&text, raw + i * item, sizeof text); /* NULL where it was never written */
        texts[i] = ww_arena_strdup(arena, text != NULL ? text : "");
        if (texts[i] == NULL)
            status = WW_ENOMEM;
    }
    if (raw != NULL && variable)
        H5Dvlen_reclaim(type, s->space, H5P_DEFAULT, raw);
    free(raw);
    ww_h5_drop(type);
    return status;
}

ww_status ww_h5_read_texts(const ww_h5 *file, const char *name, const char *const **texts,
                           size_t *count, ww_arena *arena)
{
    struct source s;
    WW_TRY(open_dataset(&s, file, name));
    ww_status status = check_size(file, name, s.count, 1);
    const char **list = NULL;
    if (status == WW_OK && (list = ww_arena_array(arena, s.count, sizeof *list)) == NULL)
        status = WW_ENOMEM;
    if (status == WW_OK)
        status = read_texts(&s, true, file, name, list, arena);
    *texts = list;
    *count = s.count;
    close_source(&s);
    return status;
}

ww_status ww_h5_read_attribute(const ww_h5 *file, const char *name, const char *key,
                               const char **text, ww_arena *arena)
{
    struct source s;
    WW_TRY(open_attribute(&s, file, name, key));
    ww_status status = read_texts(&s, false, file, name, text, arena);
    close_source(&s);
    return status;
}

ww_status ww_h5_read_attribute_real(const ww_h5 *file, const char *name, const char *key,
                                    double *value)
{
    struct source s;
    WW_TRY(open_attribute(&s, file, name, key));
    ww_status status = WW_OK;
    if (s.class != H5T_INTEGER && s.class != H5T_FLOAT)
        status = WW_FAIL(WW_EPARSE, "%s: %s: attribute '%s' is no number", file->path, name, key);
    else if (H5Aread(s.id, H5T_NATIVE_DOUBLE, value) < 0)
        status = ww_h5_fail(file, WW_EPARSE, name, "cannot be read");
    close_source(&s);
    return status;
}

struct listing {
    const char **name;
    size_t count, room;
    ww_arena *arena;
};

/* Called for each link of a group; a negative result ends the walk. */
static herr_t add_name(hid_t group, const char *name, const H5L_info_t *info, void *self)
{
    (void)group, (void)info;
    struct listing *l = self;
    if (l->count == l->room) {
        size_t room = l->room == 0 ? 64 : 2 * l->room;
        const char **larger = ww_arena_array(l->arena, room, sizeof *larger);
        if (larger == NULL)
            return -1;
        if (l->count > 0)
            memcpy(larger, l->name, l->count * sizeof *larger);
        l->name = larger;
        l->room = room;
    }
    l->name[l->count] = ww_arena_strdup(l->arena, name);
    return l->name[l->count++] == NULL ? -1 : 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

ww_status ww_h5_list(const ww_h5 *file, const char *group, const char *const **names, size_t *count,
                     ww_arena *arena)
{
    struct listing l = {.arena = arena};
    if (!ww_h5_has(file, group))
        return WW_FAIL(WW_ENOTFOUND, "%s: %s: not there", file->path, group);
    hid_t id = H5Oopen(file->id, group, H5P_DEFAULT);
    ww_status status = WW_OK;
    if (id >= 0 && H5Iget_type(id) != H5I_GROUP)
        status = WW_FAIL(WW_EPARSE, "%s: %s: no group", file->path, group);
    else if (H5Literate(id, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, add_name, &l) < 0)
        status = ww_h5_fail(file, WW_EPARSE, group, "cannot be listed");
    ww_h5_drop(id);
    if (status == WW_OK && l.count > 0)
        qsort(l.name, l.count, sizeof *l.name, compare_names);
    *names = l.name;
    *count = l.count;
    return status;
}
