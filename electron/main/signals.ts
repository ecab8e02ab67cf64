// Why: a kiosk is stopped by signals: systemd's SIGTERM, a terminal's Ctrl+C and its going away. All mean the same
// orderly end; a second one is Node's own, immediate, for whoever does not want to wait.
export const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
export type StopSignal = (typeof STOP_SIGNALS)[number]

export type SignalSource = Pick<NodeJS.Process, 'on' | 'off'>

/** Calls `fn` for the first stop signal and then lets go of all of them; returns the removal. */
export function onStop(fn: (signal: StopSignal) => void, source: SignalSource = process): () => void {
  const listeners = STOP_SIGNALS.map((signal) => ({ signal, listener: (): void => {
    remove()
    fn(signal)
  } }))
  const remove = (): void => {
    for (const { signal, listener } of listeners) source.off(signal, listener)
  }
  for (const { signal, listener } of listeners) source.on(signal, listener)
  return remove
}
