// Why: the people and device accounts of the lab's hypervisor are real Unix accounts with real PAM passwords. They are
// marked in their GECOS field; an account of the same name without the mark belongs to somebody and stops the lab.
import { chownSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { accountMark, devices, labPaths, people, staffGroup } from './facts.ts'
import { must, run } from './run.ts'

/** Groups of libvirt on Debian: who may use the socket, and who may enter the folder of the channel sockets. */
const libvirtGroup = 'libvirt'
const channelGroup = 'libvirt-qemu'

interface Account { readonly name: string; readonly groups: readonly string[] }

const accounts: readonly Account[] = [
  ...people.map((p) => ({ name: p.name, groups: [libvirtGroup, channelGroup, ...p.groups] })),
  ...devices.map((d) => ({ name: d.name, groups: [...(d.libvirt ? [libvirtGroup] : []), ...(d.channels ? [channelGroup] : [])] })),
]

/** Makes the accounts that are missing and sets the passwords (by person's name) on standard input of chpasswd. */
export async function openAccounts(passwords: ReadonlyMap<string, string>): Promise<void> {
  mkdirSync(labPaths.homes, { recursive: true, mode: 0o755 })
  await must('groupadd', ['-f', '--system', staffGroup])
  for (const account of accounts) {
    const gecos = passwdEntry(account.name)?.[4]
    if (gecos !== undefined && gecos !== accountMark) throw new Error(`the account "${account.name}" exists and is not the lab's; the lab will not touch it`)
    const home = join(labPaths.homes, account.name)
    if (gecos === undefined) {
      await must('useradd', ['-M', '-d', home, '-s', '/bin/sh', '-c', accountMark, '-G', account.groups.join(','), account.name])
    }
    const entry = passwdEntry(account.name)
    if (entry === undefined) throw new Error(`useradd left no account "${account.name}"`)
    mkdirSync(home, { recursive: true, mode: 0o700 })
    chownSync(home, Number(entry[2]), Number(entry[3]))
  }
  const lines = people.map((p) => `${p.name}:${passwords.get(p.name) ?? ''}`)
  await must('chpasswd', ['-c', 'SHA512'], { input: `${lines.join('\n')}\n` })
  // "*" is no hash: no password matches, yet sshd lets a key in (it refuses every way for "!").
  await must('chpasswd', ['-e'], { input: `${devices.map((d) => `${d.name}:*`).join('\n')}\n` })
  for (const person of people) {
    if (person.account === 'locked') await must('usermod', ['-L', person.name])
    if (person.account === 'expired') await must('chage', ['-E', '0', person.name])
    if (person.account === 'must-change') await must('chage', ['-d', '0', person.name])
  }
}

/** After stop() nobody can sign in with these accounts, through whatever service the machine has. */
export async function closeAccounts(): Promise<void> {
  const ours = accounts.filter((a) => isOurs(a.name))
  if (ours.length > 0) await must('chpasswd', ['-e'], { input: `${ours.map((a) => `${a.name}:!`).join('\n')}\n` })
}

/** Removes the lab's accounts and its group. */
export async function removeAccounts(): Promise<void> {
  for (const account of accounts) if (isOurs(account.name)) await must('userdel', [account.name])
  await run('groupdel', [staffGroup])
}

/** uid and gid of an account; throws if there is none. */
export function idsOf(name: string): { uid: number; gid: number } {
  const entry = passwdEntry(name)
  if (entry === undefined) throw new Error(`no account "${name}"`)
  return { uid: Number(entry[2]), gid: Number(entry[3]) }
}

const isOurs = (name: string) => passwdEntry(name)?.[4] === accountMark

const passwdEntry = (name: string): string[] | undefined =>
  readFileSync('/etc/passwd', 'utf8').split('\n').map((line) => line.split(':')).find((fields) => fields[0] === name)
