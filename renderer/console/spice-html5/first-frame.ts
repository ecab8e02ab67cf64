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
          // The frame's callbacks run before it is painted, a message posted from one of them after it.
          requestAnimationFrame(() => {
            const { port1, port2 } = new MessageChannel()
            port1.onmessage = () => {
              port1.close()
              painted()
            }
            port2.postMessage(null)
          })
        }
        return result
      },
    })
  }
  return restore
}
