// Why: a .vv file may say which virt-viewer it needs at least. We are none, but read its format as of version 11.0.
import type { GroupReader } from './vv-reader.ts'

export interface OsVersion {
  readonly os: string
  readonly version: string
}

const OURS = [11, 0]

/** Whether `version` (digits and dots, perhaps -build, which is not compared) is above 11.0. */
export function newerThanOurs(version: string): boolean {
  const parts = version.split('-')[0]!.split('.').map(Number)
  for (let i = 0; i < Math.max(parts.length, OURS.length); i++) {
    const difference = (parts[i] ?? 0) - (OURS[i] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return false
}

/**
 * The list `versions`: osid:version;… A build of virt-viewer compares the entry of the one system it was packaged for
 * (e.g. rhel8); no system id is ours, so nothing is compared.
 */
export function osVersions(g: GroupReader): readonly OsVersion[] {
  const out: OsVersion[] = []
  for (const word of g.words('versions') ?? []) {
    const parts = /^([^:]+):([0-9]+(?:\.[0-9]+)*(?:-[0-9]+)?)$/.exec(word)
    if (parts === null) g.problem('versions', 'is a list of system:version;… such as rhel8:8.0-1')
    else out.push({ os: parts[1]!, version: parts[2]! })
  }
  return out
}
