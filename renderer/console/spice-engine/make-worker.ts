// Why: the page's policy lets no string become a script; this is the one place that makes one, and of one URL only. The
// policy's name has to be in `trusted-types` of the CSP, and 'self' in its `worker-src`.
import type { WorkerLike } from '../../spice/display/proxy.ts'
import workerUrl from './worker.ts?worker&url'

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): { createScriptURL(url: string): string }
}

let policy: ReturnType<TrustedTypes['createPolicy']> | undefined

export function makeWorker(): WorkerLike {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  policy ??= trustedTypes?.createPolicy('latchkey-worker', {
    createScriptURL: (url) => {
      if (url !== workerUrl) throw new TypeError('not a script of ours')
      return url
    },
  })
  return new Worker(policy?.createScriptURL(workerUrl) ?? workerUrl, { type: 'module', name: 'display' })
}
