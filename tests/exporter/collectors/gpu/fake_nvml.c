/* A libnvidia-ml.so.1 without a driver: it answers as the file named by MEDIC_FAKE_NVML says, which it reads at each call.
 *
 *   gpus=2                         how many there are
 *   init=9                         what nvmlInit returns
 *   kernel=2                       the kernel module's version; another library than that one does not fit
 *   generation=2                   the driver was reloaded: what was initialised before is stale
 *   lost=0,1                       these have fallen off the bus
 *   refuse=nvmlDeviceGetFanSpeed:3 these functions return these codes
 *   hang=nvmlDeviceGetPowerUsage   this function does not return until the FIFO `gate` has had a writer
 *   gate=PATH  events=PATH         FIFOs; a line "0 79" in events is XID 79 of GPU 0
 *   processes=42:1000,43:-1        compute processes of GPU 0 and their bytes; -1 is not known
 *   graphics=42:1000               likewise
 *   used=N  mig=1  power=N         figures of GPU 0; mig divides it
 *   log=PATH                       the name of each function that is called goes there
 */
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef VERSION
#define VERSION "1"
#endif

enum { OK = 0, UNINITIALIZED = 1, INVALID = 2, UNSUPPORTED = 3, DENIED = 4, NOT_FOUND = 6, SHORT = 7, TIMEOUT = 10,
       LOST = 15, MISMATCH = 18 };

typedef unsigned int u32;
typedef unsigned long long u64;
typedef struct { int index, place; } device_t;

#define MOST 8
#define PLACES 7
static device_t devices[MOST][PLACES + 1];
static char generation[64];
static int initialized;

static int setting(const char *key, char *value, size_t size) {
    const char *path = getenv("MEDIC_FAKE_NVML");
    FILE *file = path ? fopen(path, "r") : NULL;
    char line[4096];
    size_t length = strlen(key);
    int found = 0;
    value[0] = 0;
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        if (!strncmp(line, key, length) && line[length] == '=') {
            snprintf(value, size, "%s", line + length + 1);
            found = 1;
        }
    }
    if (file) fclose(file);
    return found;
}

static long long number(const char *key, long long otherwise) {
    char value[4096];
    return setting(key, value, sizeof value) ? atoll(value) : otherwise;
}

/* Find WORD in a list "a:1,b:2" and return the number behind it. */
static int listed(const char *key, const char *word, long long *found) {
    char value[4096], *rest = value, *item;
    setting(key, value, sizeof value);
    while ((item = strsep(&rest, ",")) != NULL) {
        char *name = strsep(&item, ":");
        if (!strcmp(name, word)) {
            *found = item ? atoll(item) : 0;
            return 1;
        }
    }
    return 0;
}

static void note(const char *function) {
    char path[4096];
    if (setting("log", path, sizeof path)) {
        FILE *file = fopen(path, "a");
        fprintf(file, "%s\n", function);
        fclose(file);
    }
}

static void hang(const char *function) {
    char value[4096], path[4096], byte;
    if (setting("hang", value, sizeof value) && !strcmp(value, function) && setting("gate", path, sizeof path)) {
        int gate = open(path, O_RDONLY);
        while (read(gate, &byte, 1) > 0) {}
        close(gate);
    }
}

static int gate(const char *function, device_t *device) {
    char value[4096], index[16];
    long long code;
    note(function);
    hang(function);
    if (!initialized) return UNINITIALIZED;
    setting("generation", value, sizeof value);
    if (strcmp(value, generation)) return (int)number("stale", 999);
    if (device) {
        snprintf(index, sizeof index, "%d", device->index);
        if (listed("lost", index, &code)) return LOST;
    }
    if (listed("refuse", function, &code)) return (int)code;
    return OK;
}

#define ENTER(device) do { int code = gate(__func__, device); if (code) return code; } while (0)
#define VALUE(name, expression) \
    int name(device_t *device, u32 *value) { ENTER(device); *value = (u32)(expression); return OK; }
#define PAIR(name, first, second) \
    int name(device_t *device, u32 *one, u32 *two) { ENTER(device); *one = (first); *two = (second); return OK; }
#define TEXT(name, ...) \
    int name(device_t *device, char *text, u32 size) { ENTER(device); snprintf(text, size, __VA_ARGS__); return OK; }

int nvmlInitWithFlags(u32 flags) {
    char kernel[64];
    int code;
    (void)flags;
    note(__func__);
    hang(__func__);
    if (setting("kernel", kernel, sizeof kernel) && strcmp(kernel, VERSION)) return MISMATCH;
    if ((code = (int)number("init", 0))) return code;
    setting("generation", generation, sizeof generation);
    initialized++;
    return OK;
}

int nvmlShutdown(void) { note(__func__); initialized -= initialized > 0; return OK; }  /* the last of them ends it */
const char *nvmlErrorString(int code) { static char text[32]; snprintf(text, sizeof text, "code %d", code); return text; }
int nvmlSystemGetDriverVersion(char *text, u32 size) { ENTER(NULL); snprintf(text, size, "590.48.0%s", VERSION); return OK; }
int nvmlSystemGetCudaDriverVersion(int *version) { ENTER(NULL); *version = 13010; return OK; }
int nvmlDeviceGetCount_v2(u32 *count) { ENTER(NULL); *count = (u32)number("gpus", 1); return OK; }

