// Why: the few names that the preload script and the main process must agree on; the page never learns them.

/** Scheme, host and origin of the page. A host is needed for the scheme to be "standard" and have an origin. */
export const APP_SCHEME = 'app'
export const APP_HOST = 'latchkey'
export const APP_ORIGIN = `${APP_SCHEME}://${APP_HOST}`

/** ipcRenderer.invoke channel: (name, input) → Reply. */
export const REQUEST_CHANNEL = 'latchkey.request'
/** webContents.send channel: (name, payload). */
export const EVENT_CHANNEL = 'latchkey.event'
/** webContents.postMessage channel: the nonce as message, one port beside it. */
export const PORT_CHANNEL = 'latchkey.port'
/** Name of the object on `window`. */
export const BRIDGE_KEY = 'latchkey'
