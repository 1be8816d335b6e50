// The layers of up to eight tokens, without attention: linear layers, and what lies between them. Each weight is read once, and
// reading it is nearly all of the time. Weights are those of the text's plan, in one form in all layers and in one in the head, which
// are named below; tokens stay BF16. Compiled for one model: LAYERS and HEAD (forms), LAYER_SIZE (of the residual stream), MLP_SIZE,
// HEADS, KV_HEADS, HEAD_SIZE, VOCABULARY, EPSILON; and for one GPU, from SM 8.0 on.
//
// A block makes TILE numbers of each token. Its warps share the columns of the weights out; a warp multiplies 16 rows by 64 bytes of
// each at a time on tensor cores, whose second operand has room for eight tokens. The order of columns among these is the same on both
// sides and otherwise free: so a lane takes 16 bytes of a row that lie side by side, and what it fetches is for itself.
//
// What follows another of these kernels (programmatic dependent launch, from SM 9.0 on) has its weights fetched before it waits for
// what the other one writes.

typedef unsigned char byte;

#define TILE 16  // rows of weights
#define ROW 64   // bytes of each, of one stage
#define QUERIES (HEADS * HEAD_SIZE)
#define KEYS (KV_HEADS * HEAD_SIZE)

static __device__ __forceinline__ bf16 rounded(float x) {
    u32 pair;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(0.0f), "f"(x));
    return (bf16)pair;
}

// 16 bytes to shared memory, zeros if they are not there
static __device__ __forceinline__ void fetch(void* to, const void* from, bool isThere) {
    asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;" ::"r"(shared(to)), "l"(from),
                 "r"(isThere ? 16 : 0));
}

// A form of weights says how many COLUMNS a stage has of them; which pairs of BF16 a lane multiplies in a step, by four of its columns of
// two rows (upper, lower: its bytes of each) and of a token (x); and where scales come in.

// E4M3, a scale for each row, which multiplies its sum. Its bits, moved to where BF16 has sign, exponent and mantissa, are the number
// times 2^-120. Tokens are multiplied by 2^100, which leaves room on both sides, and sums by 2^20.
struct E4m3 {
    static constexpr int COLUMNS = ROW;
    static constexpr bool HAS_BLOCKS = false;

    // The first and the third of four numbers, the second and the fourth.
    static __device__ __forceinline__ u32 even(u32 four) { return ((four << 4) & 0x07f007f0u) | ((four << 8) & 0x80008000u); }

    static __device__ __forceinline__ u32 odd(u32 four) { return ((four >> 4) & 0x07f007f0u) | (four & 0x80008000u); }

    static __device__ __forceinline__ void step(int i, const u32 (&upper)[4], const u32 (&lower)[4], const u32* x, u32 (&weights)[4],
            u32 (&token)[2]) {
        constexpr u32 TOKEN_FACTOR = 0x71807180u;  // 2^100, twice
        u32 a = products(x[2 * i], TOKEN_FACTOR);
        u32 b = products(x[2 * i + 1], TOKEN_FACTOR);
        token[0] = __byte_perm(a, b, 0x5410), token[1] = __byte_perm(a, b, 0x7632);
        weights[0] = even(upper[i]), weights[1] = even(lower[i]), weights[2] = odd(upper[i]), weights[3] = odd(lower[i]);
    }

    static __device__ __forceinline__ float finished(float sum, const bf16* scales, int row) {
        constexpr float SUM_FACTOR = 1048576.0f;  // 2^20
        return sum * SUM_FACTOR * low(scales[row]);
    }
};

// Four bits, from -8 to 7, two in a byte, and a scale for each block of 128 columns of a row, which multiplies the block's sum.
struct Int4 {
    static constexpr int COLUMNS = 2 * ROW;  // a block
    static constexpr bool HAS_BLOCKS = true;