int nvmlDeviceGetHandleByIndex_v2(u32 index, device_t **device) {
    device_t *found = &devices[index][0];
    found->index = (int)index;
    found->place = -1;
    ENTER(found);
    *device = found;
    return OK;
}

int nvmlDeviceGetUUID(device_t *device, char *text, u32 size) {
    ENTER(device);
    if (device->place < 0) snprintf(text, size, "GPU-00000000-0000-0000-0000-00000000000%d", device->index);
    else snprintf(text, size, "MIG-11111111-0000-0000-0000-00000000000%d", device->place);
    return OK;
}

TEXT(nvmlDeviceGetName, device->place < 0 ? "NVIDIA H200" : "NVIDIA H200 MIG %dg.%dgb", device->place + 1, 18)
TEXT(nvmlDeviceGetVbiosVersion, "96.00.A5.00.03")
TEXT(nvmlDeviceGetSerial, "165012300000%d", device->index)
VALUE(nvmlDeviceGetIndex, device->index)

int nvmlDeviceGetPciInfo_v3(device_t *device, void *info) {
    struct { char legacy[16]; u32 domain, bus, device, id, subsystem; char bus_id[32]; } *pci = info;
    ENTER(device);
    pci->domain = 0, pci->bus = 0x83, pci->device = 0, pci->id = 0x233510de, pci->subsystem = 0x18be10de;
    snprintf(pci->bus_id, sizeof pci->bus_id, "00000000:83:00.%d", device->index);
    return OK;
}

int nvmlDeviceGetMemoryInfo_v2(device_t *device, void *info) {
    struct { u32 version; u64 total, reserved, free, used; } *memory = info;
    ENTER(device);
    memory->total = device->place < 0 ? 150754820096 : 18790481920;
    memory->reserved = 643825664;
    memory->used = device->place < 0 ? (u64)number("used", 33934016512) : 1073741824;
    memory->free = memory->total - memory->reserved - memory->used;
    return OK;
}

int nvmlDeviceGetMemoryInfo(device_t *device, void *info) {
    struct { u64 total, free, used; } *memory = info;
    ENTER(device);
    memory->total = 150754820096, memory->used = 34577842176, memory->free = memory->total - memory->used;
    return OK;
}

int nvmlDeviceGetUtilizationRates(device_t *device, u32 *rates) {
    ENTER(device);
    rates[0] = 97, rates[1] = 7;
    return OK;
}

PAIR(nvmlDeviceGetEncoderUtilization, 10, 167000)
PAIR(nvmlDeviceGetDecoderUtilization, 20, 167000)
PAIR(nvmlDeviceGetJpgUtilization, 0, 167000)
PAIR(nvmlDeviceGetOfaUtilization, 0, 167000)
PAIR(nvmlDeviceGetPowerManagementLimitConstraints, 200000, 700000)
PAIR(nvmlDeviceGetEccMode, 1, 1)
PAIR(nvmlDeviceGetMigMode, (u32)number("mig", 0), 0)
PAIR(nvmlDeviceGetCudaComputeCapability, 9, 0)
VALUE(nvmlDeviceGetPowerUsage, number("power", 627400))
VALUE(nvmlDeviceGetPowerManagementLimit, 700000)
VALUE(nvmlDeviceGetPowerManagementDefaultLimit, 700000)
VALUE(nvmlDeviceGetEnforcedPowerLimit, 650000)
VALUE(nvmlDeviceGetFanSpeed, 38)
VALUE(nvmlDeviceGetPerformanceState, number("pstate", 0))
VALUE(nvmlDeviceGetCurrPcieLinkGeneration, 5)
VALUE(nvmlDeviceGetMaxPcieLinkGeneration, 5)
VALUE(nvmlDeviceGetGpuMaxPcieLinkGeneration, 5)
VALUE(nvmlDeviceGetCurrPcieLinkWidth, 16)
VALUE(nvmlDeviceGetMaxPcieLinkWidth, 16)
VALUE(nvmlDeviceGetComputeMode, 3)
VALUE(nvmlDeviceGetPersistenceMode, 1)
VALUE(nvmlDeviceGetMaxMigDeviceCount, PLACES)

int nvmlDeviceGetTemperature(device_t *device, u32 sensor, u32 *value) {
    ENTER(device);
    *value = sensor ? 0 : (u32)number("temperature", 52);
    return OK;
}

int nvmlDeviceGetClockInfo(device_t *device, u32 clock, u32 *value) {
    static const u32 clocks[] = {1980, 1755, 3201, 1545};
    ENTER(device);
    *value = clocks[clock];
    return OK;
}

int nvmlDeviceGetMaxClockInfo(device_t *device, u32 clock, u32 *value) {
    ENTER(device);
    *value = 2000 + clock;
    return OK;
}

