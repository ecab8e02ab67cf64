// Why: the guest is a kernel and one initramfs that all desktops share: busybox, six modules, the agent, and the
// guest's own accounts, whose hashes are made by the same crypt that will check them.
import { createHash } from 'node:crypto'
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { labPaths, people } from './facts.ts'
import type { Installed } from './install.ts'
import { must } from './run.ts'

export interface GuestImage { readonly kernel: string; readonly initrd: string }

const initScript = join(import.meta.dirname, 'guest/init')
const applets = ['sh', 'mount', 'insmod', 'sleep', 'ip']

/** Builds the image for these guest passwords; an image of the same ingredients is kept. `passwords`: by person's name. */
export async function buildGuestImage(installed: Installed, passwords: ReadonlyMap<string, string>): Promise<GuestImage> {
  mkdirSync(labPaths.guest, { recursive: true, mode: 0o711 })
  const ingredients = createHash('sha256').update(installed.agent).update(installed.modules).update(readFileSync(initScript))
  for (const person of people) ingredients.update(`\0${person.name}\0${person.fullName}\0${passwords.get(person.name) ?? ''}`)
  const stamp = ingredients.digest('hex')
  const kernel = join(labPaths.guest, 'vmlinuz')
  const initrd = join(labPaths.guest, 'initrd.gz')
  const stampFile = join(labPaths.guest, 'stamp')
  if (existsSync(initrd) && existsSync(kernel) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return { kernel, initrd }

  const tree = mkdtempSync(join(labPaths.guest, 'tree-'))
  try {
    for (const folder of ['bin', 'dev', 'etc', 'lib/modules', 'proc', 'sys']) mkdirSync(join(tree, folder), { recursive: true })
    copyFileSync('/bin/busybox', join(tree, 'bin/busybox'))
    for (const applet of applets) symlinkSync('busybox', join(tree, 'bin', applet))
    copyFileSync(installed.agent, join(tree, 'bin/latchkey-agent'))
    copyFileSync(initScript, join(tree, 'init'))
    for (const file of ['bin/busybox', 'bin/latchkey-agent', 'init']) chmodSync(join(tree, file), 0o755)
    for (const name of ['virtio_ring', 'virtio', 'virtio_pci_modern_dev', 'virtio_pci_legacy_dev', 'virtio_pci', 'virtio_console']) {
      copyFileSync(join(installed.modules, `${name}.ko`), join(tree, `lib/modules/${name}.ko`))
    }
    await writeAccounts(tree, installed.agent, passwords)
    // One shell line without any value in it: cpio reads names on standard input and writes an archive for gzip.
    await must('sh', ['-c', 'find . | cpio -o -H newc --quiet | gzip -1 > ../initrd.new'], { cwd: tree })
  } finally {
    rmSync(tree, { recursive: true, force: true })
  }
  const fresh = join(labPaths.guest, 'initrd.new')
  chmodSync(fresh, 0o600)
  chownSync(fresh, 0, 0)
  copyFileSync(installed.kernel, kernel)
  renameSync(fresh, initrd)
  writeFileSync(stampFile, stamp, { mode: 0o600 })
  return { kernel, initrd }
}

async function writeAccounts(tree: string, agent: string, passwords: ReadonlyMap<string, string>): Promise<void> {
  const passwd = ['root:x:0:0:root:/:/bin/sh']
  const shadow = ['root:*:19000:0:99999:7:::']
  for (const [i, person] of people.entries()) {
    const password = passwords.get(person.name)
    const hash = password === undefined ? '!' : (await must(agent, ['--hash'], { input: password })).trim()
    passwd.push(`${person.name}:x:${1000 + i}:${1000 + i}:${person.fullName}:/:/bin/sh`)
    shadow.push(`${person.name}:${hash}:19000:0:99999:7:::`)
  }
  writeFileSync(join(tree, 'etc/passwd'), `${passwd.join('\n')}\n`, { mode: 0o644 })
  writeFileSync(join(tree, 'etc/shadow'), `${shadow.join('\n')}\n`, { mode: 0o600 })
}
