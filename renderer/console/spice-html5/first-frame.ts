// Why: "the first frame is on the screen" must be true. The primary surface's own drawing context is watched until it
// is first drawn on, and the report is made after the browser has had the frame in which those pixels are shown.

const drawingCalls = ['putImageData', 'drawImage', 'fillRect'] as const

/** Calls `painted` once, after the first frame that holds pixels drawn through `context`. Returns its own removal. */
export function watchFirstPaint(context: CanvasRenderingContext2D, painted: () => void): () => void {
  let open = true
  const restore = (): void => {
    open = false
    // The methods live on the prototype; dropping our own properties brings them back.
    for (const name of drawingCalls) Reflect.deleteProperty(context, name)
  }
  for (const name of drawingCalls) {
    const draw: (...args: unknown[]) => unknown = context[name].bind(context) as never
    Object.defineProperty(context, name, {
      configurable: true,
      value: (...args: unknown[]): unknown => {
        const result = draw(...args)
        if (open) {
          restore()
          // Two callbacks: the second runs when the frame that the first belongs to has been produced.
          requestAnimationFrame(() => { requestAnimationFrame(painted) })
        }
        return result
      },
    })
  }
  return restore
}
