// Why: Electron's fuses are bits in its binary that no configuration can undo. All of them are said here, so that
// a new fuse in a new Electron is an error (strictlyRequireAllFuses) and not a silent default.
import { flipFuses, FuseState, FuseV1Options, FuseVersion, getCurrentFuseWire } from '@electron/fuses'

/** docs: tutorial/fuses.md. Asar integrity has no effect on Linux (asar-integrity.md); it is on for completeness. */
export const wantedFuses: Readonly<Record<FuseV1Options, boolean>> = {
  [FuseV1Options.RunAsNode]: false,
  [FuseV1Options.EnableCookieEncryption]: true,
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
  [FuseV1Options.EnableNodeCliInspectArguments]: false,
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
  [FuseV1Options.OnlyLoadAppFromAsar]: true,
  [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
  [FuseV1Options.WasmTrapHandlers]: true,
}

/** Sets every fuse of the binary; throws if the binary has a fuse that is not in the table. */
export async function setFuses(binary: string): Promise<void> {
  await flipFuses(binary, { version: FuseVersion.V1, strictlyRequireAllFuses: true, ...wantedFuses })
}

/** Reads the wire back and says what differs. A fuse "removed" by Electron counts as off. */
export async function fuseViolations(binary: string): Promise<string[]> {
  const wire: Partial<Record<string, unknown>> = { ...(await getCurrentFuseWire(binary)) }
  const positions = Object.keys(wire).filter((k) => /^\d+$/.test(k))
  const unknown = positions.filter((k) => !(k in wantedFuses)).map((k) => `fuse ${k} is not in the table`)
  const wrong = Object.entries(wantedFuses).flatMap(([position, want]) => {
    const state = wire[position]
    const on = state === FuseState.ENABLE
    const known = on || state === FuseState.DISABLE || state === FuseState.REMOVED
    return known && on === want ? [] : [`fuse ${FuseV1Options[Number(position)]} is ${String(state)}, wanted ${want ? 'on' : 'off'}`]
  })
  return [...unknown, ...wrong]
}