int nvmlDeviceGetTotalEnergyConsumption(device_t *device, u64 *value) { ENTER(device); *value = 123456789; return OK; }
int nvmlDeviceGetCurrentClocksEventReasons(device_t *device, u64 *value) { ENTER(device); *value = 0x84; return OK; }
int nvmlDeviceGetCurrentClocksThrottleReasons(device_t *device, u64 *value) { ENTER(device); *value = 4; return OK; }
int nvmlDeviceGetSupportedClocksEventReasons(device_t *device, u64 *value) { ENTER(device); *value = 511; return OK; }

int nvmlDeviceGetTotalEccErrors(device_t *device, u32 kind, u32 since, u64 *value) {
    ENTER(device);
    *value = 10 * kind + since;
    return OK;
}

int nvmlDeviceGetMemoryErrorCounter(device_t *device, u32 kind, u32 since, u32 location, u64 *value) {
    ENTER(device);
    if (location != 2 && location != 7) return UNSUPPORTED;
    *value = 100 * location + 10 * kind + since;
    return OK;
}

int nvmlDeviceGetRemappedRows(device_t *device, u32 *corrected, u32 *uncorrected, u32 *pending, u32 *failure) {
    ENTER(device);
    *corrected = 1, *uncorrected = 2, *pending = 0, *failure = 1;
    return OK;
}

int nvmlDeviceGetPcieThroughput(device_t *device, u32 counter, u32 *value) {
    ENTER(device);
    *value = counter ? 500 : 250;
    return OK;
}

int nvmlDeviceGetFieldValues(device_t *device, int count, void *values) {
    struct { u32 id, scope; int64_t at, latency; u32 type, code; union { double d; u32 u; u64 ull; } value; } *each = values;
    ENTER(device);
    for (; count--; each++) {
        each->code = OK, each->type = 1;
        if (each->id == 82) each->value.u = 40;
        else if (each->id == 74) each->type = 3, each->value.ull = 221310321;
        else if (each->id == 230) each->value.u = 0;
        else each->code = UNSUPPORTED;
    }
    return OK;
}

struct process { u32 pid; u64 used; u32 gpu_instance, compute_instance; };

static int processes(device_t *device, const char *key, u32 *count, struct process *found) {
    char value[4096], *rest = value, *item;
    u32 room = *count;
    setting(key, value, sizeof value);
    *count = 0;
    if (device->index || device->place > 0 || !value[0]) return OK;
    while ((item = strsep(&rest, ",")) != NULL) {
        if (*count < room && found) {
            found[*count].pid = (u32)atoi(strsep(&item, ":"));
            found[*count].used = (u64)atoll(item);
        }
        ++*count;
    }
    return *count > room ? SHORT : OK;
}

int nvmlDeviceGetComputeRunningProcesses_v3(device_t *device, u32 *count, struct process *found) {
    ENTER(device);
    if (number("mig", 0) && device->place < 0) return DENIED;
    return processes(device, "processes", count, found);
}

int nvmlDeviceGetGraphicsRunningProcesses_v3(device_t *device, u32 *count, struct process *found) {
    ENTER(device);
    return processes(device, "graphics", count, found);
}

/* Places 0, 1 and 2 are taken: a GPU instance with one compute instance, and one with two. */
int nvmlDeviceGetMigDeviceHandleByIndex(device_t *device, u32 place, device_t **found) {
    ENTER(device);
    if (place > 2) return NOT_FOUND;
    *found = &devices[device->index][place + 1];
    (*found)->index = device->index;
    (*found)->place = (int)place;
    return OK;
}

VALUE(nvmlDeviceGetGpuInstanceId, device->place ? 2 : 1)
VALUE(nvmlDeviceGetComputeInstanceId, device->place == 2)

static int registered[MOST];

int nvmlEventSetCreate(void **events) { ENTER(NULL); *events = registered; return OK; }
int nvmlEventSetFree(void *events) { note(__func__); (void)events; return OK; }

int nvmlDeviceRegisterEvents(device_t *device, u64 types, void *events) {
    (void)events;
    ENTER(device);
    registered[device->index] = (types & 8) != 0;
    return OK;
}

int nvmlEventSetWait_v2(void *events, void *data, u32 timeout) {
    struct { device_t *device; u64 type, xid; u32 gpu_instance, compute_instance; } *event = data;
    char path[4096], line[64];
    size_t length = 0;
    int code, fifo, index;
    (void)events;
    if ((code = gate(__func__, NULL))) return code;
    fifo = setting("events", path, sizeof path) ? open(path, O_RDWR) : -1;
    code = TIMEOUT;
    if (poll(&(struct pollfd){fifo, POLLIN, 0}, 1, (int)timeout) > 0) {
        while (length < sizeof line - 1 && read(fifo, line + length, 1) == 1 && line[length++] != '\n') {}
        line[length] = 0;
        index = atoi(line);
        event->device = &devices[index][0], event->type = 8, event->xid = (u64)atoll(strchr(line, ' ') + 1);
        code = registered[index] ? OK : TIMEOUT;
    }
    if (fifo >= 0) close(fifo);
    return code;
}
