// What the kernels have in common; their sources follow it.

typedef unsigned short bf16;  // its bits
typedef unsigned int u32;
typedef long long i64;

static __device__ __forceinline__ float low(u32 pair) { return __int_as_float(pair << 16); }

static __device__ __forceinline__ float high(u32 pair) { return __int_as_float(pair & 0xffff0000u); }

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
