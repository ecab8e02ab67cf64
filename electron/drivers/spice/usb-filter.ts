// Why: the USB rules of a .vv file, checked where they are read.
// Format: usbredirhost's filter strings: class,vendor,product,version,allow joined by |, -1 = any, e.g. 0x03,-1,-1,-1,0|-1,-1,-1,-1,1

export interface UsbRule {
  /** -1: any */
  readonly deviceClass: number
  readonly vendor: number
  readonly product: number
  readonly version: number
  readonly allow: boolean
}

export function parseUsbFilter(text: string): readonly UsbRule[] | { readonly message: string } {
  const rules: UsbRule[] = []
  for (const part of text.split('|')) {
    if (part.trim() === '') continue
    const numbers = part.split(',').map((n) => numberOf(n.trim()))
    const [deviceClass, vendor, product, version, allow] = numbers
    if (numbers.length !== 5 || deviceClass === undefined || vendor === undefined || product === undefined || version === undefined || (allow !== 0 && allow !== 1)) {
      return { message: 'a rule is class,vendor,product,version,allow: numbers or -1 for any, and 0 or 1; rules are joined by |' }
    }
    if (deviceClass > 0xff || vendor > 0xffff || product > 0xffff || version > 0xffff) return { message: 'a number of a rule is too large: class 255, the others 65535 at most' }
    rules.push({ deviceClass, vendor, product, version, allow: allow === 1 })
  }
  return rules
}

function numberOf(text: string): number | undefined {
  return text === '-1' ? -1 : /^(0x[0-9a-f]{1,6}|[0-9]{1,7})$/i.test(text) ? Number(text) : undefined
}
