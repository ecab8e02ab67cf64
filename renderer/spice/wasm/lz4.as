// Why: LZ4 works on bytes, which TypeScript copies one at a time, and rows of pixels are turned one at a time there; here
// it is 8 and 16 of them. Same contract as image/lz4.ts and image/bitmap.ts, which are the reference and explain the
// formats. Built by build/wasm.ts. One image at a time: reserve(), copy the source (after LZ4's two bytes of header) to
// where it says and decode(), or rows to where rows() says and convert(); copy the pixels from output().

/** Copies may run over their end by this. */
const SLACK: usize = 64

let source: usize = 0
let raw: usize = 0
let pixels: usize = 0
let width: i32 = 0
let height: i32 = 0

/** Address for `bytes` of source, for rows of `stride` bytes; 0 if there is no memory. */
export function reserve(bytes: i32, w: i32, h: i32, stride: i32): usize {
  source = (__heap_base + 15) & ~15
  raw = (source + <usize>bytes + SLACK + 15) & ~15
  pixels = (raw + <usize>stride * <usize>h + SLACK + 15) & ~15
  const pages = <i32>((pixels + <usize>w * <usize>h * 4 + SLACK + 0xffff) >> 16)
  const have = memory.size()
  if (pages > have && memory.grow(pages - have) < 0) return 0
  width = w
  height = h
  return source
}

/** stride × height bytes of uncompressed rows go here, if there is no source. */
export function rows(): usize {
  return raw
}

export function output(): usize {
  return pixels
}

/** `bits` a pixel, 16, 24 or 32; `opaque`: or-ed to words of 32. False if the stream is damaged. */
export function decode(bytes: i32, bits: i32, opaque: u32, topDown: bool): bool {
  const stride = (width * bits) >> 3
  const end = raw + <usize>stride * <usize>height
  const last = source + <usize>bytes
  let ip = source
  let op = raw
  while (ip < last && op < end) {
    if (ip + 4 > last) return false
    const size = <usize>bswap<u32>(load<u32>(ip))
    ip += 4
    if (size > last - ip) return false
    op = block(ip, ip + size, op, end)
    if (op === 0) return false
    ip += size
  }
  if (op < end) return false
  convert(bits, opaque, topDown, stride)
  return true
}

/** The rows, of `bits` a pixel and `stride` bytes, to words. */
export function convert(bits: i32, opaque: u32, topDown: bool, stride: i32): void {
  for (let y = 0; y < height; y++) {
    const from = raw + <usize>((topDown ? y : height - 1 - y) * stride)
    const to = pixels + (<usize>(y * width) << 2)
    if (bits === 32) words(from, to, opaque)
    else if (bits === 24) for (let x: usize = 0; x < <usize>width; x++) store<u32>(to + (x << 2), 0xff000000 | turned(<u32>load<u16>(from + x * 3) | (<u32>load<u8>(from + x * 3 + 2) << 16)))
    else for (let x: usize = 0; x < <usize>width; x++) store<u32>(to + (x << 2), widened(load<u16>(from + (x << 1))))
  }
}

// @ts-ignore: decorator
@inline
function turned(p: u32): u32 {
  return (p & 0xff00ff00) | ((p >> 16) & 0xff) | ((p & 0xff) << 16)
}

// @ts-ignore: decorator
@inline
function widened(p: u32): u32 {
  const r = (p >> 10) & 31
  const g = (p >> 5) & 31
  const b = p & 31
  return 0xff000000 | (((b << 3) | (b >> 2)) << 16) | (((g << 3) | (g >> 2)) << 8) | (r << 3) | (r >> 2)
}

function words(from: usize, to: usize, opaque: u32): void {
  const alpha = i32x4.splat(opaque)
  const order = i8x16(2, 1, 0, 3, 6, 5, 4, 7, 10, 9, 8, 11, 14, 13, 12, 15)
  const bytes = <usize>width << 2
  let x: usize = 0
  for (; x + 16 <= bytes; x += 16) v128.store(to + x, v128.or(i8x16.swizzle(v128.load(from + x), order), alpha))
  for (; x < bytes; x += 4) store<u32>(to + x, turned(load<u32>(from + x)) | opaque)
}

/** One block; the end of what it wrote, or 0. */
function block(start: usize, last: usize, at: usize, end: usize): usize {
  let ip = start
  let op = at
  while (ip < last) {
    const token = <usize>load<u8>(ip++)
    let n = token >> 4
    if (n === 15) {
      let more: usize = 255
      while (more === 255 && ip < last) {
        more = <usize>load<u8>(ip++)
        n += more
      }
    }
    if (n > last - ip || n > end - op) return 0
    if (n <= 16) v128.store(op, v128.load(ip))
    else memory.copy(op, ip, n)
    ip += n
    op += n
    if (ip >= last) break
    if (ip + 2 > last) return 0
    const distance = <usize>load<u16>(ip)
    ip += 2
    n = token & 15
    if (n === 15) {
      let more: usize = 255
      while (more === 255 && ip < last) {
        more = <usize>load<u8>(ip++)
        n += more
      }
    }
    n += 4
    if (distance === 0 || distance > op - raw || n > end - op) return 0
    copy(op, distance, n)
    op += n
  }
  return op
}

// @ts-ignore: decorator
@inline
function copy(op: usize, distance: usize, n: usize): void {
  const stop = op + n
  let to = op
  let from = op - distance
  if (distance >= 16) {
    while (to < stop) {
      v128.store(to, v128.load(from))
      to += 16
      from += 16
    }
  } else if ((distance & (distance - 1)) === 0) {
    const pattern: u64 = distance === 8 ? load<u64>(from) : distance === 4 ? <u64>load<u32>(from) * 0x100000001 : distance === 2 ? <u64>load<u16>(from) * 0x1000100010001 : <u64>load<u8>(from) * 0x101010101010101
    for (; to < stop; to += 8) store<u64>(to, pattern)
  } else if (distance > 8) {
    for (; to < stop; to += 8, from += 8) store<u64>(to, load<u64>(from))
  } else {
    // 3, 5, 6, 7: eight times the pattern byte by byte, and then eights from as far back.
    const first = min(stop, to + distance * 8)
    while (to < first) store<u8>(to++, load<u8>(from++))
    for (from = to - distance * 8; to < stop; to += 8, from += 8) store<u64>(to, load<u64>(from))
  }
}