    static __device__ __forceinline__ void step(int i, const u32 (&upper)[4], const u32 (&lower)[4], const u32* x, u32 (&weights)[4],
            u32 (&token)[2]) {
        int eight = i / 2;
        int place = i % 2 * 2;
        u32 a = x[4 * eight + i % 2];
        u32 b = x[4 * eight + 2 + i % 2];
        token[0] = __byte_perm(a, b, 0x5410), token[1] = __byte_perm(a, b, 0x7632);
        weights[0] = fourBits(upper[eight], place), weights[1] = fourBits(lower[eight], place);
        weights[2] = fourBits(upper[eight], place + 1), weights[3] = fourBits(lower[eight], place + 1);
    }

    static __device__ __forceinline__ float finished(float sum, const bf16*, int) { return sum; }
};

// BF16, without scales.
struct Bf16 {
    static constexpr int COLUMNS = ROW / 2;
    static constexpr bool HAS_BLOCKS = false;

    static __device__ __forceinline__ void step(int i, const u32 (&upper)[4], const u32 (&lower)[4], const u32* x, u32 (&weights)[4],
            u32 (&token)[2]) {
        token[0] = x[2 * i], token[1] = x[2 * i + 1];
        weights[0] = upper[2 * i], weights[1] = lower[2 * i], weights[2] = upper[2 * i + 1], weights[3] = lower[2 * i + 1];
    }

    static __device__ __forceinline__ float finished(float sum, const bf16*, int) { return sum; }
};

// What the warps of a block have made: row · token, and the token's sum of squares.
template <int WARPS, int TOKENS>
struct Sums {
    float products[WARPS][TILE][TOKENS];
    float squares[WARPS][TOKENS];

    __device__ __forceinline__ float product(int row, int token) const {
        float sum = 0;
#pragma unroll
        for (int warp = 0; warp < WARPS; warp++) {
            sum += products[warp][row][token];
        }
        return sum;
    }

    // What a token of so many numbers is multiplied by when it is normalised.
    __device__ __forceinline__ float norm(int token, int size) const {
        float sum = 0;
#pragma unroll
        for (int warp = 0; warp < WARPS; warp++) {
            sum += squares[warp][token];
        }
        return rsqrtf(sum / size + EPSILON);
    }
};

