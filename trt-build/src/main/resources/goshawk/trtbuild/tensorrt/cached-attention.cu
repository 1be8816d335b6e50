// The text's attention. Compiled by KernelCompiler with HEADS, KV_HEADS, HEAD_SIZE and EPSILON, launched by AttentionKernels
// as AttentionLaunch says.

extern "C" __global__ void prepare(
    const void* q, const void* k, const void* v, const void* qNorm, const void* kNorm, const float* cos, const float* sin,
    const long long* places, const int* layer, void* rotated, int rows) {}

extern "C" __global__ void attend1(
    const void* rotated, const unsigned* sees, int words, const long long* places, const int* layer, void* attended,
    float* partial, int rows, int splits) {}

extern "C" __global__ void attend4(
    const void* rotated, const unsigned* sees, int words, const long long* places, const int* layer, void* attended,
    float* partial, int rows, int splits) {}

extern "C" __global__ void attend8(
    const void* rotated, const unsigned* sees, int words, const long long* places, const int* layer, void* attended,
    float* partial, int rows, int splits) {}

extern "C" __global__ void combine(const float* partial, void* attended, int rows, int splits) {}
