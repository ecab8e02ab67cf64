// Why: Playwright's own page switches on the browser's network reports, and then every frame of a web socket crosses the
// debugging pipe as base64: the measurement would be of that. A page outside its contexts, spoken to with nothing but
// Runtime.evaluate, costs nothing while it runs.
import type { Browser, CDPSession } from 'playwright-core'

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: unknown
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

interface Waiting {
  readonly resolve: (result: unknown) => void
  readonly reject: (e: Error) => void
}

/** One target's session, its messages wrapped in those of the session that attached it. */
export class Nested {
  readonly #post: (message: string) => Promise<unknown>
  readonly #waiting = new Map<number, Waiting>()
  readonly #children = new Map<string, Nested>()
  #id = 0
  /** Called with each target that is attached below this one. */
  onAttached: (child: Nested, type: string) => void = () => undefined

  constructor(post: (message: string) => Promise<unknown>) {
    this.#post = post
  }

  send(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#id
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#post(JSON.stringify({ id, method, params })).catch(reject)
    })
  }

  receive(text: string): void {
    const m = JSON.parse(text) as Message
    if (m.id !== undefined) {
      const waiting = this.#waiting.get(m.id)
      this.#waiting.delete(m.id)
      if (m.error === undefined) waiting?.resolve(m.result)
      else waiting?.reject(new Error(m.error.message))
    } else if (m.method === 'Target.attachedToTarget') {
      const { sessionId, targetInfo } = m.params as { sessionId: string; targetInfo: { type: string } }
      const child = new Nested((message) => this.send('Target.sendMessageToTarget', { sessionId, message }))
      this.#children.set(sessionId, child)
      this.onAttached(child, targetInfo.type)
    } else if (m.method === 'Target.receivedMessageFromTarget') {
      const { sessionId, message } = m.params as { sessionId: string; message: string }
      this.#children.get(sessionId)?.receive(message)
    }
  }
}

export class BarePage {
  readonly session: Nested
  readonly #browser: CDPSession
  readonly #targetId: string

  private constructor(browser: CDPSession, targetId: string, session: Nested) {
    this.#browser = browser
    this.#targetId = targetId
    this.session = session
  }

  /** Opens the page and waits until its script has set `bench`. */
  static async open(browser: Browser, url: string, beforeLoad?: (page: Nested) => Promise<void>): Promise<BarePage> {
    const cdp = await browser.newBrowserCDPSession()
    const { targetId } = await cdp.send('Target.createTarget', { url: 'about:blank' })
    const { sessionId } = await cdp.send('Target.attachToTarget', { targetId, flatten: false })
    const session = new Nested((message) => cdp.send('Target.sendMessageToTarget', { sessionId, message }))
    cdp.on('Target.receivedMessageFromTarget', (e) => { if (e.sessionId === sessionId) session.receive(e.message) })
    const page = new BarePage(cdp, targetId, session)
    await beforeLoad?.(session)
    await session.send('Page.navigate', { url })
    for (let tries = 0; !(await page.evaluate('"bench" in globalThis').catch(() => false)); tries++) {
      if (tries > 600) throw new Error('the page does not load')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return page
  }

  /** The value of an expression, awaited; an exception of the page rejects. */
  async evaluate<T>(expression: string): Promise<T> {
    const r = (await this.session.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })) as {
      readonly result: { readonly value?: T }
      readonly exceptionDetails?: { readonly text: string; readonly exception?: { readonly description?: string } }
    }
    if (r.exceptionDetails !== undefined) throw new Error(r.exceptionDetails.exception?.description ?? r.exceptionDetails.text)
    return r.result.value as T
  }

  /** For one in a window: nothing but the page on the screen. */
  async fullScreen(): Promise<void> {
    await this.#browser.send('Target.activateTarget', { targetId: this.#targetId })
    const { windowId } = await this.#browser.send('Browser.getWindowForTarget', { targetId: this.#targetId })
    await this.#browser.send('Browser.setWindowBounds', { windowId, bounds: { windowState: 'fullscreen' } })
  }

  async close(): Promise<void> {
    await this.#browser.send('Target.closeTarget', { targetId: this.#targetId })
    await this.#browser.detach()
  }
}
