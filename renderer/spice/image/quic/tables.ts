// Why: the constants that QUIC streams are made with. QUIC is written down nowhere but in programs; these numbers are
// its format, so a decoder has no choice of them. Method: predict from the left and upper pixel, fold the signed error
// to an unsigned one, write it in a limited Golomb-Rice code whose parameter is learnt per bucket of the error before.

/** Longest code word, bits. */
const MAX_CODE = 26
/** Parameters tried per bucket, and counters it has. */
export const COUNTERS = 8
/** Pixels after which the model is updated more rarely, and how often that happens. */
export const STAGE_PIXELS = 2048
export const STAGES = 6
/** Counters of a bucket are halved when the best one passes this, by stage. */
export const HALVE_AT: readonly number[] = [110, 550, 900, 800, 550, 400, 350]
/** Bits of a run's unit by state; a full unit steps up, the end of a run steps down. */
export const RUN_BITS: readonly number[] = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15]

/**
 * How many pixels go by between two updates is drawn from a fixed sequence of 256 numbers, of which at most the low six
 * bits (STAGES) count: one character of the base64 alphabet each.
 */
const GAPS =
  'CXTVHSoOMgvskGSLETqdQ/5zQDFOPeUJktD59AIFpOrbr7fjn8qmN2+BaDL90iHwE7WMWIyEKGsILufz1RBru8k2KbnsWpXCsAo1owQrgchMUC4+36SUN3md5Txhv/7A' +
  'j9TZum8EjBaocKFOZSwxU7+iuHh0i6JdI3+8lklyGDKcwYa95eL2CGyvHRj1gMXRFVx3zt0bnZn/WYq04mpp4gNYazb46lYqPcRefPQXZ2hiBdfy1VxPvJA6lteNJt/V'
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

export function gaps(): Uint8Array {
  return Uint8Array.from(GAPS, (c) => ALPHABET.indexOf(c))
}

/** What a code word of parameter l means, for samples of `bits` bits. */
export interface CodeTables {
  readonly bits: number
  /** Fewer leading zeros than this: a Golomb-Rice word; else the escape. */
  readonly prefix: Uint8Array
  /** First value that is escaped. */
  readonly escapeBase: Uint16Array
  readonly escapeBits: Uint8Array
  /** Bits of the whole escape word. */
  readonly escapeLength: Uint8Array
  /** [value × 8 + l]: bits of the code word, for the model. */
  readonly length: Uint8Array
  /** Folded error → error, modulo 2^bits. Values beyond the range (of damaged streams) are there too. */
  readonly unfold: Uint8Array
  /** Value → its bucket. */
  readonly bucket: Uint8Array
  readonly buckets: number
}

/** Values that an escape word can spell, beyond the range too. */
const SPELLABLE = 512

export function codeTables(bits: 5 | 8): CodeTables {
  const levels = 1 << bits
  const prefix = new Uint8Array(COUNTERS)
  const escapeBase = new Uint16Array(COUNTERS)
  const escapeBits = new Uint8Array(COUNTERS)
  const escapeLength = new Uint8Array(COUNTERS)
  for (let l = 0; l < bits; l++) {
    prefix[l] = Math.min(MAX_CODE - bits, (1 << (bits - l)) - 1)
    escapeBase[l] = prefix[l]! << l
    escapeBits[l] = 32 - Math.clz32(levels - escapeBase[l]! - 1)
    escapeLength[l] = prefix[l]! + escapeBits[l]!
  }
  const length = new Uint8Array(SPELLABLE * COUNTERS)
  const unfold = new Uint8Array(SPELLABLE)
  const bucket = new Uint8Array(SPELLABLE)
  // Buckets double in size: 0, 1..2, 3..6, … and the last one takes the top value too.
  const buckets = bits
  for (let v = 0; v < SPELLABLE; v++) {
    for (let l = 0; l < bits; l++) length[v * COUNTERS + l] = v < escapeBase[l]! ? (v >> l) + 1 + l : escapeLength[l]!
    unfold[v] = ((v & 1) === 0 ? v >> 1 : -1 - (v >> 1)) & (levels - 1)
    bucket[v] = Math.min(buckets - 1, 31 - Math.clz32(v + 1))
  }
  return { bits, prefix, escapeBase, escapeBits, escapeLength, length, unfold, bucket, buckets }
}
