// Why: tells a crashed browser from a display that went away (the session ended, the X server died): the first is
// started again, the second is the session's business.
import { connect } from 'node:net'
import { copyFile, chown, chmod } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import type { RunFolder } from './privileges.ts'

export type Display = { readonly kind: 'x11'; readonly name: string; readonly socket: string | undefined } | { readonly kind: 'wayland'; readonly name: string; readonly socket: string | undefined }

type Env = Readonly<Record<string, string | undefined>>

/** X11 first: Chromium through Xwayland is the form that was measured to work under cage. undefined: no display at all. */
export function findDisplay(env: Env): Display | undefined {
  const x = env['DISPLAY']
  if (x) {
    // ":1.0" or "unix/host:1": a local server has its socket in the fixed folder; a remote one ("host:0") has none here.
    const local = /^(?:unix)?:(\d+)(?:\.\d+)?$/.exec(x)
    return { kind: 'x11', name: x, socket: local ? `/tmp/.X11-unix/X${local[1]}` : undefined }
  }
  const w = env['WAYLAND_DISPLAY']
  if (!w) return undefined
  const dir = env['XDG_RUNTIME_DIR']
  return { kind: 'wayland', name: w, socket: isAbsolute(w) ? w : dir ? join(dir, w) : undefined }
}

/** Whether something accepts a connection on the display's socket; a display without a socket is taken to be there. */
export function displayAnswers(display: Display): Promise<boolean> {
  const { socket } = display
  if (socket === undefined) return Promise.resolve(true)
  return new Promise((resolve) => {
    const s = connect(socket)
    const done = (ok: boolean) => {
      s.destroy()
      resolve(ok)
    }
    s.once('connect', () => done(true))
    s.once('error', () => done(false))
  })
}

/**
 * The X cookie file is 0600 of our user. If the browser runs as another, it gets a copy of its own in its home;
 * returns the environment that names it. (A server without -auth, as a plain Xvfb is, lets every local user in.)
 */
export async function lendXauthority(env: Env, folder: RunFolder): Promise<Record<string, string>> {
  const { user } = folder
  const own = env['XAUTHORITY'] ?? (env['HOME'] ? join(env['HOME'], '.Xauthority') : undefined)
  if (!user || own === undefined) return {}
  const copy = join(folder.home, 'Xauthority')
  const copied = await copyFile(own, copy).then(() => true, () => false)
  if (!copied) return {}
  await chmod(copy, 0o600)
  await chown(copy, user.uid, user.gid)
  return { XAUTHORITY: copy }
}
