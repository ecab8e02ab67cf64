// Why: what the bench and its pages say to each other, the same for both engines.

/** Since the page's begin(). */
export interface PageCounts {
  /** Between begin() and end(), by the page's clock. */
  readonly seconds: number
  /** Bytes that the client took off its sockets, all channels together. */
  readonly bytes: number
  /** Draw messages that were handled; whether they painted is another matter. */
  readonly draws: number
  /** Area of their boxes. */
  readonly pixels: number
  /** Images by the name of their type, ImageType of wire/enums.ts. */
  readonly images: Readonly<Record<string, number>>
  /** Frames in which something was put on a canvas. */
  readonly presentedFrames: number
  /** Durations of the main thread's long tasks, ms. */
  readonly longTasksMs: readonly number[]
  /** Messages that could not be used, exceptions, the end of a channel: the first few, and how many. */
  readonly problems: number
  readonly firstProblems: readonly string[]
  /** Time in decoders and in presenting, ms; of an engine that tells it. */
  readonly decodeMs?: number
  readonly presentMs?: number
}

/** `window.bench` of both pages. */
export interface BenchPage {
  /** Resolves when the client shows its first picture. */
  start(url: string): Promise<void>
  begin(): Promise<void>
  end(): Promise<PageCounts>
  /** Colours among some hundred points of the shown picture: 1 is a screen on which nothing was painted. */
  colours(): Promise<number>
}

export interface Tally {
  bytes: number
  draws: number
  pixels: number
  images: Record<string, number>
  presentedFrames: number
  problems: number
  decodeMs: number
  presentMs: number
}

export const minus = (a: Tally, b: Tally): Tally => ({
  bytes: a.bytes - b.bytes,
  draws: a.draws - b.draws,
  pixels: a.pixels - b.pixels,
  images: Object.fromEntries(Object.entries(a.images).map(([k, n]) => [k, n - (b.images[k] ?? 0)] as const).filter(([, n]) => n > 0)),
  presentedFrames: a.presentedFrames - b.presentedFrames,
  problems: a.problems - b.problems,
  decodeMs: a.decodeMs - b.decodeMs,
  presentMs: a.presentMs - b.presentMs,
})
