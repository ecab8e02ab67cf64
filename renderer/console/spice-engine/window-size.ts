// Why: the guest's resolution follows the window, whose size in device pixels changes in two ways: the window's own size, and
// the density of the screen that it is on (another monitor, the system's zoom), of which no resize tells.

export class WindowSize {
  readonly #container: HTMLElement
  readonly #changed: (width: number, height: number) => void
  readonly #observer: ResizeObserver
  #density: { readonly query: MediaQueryList; readonly fn: () => void } | undefined

  /** @param changed device pixels, none of them 0; called soon for the first time */
  constructor(container: HTMLElement, changed: (width: number, height: number) => void) {
    this.#container = container
    this.#changed = changed
    this.#observer = new ResizeObserver(() => { this.#tell() })
    this.#observer.observe(container)
    this.#watchDensity()
  }

  stop(): void {
    this.#observer.disconnect()
    this.#forgetDensity()
  }

  /** A media query knows one density only: a new one takes a new query. */
  #watchDensity(): void {
    this.#forgetDensity()
    const query = matchMedia(`(resolution: ${devicePixelRatio}dppx)`)
    const fn = (): void => {
      this.#watchDensity()
      this.#tell()
    }
    query.addEventListener('change', fn)
    this.#density = { query, fn }
  }

  #forgetDensity(): void {
    this.#density?.query.removeEventListener('change', this.#density.fn)
    this.#density = undefined
  }

  #tell(): void {
    const { width, height } = this.#container.getBoundingClientRect()
    const [w, h] = [Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio)]
    if (w > 0 && h > 0) this.#changed(w, h)
  }
}
