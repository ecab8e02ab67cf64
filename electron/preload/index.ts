// Why: the only code of ours that runs beside the page with access to Electron. It exposes window.latchkey and
// nothing else: no ipcRenderer, no event objects, no channel names (docs: tutorial/context-isolation.md).
// Sandboxed preloads cannot be ES modules, so build/bundle.ts makes one CommonJS file of this.
import { contextBridge, ipcRenderer, type IpcRendererEvent } from 'electron'
import type { LatchkeyBridge } from '../../shared/ipc/bridge.ts'
import type { Reply } from '../../shared/ipc/contract.ts'
import { PORT_MESSAGE } from '../../shared/ipc/port-protocol.ts'
import { APP_ORIGIN, BRIDGE_KEY, EVENT_CHANNEL, PORT_CHANNEL, REQUEST_CHANNEL } from './names.ts'

/** The parts of the DOM used here; this folder is compiled without the DOM library. */
declare const window: {
  readonly location: { readonly origin: string }
  postMessage(message: unknown, targetOrigin: string, transfer: readonly unknown[]): void
}

function exposeBridge(): void {
  const bridge: LatchkeyBridge = {
    protocol: 1,
    request: (name, input) => ipcRenderer.invoke(REQUEST_CHANNEL, String(name), input) as Promise<Reply>,
    subscribe: (listener) => {
      // The event object stays here: its `sender` would hand ipcRenderer to the page.
      const forward = (_event: IpcRendererEvent, name: string, payload: unknown): void => listener(name, payload)
      ipcRenderer.on(EVENT_CHANNEL, forward)
      return () => void ipcRenderer.removeListener(EVENT_CHANNEL, forward)
    },
  }
  contextBridge.exposeInMainWorld(BRIDGE_KEY, bridge)

  // A MessagePort cannot cross contextBridge; it can cross as the transfer of a window message, which both worlds see.
  ipcRenderer.on(PORT_CHANNEL, (event: IpcRendererEvent, nonce: string) => {
    const [port] = event.ports as readonly unknown[]
    if (port !== undefined) window.postMessage({ type: PORT_MESSAGE, nonce }, APP_ORIGIN, [port])
  })
}

// A page of any other origin (an error page, about:blank) gets nothing.
if (window.location.origin === APP_ORIGIN) exposeBridge()
