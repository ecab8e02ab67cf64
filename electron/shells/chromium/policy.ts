// Why: the managed policy is the second lock behind our request interception: even a page that escapes it is refused by
// the browser itself. The file is generated here so that package, shell and test speak of the same one.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ORIGIN } from './origin.ts'

/** Where Chromium builds look for managed policies (chromium.org, "Linux Quick Start"; Debian patches nothing here). */
export const POLICY_DIRS = ['/etc/chromium/policies/managed', '/etc/chromium-browser/policies/managed', '/etc/opt/chrome/policies/managed'] as const
export const POLICY_FILE = '/etc/chromium/policies/managed/latchkey.json'

/**
 * The policy that the package installs. It has neither DeveloperToolsAvailability nor RemoteDebuggingAllowed: both cut
 * the pipe by which we drive the browser (measured), and kiosk mode with keyboard lock keeps developer tools away.
 */
export function managedPolicy(): Readonly<Record<string, unknown>> {
  return {
    URLBlocklist: ['*'],
    URLAllowlist: [ORIGIN],
    ExtensionInstallBlocklist: ['*'],
    BrowserSignin: 0,
    SyncDisabled: true,
    IncognitoModeAvailability: 1,
    PasswordManagerEnabled: false,
    AutofillAddressEnabled: false,
    AutofillCreditCardEnabled: false,
    TranslateEnabled: false,
    SpellcheckEnabled: false,
    PrintingEnabled: false,
    DownloadRestrictions: 3,
    AllowFileSelectionDialogs: false,
    DefaultPopupsSetting: 2,
    DefaultNotificationsSetting: 2,
    DefaultGeolocationSetting: 2,
    AudioCaptureAllowed: false,
    VideoCaptureAllowed: false,
    MetricsReportingEnabled: false,
    BackgroundModeEnabled: false,
    HardwareAccelerationModeEnabled: true,
  }
}

export const managedPolicyJson = (): string => JSON.stringify(managedPolicy(), null, 2) + '\n'

export interface PolicyConflict {
  readonly file: string
  readonly policy: 'DeveloperToolsAvailability' | 'RemoteDebuggingAllowed' | 'URLAllowlist'
}

/** Policies on this machine that would keep the shell from working; unreadable or broken files are Chromium's to judge. */
export async function findPolicyConflicts(dirs: readonly string[] = POLICY_DIRS): Promise<PolicyConflict[]> {
  const found: PolicyConflict[] = []
  const merged = new Map<string, unknown>()
  let blocksAll: string | undefined
  for (const dir of dirs) {
    const names = await readdir(dir).catch(() => [])
    for (const name of names.filter((n) => n.endsWith('.json')).sort()) {
      const file = join(dir, name)
      const policy = await readFile(file, 'utf8').then(parseObject, () => undefined)
      if (!policy) continue
      for (const [key, value] of Object.entries(policy)) merged.set(key, value)
      if (policy['DeveloperToolsAvailability'] === 2 || policy['DeveloperToolsDisabled'] === true) found.push({ file, policy: 'DeveloperToolsAvailability' })
      if (policy['RemoteDebuggingAllowed'] === false) found.push({ file, policy: 'RemoteDebuggingAllowed' })
      if (Array.isArray(policy['URLBlocklist']) && policy['URLBlocklist'].includes('*')) blocksAll = file
    }
  }
  const allowed = merged.get('URLAllowlist')
  if (blocksAll && !(Array.isArray(allowed) && allowed.some((u) => typeof u === 'string' && (u === '*' || u.includes('latchkey.invalid'))))) found.push({ file: blocksAll, policy: 'URLAllowlist' })
  return found
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