// Multiplies a block's rows by all tokens. Each lane passes its own: upper, its row of weights; lower, the row that stands 8 below;
// token, of which the first "tokens" eighths of the lanes have one. The gain is the norm's, and multiplies tokens.
template <class FORM, int SIZE, bool IS_NORMED, int WARPS, int STAGES, int TOKENS>
static __device__ __forceinline__ const Sums<WARPS, TOKENS>& multiplied(const byte* weights, const bf16* scales, int upper, int lower,
        const bf16* token, const bf16* gain, int tokens) {
    extern __shared__ __align__(128) char memory[];
    constexpr int COLUMNS = FORM::COLUMNS;
    constexpr int PIECES = (SIZE + COLUMNS - 1) / COLUMNS;
    constexpr int MOST = (PIECES + WARPS - 1) / WARPS;  // of a warp
    constexpr int LOWER = 512;                          // in a stage, behind the upper rows
    constexpr int GAIN = 1024;
    constexpr int TOKEN = GAIN + (IS_NORMED ? COLUMNS * 2 : 0);
    constexpr int STAGE = TOKEN + TOKENS * COLUMNS * 2;
    constexpr int OWN = COLUMNS / 4;  // of a lane
    constexpr i64 ROW_BYTES = (i64)SIZE * ROW / COLUMNS;
    static_assert(!FORM::HAS_BLOCKS || SIZE % COLUMNS == 0, "a row's scales are whole blocks'");
    int lane = threadIdx.x % 32;
    int warp = threadIdx.x / 32;
    int quad = lane % 4;
    bool isToken = lane / 4 < tokens;
    char* ring = memory + warp * STAGES * STAGE;

    auto first = [&](int piece) { return (piece * WARPS + warp) * COLUMNS; };
    auto fetchWeights = [&](int piece) {
        char* stage = ring + piece % STAGES * STAGE;
        int at = first(piece) + quad * OWN;
        bool isThere = at < SIZE;
        int byteAt = isThere ? at * ROW / COLUMNS : 0;
        fetch(stage + lane * 16, weights + upper * ROW_BYTES + byteAt, isThere);
        fetch(stage + LOWER + lane * 16, weights + lower * ROW_BYTES + byteAt, isThere);
        if (IS_NORMED && lane < COLUMNS / 8) {
            int own = first(piece) + lane * 8;
            fetch(stage + GAIN + lane * 16, gain + (own < SIZE ? own : 0), own < SIZE);
        }
    };
    auto fetchToken = [&](int piece) {
        char* own = ring + piece % STAGES * STAGE + TOKEN + lane * OWN * 2;
        int at = first(piece) + quad * OWN;
        if (isToken) {
#pragma unroll
            for (int i = 0; i < OWN; i += 8) {
                fetch(own + i * 2, token + (at < SIZE ? at + i : 0), at < SIZE);
            }
        }
    };
    // Of a block's sums, by row.
    auto blockScale = [&](int piece, int row) {
        return FORM::HAS_BLOCKS && first(piece) < SIZE ? low(scales[row * (SIZE / COLUMNS) + first(piece) / COLUMNS]) : 1.0f;
    };
#pragma unroll
    for (int i = 0; i < STAGES; i++) {
        if (i < MOST) {
            fetchWeights(i);
        }
    }
    float upperScale = blockScale(0, upper);
    float lowerScale = blockScale(0, lower);
    letNextBegin();
    awaitPrevious();
#pragma unroll
    for (int i = 0; i < STAGES; i++) {
        if (i < MOST) {
            fetchToken(i);
        }
        fetched();
    }

    float sums[2][4] = {};
    float squares = 0;
    for (int i = 0; i < MOST; i++) {
        float nextUpper = blockScale(i + 1, upper);
        float nextLower = blockScale(i + 1, lower);
        await<STAGES - 1>();
        __syncwarp();
        char* stage = ring + i % STAGES * STAGE;
        u32 above[4], below[4];
        *(uint4*)above = *(uint4*)(stage + lane * 16);
        *(uint4*)below = *(uint4*)(stage + LOWER + lane * 16);
        u32 x[OWN / 2] = {};
        if (isToken) {
#pragma unroll
            for (int j = 0; j < OWN / 2; j += 4) {
                *(uint4*)(x + j) = *(uint4*)(stage + TOKEN + lane * OWN * 2 + j * 4);
            }
        }
        if (IS_NORMED) {
            u32 gains[OWN / 2];
#pragma unroll
            for (int j = 0; j < OWN / 2; j += 4) {
                *(uint4*)(gains + j) = *(uint4*)(stage + GAIN + quad * OWN * 2 + j * 4);
            }
#pragma unroll
            for (int j = 0; j < OWN / 2; j++) {
                squares += low(x[j]) * low(x[j]) + high(x[j]) * high(x[j]);
                x[j] = products(x[j], gains[j]);
            }
        }
        __syncwarp();
        if (i + STAGES < MOST) {
            fetchWeights(i + STAGES);
            fetchToken(i + STAGES);
        }
        fetched();
        float block[2][4] = {};
        auto& added = FORM::HAS_BLOCKS ? block : sums;
#pragma unroll
        for (int step = 0; step < OWN / 4; step++) {
            u32 own[4], numbers[2];
            FORM::step(step, above, below, x, own, numbers);
            multiply(added[step % 2], own, numbers[0], numbers[1]);
        }
        if (FORM::HAS_BLOCKS) {
#pragma unroll
            for (int j = 0; j < 4; j++) {
                sums[0][j] += (j < 2 ? upperScale : lowerScale) * (block[0][j] + block[1][j]);
            }
            upperScale = nextUpper, lowerScale = nextLower;
        }
    }
    await<0>();
    __syncthreads();

    auto& all = *(Sums<WARPS, TOKENS>*)memory;
    int row = lane / 4;
#pragma unroll
    for (int i = 0; i < 2; i++) {
        if (2 * quad + i < TOKENS) {
            all.products[warp][row][2 * quad + i] = sums[0][i] + sums[1][i];
            all.products[warp][row + 8][2 * quad + i] = sums[0][2 + i] + sums[1][2 + i];
        }
    }
    if (IS_NORMED) {
        squares += __shfl_xor_sync(0xffffffffu, squares, 1);
        squares += __shfl_xor_sync(0xffffffffu, squares, 2);
        if (quad == 0 && row < TOKENS) {
            all.squares[warp][row] = squares;
        }
    }
    __syncthreads();
    return all;
}

