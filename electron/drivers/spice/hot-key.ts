// Why: the hot keys of a .vv file in a form that does not depend on a toolkit.
// Spelling: man remote-viewer, HOTKEYS: names joined by +, case not counted, e.g. shift+f11, ctrl+alt.

export type Modifier = 'ctrl' | 'alt' | 'shift' | 'super'

export interface HotKey {
  /** Sorted, each once. */
  readonly modifiers: readonly Modifier[]
  /** `KeyboardEvent.key` of the last key (letters in lower case); absent: the modifiers alone, as in ctrl+alt. */
  readonly key?: string
}

const MODIFIERS: Readonly<Record<string, Modifier>> = {
  ctrl: 'ctrl', control: 'ctrl', alt: 'alt', shift: 'shift', super: 'super', meta: 'super', win: 'super',
  // virt-viewer's own reading: where there is no such key, it means Ctrl.
  cmd: 'ctrl',
}

/** What Proxmox VE, oVirt and people write → KeyboardEvent.key (https://www.w3.org/TR/uievents-key/). */
const KEYS: Readonly<Record<string, string>> = {
  ins: 'Insert', insert: 'Insert', del: 'Delete', delete: 'Delete', home: 'Home', end: 'End', esc: 'Escape', escape: 'Escape',
  pageup: 'PageUp', page_up: 'PageUp', pgup: 'PageUp', pagedown: 'PageDown', page_down: 'PageDown', pgdn: 'PageDown',
  up: 'ArrowUp', down: 'ArrowDown', left: 'ArrowLeft', right: 'ArrowRight', tab: 'Tab', space: ' ', enter: 'Enter', return: 'Enter',
  backspace: 'Backspace', pause: 'Pause', break: 'Pause', print: 'PrintScreen', printscreen: 'PrintScreen', scroll_lock: 'ScrollLock',
  num_lock: 'NumLock', caps_lock: 'CapsLock', menu: 'ContextMenu', plus: '+', minus: '-', equal: '=', comma: ',', period: '.', slash: '/',
}

/** A sentence instead of a hot key where a name is not known. An empty text switches the hot key off: no modifiers, no key. */
export function parseHotKey(text: string): HotKey | { readonly message: string } {
  if (text.trim() === '') return { modifiers: [] }
  const modifiers = new Set<Modifier>()
  let key: string | undefined
  for (const part of text.split('+')) {
    const name = part.trim().toLowerCase()
    const modifier = modifierOf(name)
    if (modifier !== undefined) {
      modifiers.add(modifier)
      continue
    }
    if (key !== undefined) return { message: `a hot key has one key besides ctrl, alt, shift and super, not "${key}" and "${part}"` }
    key = keyOf(name)
    if (key === undefined) return { message: `"${part}" is no key name; examples: shift+f11, ctrl+alt+end, ctrl+alt` }
  }
  return { modifiers: [...modifiers].sort(), ...(key !== undefined && { key }) }
}

function modifierOf(name: string): Modifier | undefined {
  const plain = name.replace(/^(left|right)[-_]?/, '').replace(/^[lr](?=(?:ctrl|alt|shift|win|cmd)$)/, '').replace(/_[lr]$/, '')
  return Object.hasOwn(MODIFIERS, plain) ? MODIFIERS[plain] : undefined
}

function keyOf(name: string): string | undefined {
  if (/^[a-z0-9]$/.test(name)) return name
  if (/^f([1-9]|[12][0-9]|3[0-5])$/.test(name)) return name.toUpperCase()
  return Object.hasOwn(KEYS, name) ? KEYS[name] : undefined
}
