// Why: LZ's literals are three bytes for a word, which here is four pixels in one shuffle, and matches are copied 16
// bytes at a time. Same contract as image/lz.ts, which is the reference and explains the format. Built by build/wasm.ts.
// One image at a time: reserve(), copy the commands to where it says, decode(), copy the pixels from output().

/** Copies may run over their end by this. */
const SLACK: usize = 64

let source: usize = 0
let pixels: usize = 0
let plane: usize = 0
let area: usize = 0

/** Address for `bytes` of commands for `n` pixels; 0 if there is no memory. */
export function reserve(bytes: i32, n: i32): usize {
  area = <usize>n
  source = (__heap_base + 15) & ~15
  pixels = (source + <usize>bytes + SLACK + 15) & ~15
  plane = (pixels + (area << 2) + SLACK + 15) & ~15
  const pages = <i32>((plane + area + SLACK + 0xffff) >> 16)
  const have = memory.size()
  if (pages > have && memory.grow(pages - have) < 0) return 0
  return source
}

export function output(): usize {
  return pixels
}

/** Colours, and alpha after them if there is some; in the order that was sent. False if the stream is damaged. */
export function decode(bytes: i32, alpha: bool): bool {
  const last = source + <usize>bytes
  const next = colors(source, last)
  if (next === 0) return false
  if (!alpha) return true
  if (!coverage(next, last)) return false
  for (let i: usize = 0; i < area; i++) store<u8>(pixels + (i << 2) + 3, load<u8>(plane + i))
  return true
}

/** After the last command, or 0. */
function colors(start: usize, last: usize): usize {
  const end = pixels + (area << 2)
  const order = i8x16(2, 1, 0, 16, 5, 4, 3, 16, 8, 7, 6, 16, 11, 10, 9, 16)
  const opaque = i32x4.splat(0xff000000)
  let ip = start
  let op = pixels
  while (op < end) {
    if (ip >= last) return 0
    const control = <usize>load<u8>(ip++)
    if (control < 32) {
      const n = control + 1
      const stop = op + (n << 2)
      if (stop > end || ip + n * 3 > last) return 0
      let from = ip
      for (; op < stop; op += 16, from += 12) v128.store(op, v128.or(i8x16.swizzle(v128.load(from), order), opaque))
      op = stop
      ip += n * 3
      continue
    }
    let n = control >> 5
    if (n === 7) {
      let more: usize = 255
      while (more === 255) {
        if (ip >= last) return 0
        more = <usize>load<u8>(ip++)
        n += more
      }
    }
    if (ip >= last) return 0
    let distance = ((control & 31) << 8) + <usize>load<u8>(ip++)
    if (distance === 8191) {
      if (ip + 2 > last) return 0
      distance += (<usize>load<u8>(ip) << 8) + <usize>load<u8>(ip + 1)
      ip += 2
    }
    distance = (distance + 1) << 2
    const stop = op + (n << 2)
    if (distance > op - pixels || n > (end - op) >> 2) return 0
    let from = op - distance
    if (distance >= 16) for (; op < stop; op += 16, from += 16) v128.store(op, v128.load(from))
    else if (distance === 4) {
      const pattern = i32x4.splat(load<u32>(from))
      for (; op < stop; op += 16) v128.store(op, pattern)
    } else if (distance === 8) {
      const pattern = load<u64>(from)
      for (; op < stop; op += 8) store<u64>(op, pattern)
    } else for (; op < stop; op += 4, from += 4) store<u32>(op, load<u32>(from))
    op = stop
  }
  return ip
}

/** Fills the plane. */
function coverage(start: usize, last: usize): bool {
  const end = plane + area
  let ip = start
  let op = plane
  while (op < end) {
    if (ip >= last) return false
    const control = <usize>load<u8>(ip++)
    if (control < 32) {
      const n = control + 1
      if (op + n > end || ip + n > last) return false
      v128.store(op, v128.load(ip))
      v128.store(op + 16, v128.load(ip + 16))
      ip += n
      op += n
      continue
    }
    let n = (control >> 5) + 2
    if (n === 9) {
      let more: usize = 255
      while (more === 255) {
        if (ip >= last) return false
        more = <usize>load<u8>(ip++)
        n += more
      }
    }
    if (ip >= last) return false
    let distance = ((control & 31) << 8) + <usize>load<u8>(ip++)
    if (distance === 8191) {
      if (ip + 2 > last) return false
      distance += (<usize>load<u8>(ip) << 8) + <usize>load<u8>(ip + 1)
      ip += 2
    }
    distance++
    if (distance > op - plane || n > end - op) return false
    const stop = op + n
    let from = op - distance
    if (distance === 1) memory.fill(op, load<u8>(from), n)
    else if (distance >= 16) for (; op < stop; op += 16, from += 16) v128.store(op, v128.load(from))
    else for (; op < stop; op++, from++) store<u8>(op, load<u8>(from))
    op = stop
  }
  return true
}