// Queries, and keys with values behind them, of normed tokens; weights and scales lie one behind the other: grid ((QUERIES + 2 · KEYS) / 16).
template <int WARPS, int STAGES, int TOKENS>
static __device__ __forceinline__ void heads(const bf16* x, const bf16* gain, const byte* weights, const bf16* scales, bf16* query,
        bf16* keysAndValues, int tokens) {
    int own = threadIdx.x % 32 / 4;
    int upper = blockIdx.x * TILE + own;
    const auto& sums = multiplied<LAYERS, LAYER_SIZE, true, WARPS, STAGES, TOKENS>(
            weights, scales, upper, upper + 8, x + (i64)own * LAYER_SIZE, gain, tokens);
    int row = threadIdx.x % TILE;
    int token = threadIdx.x / TILE;
    if (token >= tokens) {
        return;
    }
    int at = blockIdx.x * TILE + row;
    bf16 y = rounded(LAYERS::finished(sums.product(row, token), scales, at) * sums.norm(token, LAYER_SIZE));
    if (at < QUERIES) {
        query[(i64)token * QUERIES + at] = y;
    } else {
        keysAndValues[(i64)token * 2 * KEYS + at - QUERIES] = y;
    }
}

// after = before + weights · x, which has SIZE numbers: grid (LAYER_SIZE / 16).
template <int SIZE, int WARPS, int STAGES, int TOKENS>
static __device__ __forceinline__ void added(const bf16* x, const byte* weights, const bf16* scales, const bf16* before, bf16* after,
        int tokens) {
    int own = threadIdx.x % 32 / 4;
    int upper = blockIdx.x * TILE + own;
    const auto& sums = multiplied<LAYERS, SIZE, false, WARPS, STAGES, TOKENS>(
            weights, scales, upper, upper + 8, x + (i64)own * SIZE, 0, tokens);
    int row = threadIdx.x % TILE;
    int token = threadIdx.x / TILE;
    if (token < tokens) {
        int at = blockIdx.x * TILE + row;
        i64 place = (i64)token * LAYER_SIZE + at;
        after[place] = rounded(low(before[place]) + LAYERS::finished(sums.product(row, token), scales, at));
    }
}

// silu(gate) · up of normed tokens; up's weights and scales lie behind gate's, and a block has 8 rows of each: grid (MLP_SIZE / 8).
template <int WARPS, int STAGES, int TOKENS>
static __device__ __forceinline__ void gated(const bf16* x, const bf16* gain, const byte* weights, const bf16* scales, bf16* mixed,
        int tokens) {
    constexpr int ROWS = TILE / 2;
    int own = threadIdx.x % 32 / 4;
    int upper = blockIdx.x * ROWS + own;
    const auto& sums = multiplied<LAYERS, LAYER_SIZE, true, WARPS, STAGES, TOKENS>(
            weights, scales, upper, MLP_SIZE + upper, x + (i64)own * LAYER_SIZE, gain, tokens);
    int row = threadIdx.x % ROWS;
    int token = threadIdx.x / ROWS;
    if (token < tokens) {
        int at = blockIdx.x * ROWS + row;
        float norm = sums.norm(token, LAYER_SIZE);
        float gate = LAYERS::finished(sums.product(row, token), scales, at) * norm;
        float up = LAYERS::finished(sums.product(row + ROWS, token), scales, MLP_SIZE + at) * norm;
        mixed[(i64)token * MLP_SIZE + at] = rounded(gate / (1 + __expf(-gate)) * up);
    }
}

