// Why: what the kernel says about our processes: who descends from whom, who listens, who is confined. Read from
// /proc (proc(5)) alone, so that no answer of the app itself is believed.
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs'

/** The process and all that descend from it, at this moment. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const pid = Number(name)
    const parent = parentOf(pid)
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid])
  }
  const tree = [root]
  for (let i = 0; i < tree.length; i++) tree.push(...(children.get(tree[i] ?? -1) ?? []))
  return tree
}

/** "PID local-address" of every listening TCP socket that one of these processes holds. */
export function tcpListeners(pids: readonly number[]): string[] {
  const listening = new Map<string, string>()
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    if (!existsSync(table)) continue
    for (const row of readFileSync(table, 'utf8').split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode = ''] = row.trim().split(/\s+/)
      if (state === '0A') listening.set(inode, local)
    }
  }
  return pids.flatMap((pid) => socketInodes(pid).flatMap((inode) => (listening.has(inode) ? [`${pid} ${listening.get(inode) ?? ''}`] : [])))
}

/** Inodes of the sockets that a process has open. */
export function socketInodes(pid: number): string[] {
  let fds: string[] = []
  try {
    fds = readdirSync(`/proc/${pid}/fd`)
  } catch {
    return []
  }
  return fds.flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []
    } catch {
      return []
    }
  })
}

/** A field of /proc/PID/status, its words in order. Empty when the process has gone. */
export function statusField(pid: number, field: string): string[] {
  try {
    const line = readFileSync(`/proc/${pid}/status`, 'utf8').split('\n').find((l) => l.startsWith(`${field}:`))
    return line?.slice(field.length + 1).trim().split(/\s+/) ?? []
  } catch {
    return []
  }
}

export function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
  } catch {
    return []
  }
}

/** Running, and no zombie that only waits for its parent. */
export const isAlive = (pid: number): boolean => {
  const [state] = statusField(pid, 'State')
  return state !== undefined && state !== 'Z' && state !== 'X'
}

function parentOf(pid: number): number | undefined {
  const [parent] = statusField(pid, 'PPid')
  return parent === undefined ? undefined : Number(parent)
}
