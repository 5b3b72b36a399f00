import { decode, type LibraryHandle, load, struct } from 'koffi'
import { CameraAbsent } from '../../frame/capture.ts'

/** An address in native memory. */
export type Pointer = bigint
/** A place that C writes its answer into. */
export type Out<T> = [T]

/** A C function; `async` runs it on a thread of its own. */
export interface Native<A extends unknown[], R> {
  (...args: A): R
  async(...args: [...A, (error: unknown, result: R) => void]): void
}

/** A C function whose last argument is where it puts its error (GError). */
export type Failing<A extends unknown[], R> = Native<[...A, Out<Pointer | null>], R>

const GERROR = { domain: 'uint32_t', code: 'int', message: 'const char *' }
const GSLIST = { data: 'void *', next: 'void *' }

type Int64 = number | bigint
type Camera = [camera: Pointer]
type Named = [camera: Pointer, feature: string]
type Node = [node: Pointer]

function open(file: string): LibraryHandle {
  try {
    return load(file)
  } catch {
    throw new CameraAbsent(`${file} is not on this machine: install libaravis-0.8-0`)
  }
}

/** libaravis 0.8, as far as it is used here. Throws CameraAbsent when it is not installed. */
export function loadAravis() {
  const aravis = open('libaravis-0.8.so.0')
  const glib = open('libglib-2.0.so.0')
  const gobject = open('libgobject-2.0.so.0')
  const gError = struct(GERROR)
  const gSList = struct(GSLIST)
  const c = <A extends unknown[], R>(prototype: string): Native<A, R> => aravis.func(prototype)
  const f = <A extends unknown[], R>(start: string): Failing<A, R> =>
    aravis.func(`${start}, _Out_ void **error)`)
  const gFree = glib.func('void g_free(void *memory)') as unknown as Native<[Pointer], void>
  const gErrorFree = glib.func('void g_error_free(void *error)') as unknown as Native<[Pointer], void>

  return {
    // Discovery
    updateDeviceList: c<[], void>('void arv_update_device_list()'),
    deviceCount: c<[], number>('unsigned int arv_get_n_devices()'),
    deviceId: c<[number], string>('const char *arv_get_device_id(unsigned int index)'),
    deviceAddress: c<[number], string | null>('const char *arv_get_device_address(unsigned int index)'),
    deviceSerial: c<[number], string | null>('const char *arv_get_device_serial_nbr(unsigned int index)'),
    deviceModel: c<[number], string | null>('const char *arv_get_device_model(unsigned int index)'),

    // A camera
    open: f<[string], Pointer | null>('void *arv_camera_new(const char *name'),
    device: c<Camera, Pointer>('void *arv_camera_get_device(void *camera)'),
    isGigE: c<Camera, number>('int arv_camera_is_gv_device(void *camera)'),
    isController: c<[device: Pointer], number>('int arv_gv_device_is_controller(void *device)'),
    setStreamOptions: c<[Pointer, number], void>(
      'void arv_camera_gv_set_stream_options(void *camera, int options)',
    ),
    setPacketSize: f<[Pointer, number], void>('void arv_camera_gv_set_packet_size(void *camera, int bytes'),
    setPacketSizeAdjustment: c<[Pointer, number], void>(
      'void arv_camera_gv_set_packet_size_adjustment(void *camera, int adjustment)',
    ),
    setRangeCheck: c<[Pointer, number], void>(
      'void arv_camera_set_range_check_policy(void *camera, int policy)',
    ),
    vendor: f<Camera, string | null>('const char *arv_camera_get_vendor_name(void *camera'),
    model: f<Camera, string | null>('const char *arv_camera_get_model_name(void *camera'),

    // Acquisition
    createStream: f<[Pointer, null, null], Pointer | null>(
      'void *arv_camera_create_stream(void *camera, void *callback, void *data',
    ),
    payload: f<Camera, number>('unsigned int arv_camera_get_payload(void *camera'),
    setAcquisitionMode: f<[Pointer, number], void>(
      'void arv_camera_set_acquisition_mode(void *camera, int mode',
    ),
    start: f<Camera, void>('void arv_camera_start_acquisition(void *camera'),
    stop: f<Camera, void>('void arv_camera_stop_acquisition(void *camera'),
    newBuffer: c<[number], Pointer>('void *arv_buffer_new_allocate(size_t bytes)'),
    push: c<[Pointer, Pointer], void>('void arv_stream_push_buffer(void *stream, void *buffer)'),
    tryPop: c<[Pointer], Pointer | null>('void *arv_stream_try_pop_buffer(void *stream)'),
    waitPop: c<[Pointer, number], Pointer | null>(
      'void *arv_stream_timeout_pop_buffer(void *stream, uint64_t us)',
    ),
    statistics: c<[Pointer, Out<Int64>, Out<Int64>, Out<Int64>], void>(
      'void arv_stream_get_statistics(void *stream, _Out_ uint64_t *completed, _Out_ uint64_t *failures, _Out_ uint64_t *underruns)',
    ),
    bufferStatus: c<[Pointer], number>('int arv_buffer_get_status(void *buffer)'),
    bufferTimestamp: c<[Pointer], Int64>('uint64_t arv_buffer_get_timestamp(void *buffer)'),
    bufferFrame: c<[Pointer], Int64>('uint64_t arv_buffer_get_frame_id(void *buffer)'),
    bufferWidth: c<[Pointer], number>('int arv_buffer_get_image_width(void *buffer)'),
    bufferHeight: c<[Pointer], number>('int arv_buffer_get_image_height(void *buffer)'),
    bufferPadding: c<[Pointer, Out<number>, Out<number>], void>(
      'void arv_buffer_get_image_padding(void *buffer, _Out_ int *x, _Out_ int *y)',
    ),
    bufferData: c<[Pointer, Out<Int64>], Pointer | null>(
      'const void *arv_buffer_get_data(void *buffer, _Out_ size_t *bytes)',
    ),
    bufferImage: c<[Pointer, Out<Int64>], Pointer | null>(
      'const void *arv_buffer_get_image_data(void *buffer, _Out_ size_t *bytes)',
    ),

    // What cameras call differently, and Aravis by one name
    hasExposure: f<Camera, number>('int arv_camera_is_exposure_time_available(void *camera'),
    exposureRange: f<[Pointer, Out<number>, Out<number>], void>(
      'void arv_camera_get_exposure_time_bounds(void *camera, _Out_ double *min, _Out_ double *max',
    ),
    exposure: f<Camera, number>('double arv_camera_get_exposure_time(void *camera'),
    setExposure: f<[Pointer, number], void>('void arv_camera_set_exposure_time(void *camera, double us'),
    hasGain: f<Camera, number>('int arv_camera_is_gain_available(void *camera'),
    gainRange: f<[Pointer, Out<number>, Out<number>], void>(
      'void arv_camera_get_gain_bounds(void *camera, _Out_ double *min, _Out_ double *max',
    ),
    gain: f<Camera, number>('double arv_camera_get_gain(void *camera'),
    setGain: f<[Pointer, number], void>('void arv_camera_set_gain(void *camera, double gain'),
    hasFrameRate: f<Camera, number>('int arv_camera_is_frame_rate_available(void *camera'),
    frameRateRange: f<[Pointer, Out<number>, Out<number>], void>(
      'void arv_camera_get_frame_rate_bounds(void *camera, _Out_ double *min, _Out_ double *max',
    ),
    frameRate: f<Camera, number>('double arv_camera_get_frame_rate(void *camera'),
    setFrameRate: f<[Pointer, number], void>('void arv_camera_set_frame_rate(void *camera, double fps'),
    hasBinning: f<Camera, number>('int arv_camera_is_binning_available(void *camera'),
    setBinning: f<[Pointer, number, number], void>('void arv_camera_set_binning(void *camera, int x, int y'),
    region: f<[Pointer, Out<number>, Out<number>, Out<number>, Out<number>], void>(
      'void arv_camera_get_region(void *camera, _Out_ int *x, _Out_ int *y, _Out_ int *width, _Out_ int *height',
    ),
    setRegion: f<[Pointer, number, number, number, number], void>(
      'void arv_camera_set_region(void *camera, int x, int y, int width, int height',
    ),
    setTrigger: f<[Pointer, string], void>('void arv_camera_set_trigger(void *camera, const char *source'),
    clearTriggers: f<Camera, void>('void arv_camera_clear_triggers(void *camera'),
    triggerNow: f<Camera, void>('void arv_camera_software_trigger(void *camera'),

    // Features by GenICam's names
    isAvailable: f<Named, number>('int arv_camera_is_feature_available(void *camera, const char *feature'),
    isImplemented: f<Named, number>(
      'int arv_camera_is_feature_implemented(void *camera, const char *feature',
    ),
    run: f<Named, void>('void arv_camera_execute_command(void *camera, const char *feature'),
    boolean: f<Named, number>('int arv_camera_get_boolean(void *camera, const char *feature'),
    setBoolean: f<[...Named, number], void>(
      'void arv_camera_set_boolean(void *camera, const char *feature, int value',
    ),
    text: f<Named, string | null>('const char *arv_camera_get_string(void *camera, const char *feature'),
    setText: f<[...Named, string], void>(
      'void arv_camera_set_string(void *camera, const char *feature, const char *value',
    ),
    integer: f<Named, Int64>('int64_t arv_camera_get_integer(void *camera, const char *feature'),
    setInteger: f<[...Named, number], void>(
      'void arv_camera_set_integer(void *camera, const char *feature, int64_t value',
    ),
    integerRange: f<[...Named, Out<Int64>, Out<Int64>], void>(
      'void arv_camera_get_integer_bounds(void *camera, const char *feature, _Out_ int64_t *min, _Out_ int64_t *max',
    ),
    integerStep: f<Named, Int64>(
      'int64_t arv_camera_get_integer_increment(void *camera, const char *feature',
    ),
    float: f<Named, number>('double arv_camera_get_float(void *camera, const char *feature'),
    setFloat: f<[...Named, number], void>(
      'void arv_camera_set_float(void *camera, const char *feature, double value',
    ),
    floatRange: f<[...Named, Out<number>, Out<number>], void>(
      'void arv_camera_get_float_bounds(void *camera, const char *feature, _Out_ double *min, _Out_ double *max',
    ),
    floatStep: f<Named, number>('double arv_camera_get_float_increment(void *camera, const char *feature'),
    choices: f<[...Named, Out<number>], Pointer | null>(
      'void *arv_camera_dup_available_enumerations_as_strings(void *camera, const char *feature, _Out_ unsigned int *count',
    ),

    // The tree of features
    genicam: c<[device: Pointer], Pointer | null>('void *arv_device_get_genicam(void *device)'),
    node: c<[genicam: Pointer, string], Pointer | null>(
      'void *arv_gc_get_node(void *genicam, const char *name)',
    ),
    nodeKind: c<Node, string>('const char *arv_dom_node_get_node_name(void *node)'),
    nodeDescription: c<Node, string | null>('const char *arv_gc_feature_node_get_description(void *node)'),
    nodeVisibility: c<Node, number>('int arv_gc_feature_node_get_visibility(void *node)'),
    nodeAccess: c<Node, number>('int arv_gc_feature_node_get_actual_access_mode(void *node)'),
    integerUnit: c<Node, string | null>('const char *arv_gc_integer_get_unit(void *node)'),
    floatUnit: c<Node, string | null>('const char *arv_gc_float_get_unit(void *node)'),
    categoryFeatures: c<Node, Pointer | null>('const void *arv_gc_category_get_features(void *node)'),

    // GLib
    ref: gobject.func('void *g_object_ref(void *object)') as unknown as Native<[Pointer], Pointer>,
    unref: gobject.func('void g_object_unref(void *object)') as unknown as Native<[Pointer], void>,
    setProperty: gobject.func(
      'void g_object_set(void *object, const char *name, int value, void *end)',
    ) as unknown as Native<[Pointer, string, number, null], void>,

    /** The words of a GError, which is freed. */
    takeError(error: Pointer): { message: string; domain: number; code: number } {
      const taken = decode(error, gError) as { message: string; domain: number; code: number }
      gErrorFree(error)
      return taken
    },
    /** `count` strings in an array, which is freed; the strings are the camera's. */
    takeStrings(strings: Pointer | null, count: number): string[] {
      if (strings === null) return []
      const taken = decode(strings, 'const char *', count) as string[]
      gFree(strings)
      return taken
    },
    /** The strings of a list that is the camera's. */
    listOf(first: Pointer | null): string[] {
      const names: string[] = []
      for (let at = first; at !== null;) {
        const { data, next } = decode(at, gSList) as { data: Pointer; next: Pointer | null }
        names.push(decode.string(data))
        at = next
      }
      return names
    },
  }
}

export type Aravis = ReturnType<typeof loadAravis>