// Logits of those tokens that are asked, which are told by their places; here "tokens" is how many: grid (VOCABULARY / 16, one more if
// that leaves some).
template <int WARPS, int STAGES, int TOKENS>
static __device__ __forceinline__ void head(const bf16* x, const bf16* gain, const byte* weights, const bf16* scales, const i64* asked,
        float* logits, int tokens) {
    int own = threadIdx.x % 32 / 4;
    int first = blockIdx.x * TILE + own;
    i64 place = own < tokens ? asked[own] : 0;
    const auto& sums = multiplied<HEAD, LAYER_SIZE, true, WARPS, STAGES, TOKENS>(weights, scales, min(first, VOCABULARY - 1),
            min(first + 8, VOCABULARY - 1), x + place * LAYER_SIZE, gain, tokens);
    int row = threadIdx.x % TILE;
    int token = threadIdx.x / TILE;
    int at = blockIdx.x * TILE + row;
    if (token < tokens && at < VOCABULARY) {
        logits[(i64)token * VOCABULARY + at] = HEAD::finished(sums.product(row, token), scales, at) * sums.norm(token, LAYER_SIZE);
    }
}

// Each kernel for one token and for up to eight, with so many warps and stages; DecodeLaunch has the same numbers.
constexpr int SOME = LAYERS::COLUMNS > ROW ? 3 : 4;  // or there is no room for tokens
#define KERNELS(TOKENS, H_WARPS, H_STAGES, A_WARPS, A_STAGES, G_WARPS, G_STAGES, D_WARPS, D_STAGES, L_WARPS, L_STAGES)                   \
    extern "C" __global__ void __launch_bounds__(32 * H_WARPS) heads##TOKENS(const bf16* x, const bf16* gain, const byte* weights,       \
            const bf16* scales, bf16* query, bf16* keysAndValues, int tokens) {                                                          \
        heads<H_WARPS, H_STAGES, TOKENS>(x, gain, weights, scales, query, keysAndValues, tokens);                                        \
    }                                                                                                                                    \
    extern "C" __global__ void __launch_bounds__(32 * A_WARPS) attended##TOKENS(const bf16* x, const byte* weights, const bf16* scales,  \
            const bf16* before, bf16* after, int tokens) {                                                                               \
        added<QUERIES, A_WARPS, A_STAGES, TOKENS>(x, weights, scales, before, after, tokens);                                            \
    }                                                                                                                                    \
    extern "C" __global__ void __launch_bounds__(32 * G_WARPS) gated##TOKENS(const bf16* x, const bf16* gain, const byte* weights,       \
            const bf16* scales, bf16* mixed, int tokens) {                                                                               \
        gated<G_WARPS, G_STAGES, TOKENS>(x, gain, weights, scales, mixed, tokens);                                                       \
    }                                                                                                                                    \
    extern "C" __global__ void __launch_bounds__(32 * D_WARPS) down##TOKENS(const bf16* x, const byte* weights, const bf16* scales,      \
            const bf16* before, bf16* after, int tokens) {                                                                               \
        added<MLP_SIZE, D_WARPS, D_STAGES, TOKENS>(x, weights, scales, before, after, tokens);                                           \
    }                                                                                                                                    \
    extern "C" __global__ void __launch_bounds__(32 * L_WARPS) head##TOKENS(const bf16* x, const bf16* gain, const byte* weights,        \
            const bf16* scales, const i64* asked, float* logits, int tokens) {                                                           \
        head<L_WARPS, L_STAGES, TOKENS>(x, gain, weights, scales, asked, logits, tokens);                                                \
    }

KERNELS(1, 16, 2, 16, 2, 4, 8, 16, 4, 8, 6)
KERNELS(8, 8, SOME, 8, SOME, 8, SOME, 8, SOME, 8, 4)
