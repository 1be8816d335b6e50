// What the kernels have in common; their sources follow it.

typedef unsigned short bf16;  // its bits
typedef unsigned int u32;
typedef long long i64;
typedef unsigned long long u64;

static __device__ __forceinline__ float low(u32 pair) { return __int_as_float(pair << 16); }

static __device__ __forceinline__ float high(u32 pair) { return __int_as_float(pair & 0xffff0000u); }

// An address in shared memory, as instructions take it.
static __device__ __forceinline__ u32 shared(const void* pointer) { return (u32)__cvta_generic_to_shared(pointer); }

// The next kernel may begin; what it needs of this one it waits for.
static __device__ __forceinline__ void letNextBegin() {
#if __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.launch_dependents;");
#endif
}

static __device__ __forceinline__ void awaitPrevious() {
#if __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

// sum += a · b, 16 × 16 by 16 × 8
static __device__ __forceinline__ void multiply(float (&sum)[4], const u32 (&a)[4], u32 b0, u32 b1) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                 : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// What was fetched to shared memory since the last time is one group.
static __device__ __forceinline__ void fetched() { asm volatile("cp.async.commit_group;"); }

template <int LEFT>
static __device__ __forceinline__ void await() {
    asm volatile("cp.async.wait_group %0;" ::"n"(LEFT) : "memory");
}

// a · b + c, of two numbers in BF16
static __device__ __forceinline__ u32 fused(u32 a, u32 b, u32 c) {
    u32 both;
    asm("fma.rn.bf16x2 %0, %1, %2, %3;" : "=r"(both) : "r"(a), "r"(b), "r"(c));
    return both;
}

static __device__ __forceinline__ u32 products(u32 a, u32 b) { return fused(a, b, 0x80008000u); }  // plus minus zero

// Of eight whole numbers in four bits, from -8 to 7, those at "place" and four behind it: each is as much more than -8 as BF16 with these
// bits is more than 128.
static __device__ __forceinline__ u32 fourBits(u32 eight, int place) {
    return fused(((eight >> (4 * place)) & 0x000f000fu) ^ 0x43084308u, 0x3f803f80u, 0xc308c308u);  // · 1 - 136
}
