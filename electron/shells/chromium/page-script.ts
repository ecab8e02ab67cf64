// Why: the page's half of the Chromium link, run in every new document before any script of the page. It is kept as
// text because a bundler may rewrite a function's source (renamed helpers), and it must run exactly as written.
//
// Page → main, by the binding (a string): L life | R json request | B ch:base64 | A ch:n ack | C ch close | X ch bad message
// Main → page, by calling the receiver (several triples in one call): ('reply', id, json) ('event', name, json) ('port', ch, nonce) ('b', ch, base64)
//                                       ('closed', ch, reason)

export interface PageScriptNames {
  /** Name of the CDP binding; random, gone from window before the page's code runs. */
  readonly binding: string
  /** Event type by which main picks up the receiver, once; random. Listeners cannot be listed by a page. */
  readonly pickup: string
  readonly origin: string
  readonly portMessage: string
  readonly maxPiece: number
}

/** Expression that returns the receiver to main (Runtime.evaluate), or undefined the second time. */
export const pickupExpression = (pickup: string): string =>
  `(() => { const e = new Event(${JSON.stringify(pickup)}); window.dispatchEvent(e); return e.receiver })()`

export function pageScript(names: PageScriptNames): string {
  return `(${SOURCE})(${JSON.stringify(names)})`
}

const SOURCE = String.raw`function (names) {
  'use strict'
  const send = window[names.binding]
  delete window[names.binding]
  if (typeof send !== 'function' || window !== window.top || location.origin !== names.origin) return

  const pending = new Map()
  const listeners = new Set()
  const ports = new Map()
  let nextId = 1

  const encode = typeof Uint8Array.prototype.toBase64 === 'function'
    ? (bytes) => bytes.toBase64()
    : (bytes) => {
        let text = ''
        for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode.apply(null, bytes.subarray(i, i + 8192))
        return btoa(text)
      }
  const decode = typeof Uint8Array.fromBase64 === 'function'
    ? (text) => Uint8Array.fromBase64(text).buffer
    : (text) => {
        const raw = atob(text)
        const bytes = new Uint8Array(raw.length)
        for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i)
        return bytes.buffer
      }

  // Acknowledgements that are already waiting go out as one message: the tick arrives behind them in the queue.
  const acks = new Map()
  const tick = new MessageChannel()
  tick.port1.onmessage = () => {
    for (const [ch, n] of acks) send('A' + ch + ':' + n)
    acks.clear()
  }
  const acknowledge = (ch, n) => {
    if (acks.size === 0) tick.port2.postMessage(0)
    acks.set(ch, (acks.get(ch) || 0) + n)
  }

  const openPort = (ch, nonce) => {
    const { port1, port2 } = new MessageChannel()
    ports.set(ch, port1)
    port1.onmessage = ({ data }) => {
      if (!ports.has(ch)) return
      if (data instanceof ArrayBuffer && data.byteLength <= names.maxPiece) send('B' + ch + ':' + encode(new Uint8Array(data)))
      else if (data && data.t === 'ack' && Number.isSafeInteger(data.n) && data.n > 0) acknowledge(ch, data.n)
      else if (data && data.t === 'close') send('C' + ch)
      else send('X' + ch)
    }
    window.postMessage({ type: names.portMessage, nonce }, location.origin, [port2])
  }

  const receiver = (kind, a, b) => {
    if (kind === 'b') {
      const port = ports.get(a)
      if (port) { const buffer = decode(b); port.postMessage(buffer, [buffer]) }
    } else if (kind === 'reply') {
      const resolve = pending.get(a)
      pending.delete(a)
      if (resolve) resolve(JSON.parse(b))
    } else if (kind === 'event') {
      const payload = JSON.parse(b)
      for (const listener of [...listeners]) {
        try { listener(a, payload) } catch (e) { reportError(e) }
      }
    } else if (kind === 'port') {
      openPort(a, b)
    } else if (kind === 'closed') {
      const port = ports.get(a)
      ports.delete(a)
      if (port) port.postMessage({ t: 'closed', reason: b })
    }
  }

  // Chromium's own shortcuts: a find bar or a menu would take the keyboard, and the next word typed would go there.
  // What edits text stays. (New window, new tab and close cannot be prevented here: the shell closes strays, and the
  // keyboard lock of full screen hands even those to the page.)
  const edits = new Set(['a', 'c', 'v', 'x', 'y', 'z'])
  const moves = new Set(['ArrowLeft', 'ArrowRight', 'Home', 'End', 'Backspace', 'Delete'])
  const edit = (e) => {
    // On a layout of other letters, the place of the key counts.
    const letter = e.key > '\x7f' ? e.code.slice(3).toLowerCase() : e.key.toLowerCase()
    return moves.has(e.key) || (e.shiftKey ? letter === 'z' : edits.has(letter))
  }
  const kiosk = matchMedia('(display-mode: fullscreen)')
  window.addEventListener('keydown', (e) => {
    if (!e.isTrusted || e.getModifierState('AltGraph')) return
    if (e.altKey && e.key === 'F4' && !kiosk.matches) return // an ordinary window may be closed
    // Shift+Escape is the browser's task manager.
    const special = /^F\d+$/.test(e.key) || (e.shiftKey && e.key === 'Escape')
    if (special || e.altKey || ((e.ctrlKey || e.metaKey) && !edit(e))) e.preventDefault()
  }, { capture: true })

  window.addEventListener(names.pickup, (e) => { e.stopImmediatePropagation(); e.receiver = receiver }, { once: true, capture: true })

  const bridge = Object.freeze({
    protocol: 1,
    request: (name, input) => new Promise((resolve) => {
      const id = nextId++
      pending.set(id, resolve)
      send('R' + JSON.stringify({ id, name, input }))
    }),
    subscribe: (listener) => {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    },
  })
  Object.defineProperty(window, 'latchkey', { value: bridge, enumerable: true, writable: false, configurable: false })
  send('L')
}`
