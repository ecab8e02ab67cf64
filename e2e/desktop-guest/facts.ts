// Why: every name, number and place of the desktop guest in one table: the build, the libvirt definition and the check agree.
import { labRoot } from '../lab/facts.ts'

/** Under the lab's own folder: QEMU may read there, `e2e/lab/cli.ts reset` removes it, and no tool of the repository walks it. */
const root = `${labRoot}/desktop-guest`
export const guestPaths = {
  root,
  disk: `${root}/disk.img`,
  kernel: `${root}/vmlinuz`,
  initrd: `${root}/initrd.img`,
  /** What the disk was made of. */
  stamp: `${root}/stamp`,
  log: `${root}/build.log`,
  /** Screenshots of the last check. */
  pictures: `${root}/pictures`,
} as const

/** Programs of the machine that the build calls, with the Debian package of each. */
export const buildTools: readonly (readonly [program: string, debianPackage: string])[] = [
  ['debootstrap', 'debootstrap'], ['mke2fs', 'e2fsprogs'], ['unshare', 'util-linux'], ['chroot', 'coreutils'],
]

/** Debian packages of the guest, besides debootstrap's smallest set. */
export const guestPackages: readonly string[] = [
  'systemd-sysv', 'udev', 'dbus', 'dbus-user-session', 'libpam-systemd', 'kmod', 'initramfs-tools', 'linux-image-amd64',
  'xserver-xorg-core', 'xserver-xorg-legacy', 'xserver-xorg-video-qxl', 'xserver-xorg-input-libinput', 'xinit', 'x11-xserver-utils',
  'x11-xkb-utils', 'xkb-data', 'openbox', 'xterm', 'feh', 'xfonts-base', 'fonts-dejavu-core', 'xdotool', 'xclip',
  'spice-vdagent', 'qemu-guest-agent', 'alsa-utils',
]

/** The person whose session the guest opens; also a person of the lab, so that the app can sign in. */
export const person = { name: 'ada', uid: 1000 } as const

export const domain = {
  name: 'ada-xorg',
  uuid: '1a7c4be7-0000-4000-8000-000000000090',
  title: 'Ada, Xorg desktop',
  /** The credentials' channel. */
  channel: 'com.kvm-vdi.0',
  memoryMiB: 2048,
  cpus: 2,
} as const

/** Size of the guest's file system. Sparse: only what is used takes room. */
export const diskMiB = 3072
